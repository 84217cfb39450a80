import LineProtocol
import Statements
import Vocabulary

/// A request of every operation of every port.
enum RequestSamples {
    /// The handlers' own answer.
    static let handled = LineProtocolError.wrongReply.rawValue

    static func all() throws -> [RequestSample] { try stations() + services() + operators() + works() + factories() }

    private static func sample<Operation: LineOperation, Context>(
        _ operation: Operation.Type,
        _ request: Operation.Request,
        _ context: Context,
        mount: (inout OperationRouter<Context>, @escaping @Sendable (Operation.Request) throws -> Refusal) -> Void
    ) throws -> RequestSample {
        let seen = RequestSample.Seen()
        var router = OperationRouter<Context>()
        mount(&router) {
            seen.set(try StatementCoding.encode($0))
            return Refusal(LineProtocolError.wrongReply)
        }
        let ready = router
        return RequestSample(
            name: Operation.name,
            frame: try LineMessage.request(operation, id: "abc", request),
            seen: seen,
            answer: { await ready.answer(context, $0) }
        )
    }

    private static let digest = Digest256.of([1])
    private static let name = StationName(validated: "station-1")

    private static func envelope() throws -> Envelope {
        let signature = try RawSignature([UInt8](repeating: 1, count: 64))
        return Envelope(
            payloadType: "application/test",
            payload: [1, 2, 3],
            signatures: [.init(keyID: digest, value: signature)]
        )
    }

    // MARK: Stations

    private static func station<Operation: StationOperation>(
        _ operation: Operation.Type,
        _ request: Operation.Request
    ) throws -> RequestSample {
        try sample(operation, request, StationContext(station: name, certificate: .zero)) { router, keep in
            router.mount(operation) { _, request in throw try keep(request) }
        }
    }

    private static func stations() throws -> [RequestSample] {
        let chip = try ChipUID(repeatElement(1, count: 16))
        let signature = try RawSignature([UInt8](repeating: 1, count: 64))
        let begin = BeginUnit.Request(authorization: digest, chipUID: chip, forRotation: true, nextKey: digest)
        let issue = IssueCredential.Request(
            authorization: digest,
            unit: digest,
            request: Octets([1, 2]),
            vendorProof: VendorProof(certificates: [Octets([1]), Octets([2])], signature: signature)
        )
        let point = try P256Point([4] + [UInt8](repeating: 2, count: 64))
        let rotate = RotateCredential.Request(
            authorization: digest,
            unit: digest,
            request: Octets([1, 2]),
            vendorProof: issue.vendorProof,
            proof: RotationProof(replacedKey: point, signature: signature)
        )
        let unit = GetFactoryData.Request(authorization: digest, unit: digest)
        return [
            try station(BeginUnit.self, begin), try station(ReprovisionUnit.self, begin),
            try station(IssueCredential.self, issue), try station(RotateCredential.self, rotate),
            try station(GetFactoryData.self, unit), try station(GetPermit.self, unit),
            try station(
                SealKey.self,
                .init(authorization: digest, unit: digest, slot: KeySlot(validated: "ota"))
            ),
            try station(
                CompleteUnit.self,
                .init(
                    authorization: digest,
                    unit: digest,
                    firmware: digest,
                    factoryData: digest,
                    attestationElements: Octets([1, 2, 3]),
                    attestationSignature: signature,
                    scannedLabel: "MT:Y.K9042C00KA0648G00",
                    debugPortLocked: true
                )
            ),
            try station(FailUnit.self, .init(authorization: digest, unit: digest, reason: "no contact")),
            try station(
                AnswerDebugChallenge.self,
                .init(
                    authorization: digest,
                    chipUID: chip,
                    challenge: Octets([1, 2, 3]),
                    permissions: String(repeating: "0", count: 32)
                )
            ),
        ]
    }

    // MARK: Factory Services

    private static func service<Operation: ServiceOperation>(
        _ operation: Operation.Type,
        _ request: Operation.Request
    ) throws -> RequestSample {
        try sample(operation, request, ServiceContext(service: name, certificate: .zero)) { router, keep in
            router.mount(operation) { _, request in throw try keep(request) }
        }
    }

