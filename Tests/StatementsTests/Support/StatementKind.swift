import Statements
import Testing
import Vocabulary

/// A kind of statement with a good sample, as the mutation and vector tests take it, without its Swift type.
struct StatementKind: Sendable, CustomTestStringConvertible {
    let name: String
    /// The sample as an unsigned envelope.
    let sample: @Sendable () throws -> Envelope
    /// Verifies under the key and returns the payload as it is encoded again.
    let verify: @Sendable (Envelope, P256Point) throws -> [UInt8]
    /// Who signs samples of this kind.
    let signers: [String]

    var testDescription: String { name }

    init<Content: Statement>(
        _ name: String,
        _ signers: [String],
        _ sample: @escaping @Sendable () throws -> Content
    ) {
        self.name = name
        self.signers = signers
        self.sample = { try sample().unsigned() }
        self.verify = { envelope, key in
            try Verified<Content>(envelope, signedBy: key).content.payload()
        }
    }

    static let all: [StatementKind] = [
        StatementKind("role-keys", ["root"]) { try Samples.roleKeys() },
        StatementKind("edgehsm-enrolment", ["ada", "ben"]) { try Samples.enrolment() },
        StatementKind("version-approval", ["ada", "cem"]) { try Samples.approval() },
        StatementKind("version-approval-moved", ["ada", "cem"]) { try Samples.moved() },
        StatementKind("officer-order-revoke", ["ada", "ben"]) { try Samples.orders()[0] },
        StatementKind("officer-order-revoke-edgehsm", ["ada", "ben"]) { try Samples.orders()[1] },
        StatementKind("officer-order-reset-clock", ["ben", "cem"]) { try Samples.orders()[2] },
        StatementKind("officer-order-release", ["ben", "cem"]) { try Samples.orders()[3] },
        StatementKind("officer-order-retire", ["ada", "ben", "cem"]) { try Samples.orders()[4] },
        StatementKind("portal-status", ["portal"]) { try Samples.status() },
        StatementKind("product-preparation", ["edge"]) { try Samples.preparation() },
        StatementKind("ceremony-transcript", ["root"]) { try Samples.transcript() },
        StatementKind("production-authorization", ["authorizer"]) { try Samples.authorization() },
        StatementKind("production-package", ["authorizer"]) { try Samples.package() },
        StatementKind("programming-permit", ["edge"]) { try Samples.permit() },
        StatementKind("checkpoint", ["edge"]) { try Samples.checkpoint() },
    ]
}
