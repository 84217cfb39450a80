import LineProtocol
import Statements
import Vocabulary

/// Which operation is answered for which role: everything else is refused by the routers.
enum EdgeRouters {
    typealias Observer<Context: CallerContext> = @Sendable (Context, OperationRouter<Context>.Outcome) -> Void

    static func stations(
        _ engine: EdgeEngine,
        observer: @escaping Observer<StationContext>
    ) -> OperationRouter<StationContext> {
        var router = OperationRouter<StationContext> { observer($0, $1) }
        router.mount(BeginUnit.self) { try await engine.begin($1, by: $0) }
        router.mount(IssueCredential.self) { try await engine.issueCredential($1, by: $0) }
        router.mount(GetFactoryData.self) { try await engine.factoryData($1, by: $0) }
        router.mount(SealKey.self) { try await engine.sealKey($1, by: $0) }
        router.mount(GetPermit.self) { try await engine.permit($1, by: $0) }
        router.mount(CompleteUnit.self) { try await engine.complete($1, by: $0) }
        router.mount(FailUnit.self) { try await engine.fail($1, by: $0) }
        router.mount(AnswerDebugChallenge.self) { try await engine.answerDebug($1, by: $0) }
        router.mount(ReprovisionUnit.self) { try await engine.reprovision($1, by: $0) }
        router.mount(RotateCredential.self) { try await engine.rotateCredential($1, by: $0) }
        return router
    }

    static func services(
        _ engine: EdgeEngine,
        observer: @escaping Observer<ServiceContext>
    ) -> OperationRouter<ServiceContext> {
        var router = OperationRouter<ServiceContext> { observer($0, $1) }
        router.mount(LoadPackage.self) { try await engine.load($1, by: $0.name) }
        router.mount(GetStatus.self) { _, _ in try await engine.status() }
        router.mount(ApplyDownlink.self) { try await engine.apply($1.bundle, by: $0.name) }
        router.mount(PrepareProduct.self) { try await engine.prepareProduct($1, by: $0.name) }
        router.mount(InstallCertificates.self) { try await engine.install($1.certificates, by: $0.name) }
        router.mount(ReadJournal.self) { try await engine.readJournal($1) }
        router.mount(GetCheckpoint.self) { context, _ in try await engine.checkpoint(by: context.name) }
        router.mount(CloseAuthorization.self) { try await engine.close($1.authorization, by: $0.name) }
        router.mount(ForwardStationRequest.self) { try await engine.forward($1, by: $0.name) }
        return router
    }

    /// `stop` is called once the answer to `stopCleanly` is on its way.
    static func operators(
        _ engine: EdgeEngine,
        stop: @escaping @Sendable () -> Void,
        observer: @escaping Observer<OperatorContext>
    ) -> OperationRouter<OperatorContext> {
        var router = OperationRouter<OperatorContext> { observer($0, $1) }
        router.mount(GetStatus.self) { _, _ in try await engine.status() }
        // A zeroised EdgeHSM has no other door left through which its journal could be read.
        router.mount(ReadJournal.self) { try await engine.readJournal($1) }
        router.mount(GetCheckpoint.self) { context, _ in try await engine.checkpoint(by: context.name) }
        router.mount(ListStationRequests.self) { _, _ in try await engine.stationRequests() }
        router.mount(EnrolStation.self) { try await engine.enrol($1, by: $0.name) }
        router.mount(RevokeStation.self) { try await engine.revoke($1, by: $0.name) }
        router.mount(OfferClockNonce.self) { context, _ in try await engine.offerClockNonce(by: context.name) }
        router.mount(Zeroise.self) { try await engine.zeroise($1, by: $0.name) }
        router.mount(StopCleanly.self) { _, _ in
            stop()
            return Nothing()
        }
        return router
    }
}