    private static func services() throws -> [RequestSample] {
        let certificates = ProductCertificates(
            edgeHSM: EdgeHSMID(validated: "edge-1"),
            product: ProductName(validated: "lamp"),
            paa: Octets([1]),
            pai: Octets([2]),
            debugRoot: Octets([3]),
            debugIntermediate: Octets([4])
        )
        let envelope = try envelope()
        let bundle = DownlinkBundle(roleKeys: [envelope], orders: [envelope, envelope], status: envelope)
        return [
            try service(LoadPackage.self, .init(package: Octets([1, 2, 3]))),
            try service(GetStatus.self, Nothing()),
            try service(ApplyDownlink.self, .init(bundle: bundle)),
            try service(PrepareProduct.self, preparation),
            try service(InstallCertificates.self, .init(certificates: certificates)),
            try service(ReadJournal.self, .init(from: 10, limit: 20)),
            try service(GetCheckpoint.self, Nothing()),
            try service(CloseAuthorization.self, .init(authorization: digest)),
            try service(ForwardStationRequest.self, .init(name: name, request: Octets([1, 2]))),
        ]
    }

    private static var preparation: PrepareProduct.Request {
        .init(product: ProductName(validated: "lamp"), vendorID: VendorID(0xFFF1), productID: ProductID(0x8001))
    }

    // MARK: Local operators

    private static func local<Operation: OperatorOperation>(
        _ operation: Operation.Type,
        _ request: Operation.Request
    ) throws -> RequestSample {
        try sample(operation, request, OperatorContext(userID: 1)) { router, keep in
            router.mount(operation) { _, request in throw try keep(request) }
        }
    }

    private static func operators() throws -> [RequestSample] {
        [
            try local(ListStationRequests.self, Nothing()), try local(StopCleanly.self, Nothing()),
            try local(OfferClockNonce.self, Nothing()),
            try local(
                EnrolStation.self,
                .init(name: name, role: .station, request: Octets([1]), fingerprint: digest, days: 90)
            ),
            try local(RevokeStation.self, .init(name: name, fingerprint: digest)),
            try local(Zeroise.self, .init(edgeHSM: EdgeHSMID(validated: "edge-1"), reason: "sold")),
        ]
    }

    // MARK: Stations at a Factory Service

    private static func work<Operation: WorkOperation>(
        _ operation: Operation.Type,
        _ request: Operation.Request
    ) throws -> RequestSample {
        try sample(operation, request, WorkContext(station: name, certificate: .zero)) { router, keep in
            router.mount(operation) { _, request in throw try keep(request) }
        }
    }

    private static func works() throws -> [RequestSample] {
        let point = P256Point(validated: [4] + [UInt8](repeating: 1, count: 64))
        return [
            try work(ListWorkOrders.self, Nothing()),
            try work(ReadFirmware.self, .init(digest: digest, offset: 0, length: 4096)),
            try work(SignIn.self, .init(operatorName: "Ann")),
            try work(
                ReportUnit.self,
                .init(
                    shift: "s-1",
                    authorization: digest,
                    chipUID: try ChipUID(repeatElement(1, count: 16)),
                    unit: digest,
                    serial: try DeviceSerial("BU000001"),
                    result: .passed,
                    code: "unit.state.wrong",
                    site: 3,
                    milliseconds: 1200,
                    labelRecord: SealedRecord(encapsulated: point, ciphertext: Octets([1, 2]))
                )
            ),
        ]
    }

    // MARK: Somebody on the Factory Service's machine

    private static func factory<Operation: FactoryOperation>(
        _ operation: Operation.Type,
        _ request: Operation.Request
    ) throws -> RequestSample {
        try sample(operation, request, FactoryContext(userID: 1)) { router, keep in
            router.mount(operation) { _, request in throw try keep(request) }
        }
    }

    private static func factories() throws -> [RequestSample] {
        [
            try factory(GetFactoryStatus.self, Nothing()),
            try factory(TakeFile.self, .init(path: "/tmp/a")), try factory(ExportRecords.self, .init(folder: "/tmp")),
            try factory(ExportProof.self, .init(subject: .closing(batch: "b1"), path: "/tmp/c.json")),
            try factory(PrepareProductHere.self, preparation),
            try factory(RequestEnrolment.self, .init(name: name, request: Octets([1, 2]))),
            try factory(CloseBatch.self, .init(authorization: digest)), try factory(SyncNow.self, Nothing()),
            try factory(BundleRecords.self, .init(folder: "/tmp", all: true)),
        ]
    }
}
