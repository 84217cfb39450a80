import Governance
import HTTPTypes
import PortalCore
import PortalProtocol
import PortalStore
import Statements

/// Batches of the people's listener.
public enum BatchRoutes {
    struct BatchPath: Codable, Sendable { let batch: BatchID }

    /// What a grant may be refused with.
    private static let grant: [RefusalGroup] = [
        .codes(409, BatchError.nameTaken, .versionNotLocked, .allotment, .lifetime, .serials, .edgeHalted, .edgeFull),
        .codes(409, BatchError.revoked),
        .codes(422, BatchError.outsideRules, .factory, .window),
        .codes(
            409,
            GovernanceError.roleKeysExpired,
            .approvalExpired,
            .edgeHSMDiffers,
            .manifestDiffers,
            .fleetKeyWithoutException
        ),
        .codes(422, GovernanceError.batchOutsideRules), .codes(409, StatementError.tooFewOfficers),
        .codes(422, StatementError.inconsistent), .codes(503, VersionError.fileStorage),
        .web(PortalError.unknownObject),
    ]

    public static func routes(_ desk: BatchDesk) throws -> [any MountableRoute] { try grants(desk) + looks(desk) }

    private static func grants(_ desk: BatchDesk) throws -> [any MountableRoute] {
        [
            try Route(
                .post,
                "/v1/batches",
                "createBatch",
                .batches,
                "Grants a batch within the officers' figures and has its package made.",
                status: 201,
                demands: .idempotencyKey,
                refusals: grant
            ) { (context: ProductionManagerContext, call: Call<Nothing, Nothing, JSON<NewBatch>>) in
                try await desk.create(context, call.body)
            },
            try Route(
                .post,
                "/v1/batches/{batch}/close",
                "closeBatch",
                .batches,
                "Ends new units. What is left comes back when the EdgeHSM's journal says so.",
                demands: .ifMatch,
                refusals: [.codes(409, BatchError.ended)]
            ) { (context: ProductionManagerContext, call: Call<BatchPath, Nothing, JSON<BatchEnding>>) in
                try await desk.close(context, call.path.batch, call.body.reason)
            },
            try Route(
                .post,
                "/v1/batches/{batch}/revoke",
                "revokeBatch",
                .batches,
                "Takes the authorization back, with all its allowances.",
                demands: .ifMatch,
                refusals: [.codes(409, BatchError.ended)]
            ) { (context: SecurityOfficerContext, call: Call<BatchPath, Nothing, JSON<BatchEnding>>) in
                try await desk.revoke(context, call.path.batch, call.body.reason)
            },
        ]
    }

    private static func looks(_ desk: BatchDesk) throws -> [any MountableRoute] {
        [
            try Route(
                .get,
                "/v1/batches",
                "listBatches",
                .batches,
                "Batches, newest first; of one product, factory, standing or authorization, or all."
            ) {
                (context: MemberContext, call: Call<Nothing, BatchQuery, NoBody>) in
                Answer(try await desk.batches(context, call.query))
            },
            try Route(.get, "/v1/batches/{batch}", "getBatch", .batches, "One batch.") {
                (context: MemberContext, call: ObjectCall<BatchPath>) in
                try await desk.batch(context, call.path.batch)
            },
            try Route(
                .get,
                "/v1/batches/{batch}/package",
                "getBatchPackage",
                .batches,
                "The sealed package; Range is honoured.",
                refusals: [
                    .codes(409, BatchError.packagePending, .packageGivenUp), .codes(503, BatchError.packageFailed),
                ]
            ) { (context: MemberContext, call: ObjectCall<BatchPath>) in
                try await desk.package(context, call.path.batch)
            },
            try Route(
                .get,
                "/v1/batches/{batch}/reconciliation",
                "getReconciliation",
                .batches,
                "Where the batch's units are."
            ) { (context: MemberContext, call: ObjectCall<BatchPath>) in
                Answer(try await desk.reconciliation(context, call.path.batch))
            },
            try Route(
                .get,
                "/v1/batches/{batch}/progress",
                "getBatchProgress",
                .batches,
                "Where the batch's units are, how fast they are made, and what ends the batch when."
            ) { (context: MemberContext, call: ObjectCall<BatchPath>) in
                Answer(try await desk.progress(context, call.path.batch))
            },
        ]
    }
}
