import PortalCore
import PortalProtocol
import PortalStore
public import Statements
import Vocabulary

extension ProductCertificates: LimitedMessage {
    public static var largestBody: Int { largest }
}

/// Product preparation (a new product at a running site): the portal asks, the EdgeHSM answers with keys, the ceremony
/// certifies them, the portal sends the certificates until the journal says that they are installed.
extension PortalServices {
    struct EdgeProductPath: Codable, Sendable {
        let edge: EdgeHSMID
        let product: ProductName
    }
    typealias PreparationCall = Call<EdgePath, Nothing, JSON<PreparationRequest>>

    /// Asking again for what was asked changes nothing.
    func askPreparation(_ context: OEMAdminContext, _ call: PreparationCall) async throws -> Answer<Preparation> {
        let (edge, name, facts) = (call.path.edge, call.body.product, context.facts)
        return try await acts.perform(context) { transaction in
            _ = try OfficersWord(transaction).registered(edge)
            guard let product = try ProductTable(transaction).product(name) else {
                throw Refusal(IdentityError.unknownProduct, name.text)
            }
            let factories = FactoryTable(transaction)
            guard let factory = try GovernanceTable(transaction).edge(edge)?.factory,
                let odm = try factories.factory(factory)?.organisation,
                try factories.hasWorkspace(name, odm)
            else { throw Refusal(PreparationError.workspace, name.text) }
            let table = PreparationTable(transaction)
            _ = try table.ask(name, of: edge, by: context.person.id, at: facts.time)
            guard let record = try table.preparation(name, of: edge) else { throw Refusal(PortalError.unknownObject) }
            let answer = try Self.message(record, product, in: transaction)
            let location = "/v1/edges/\(edge)/preparations/\(name)"
            return Act(Answer(answer, location: location), object: edge.text, detail: name.text)
        }
    }

    /// By product.
    func preparations(
        _ context: OEMReaderContext,
        _ call: Call<EdgePath, PageQuery, NoBody>
    ) async throws -> Answer<Page<Preparation>> {
        let (edge, limit) = (call.path.edge, (call.query.limit ?? .usual).value)
        let scope = "preparations \(edge)"
        let start = try cursors.start(call.query.cursor, of: scope, count: 1)?.first
        let items = try await database.read { transaction in
            guard try GovernanceTable(transaction).edge(edge) != nil else { throw Refusal(PortalError.unknownObject) }
            let products = ProductTable(transaction)
            return try PreparationTable(transaction).page(of: edge, after: start, limit: limit + 1).compactMap {
                record in
                try products.product(record.product).map { try Self.message(record, $0, in: transaction) }
            }
        }
        return Answer(try cursors.page(items, limit: limit, of: scope) { [$0.product.text] })
    }

    /// The envelope, as the ceremony takes it.
    func preparation(
        _ context: OEMReaderContext,
        _ call: ObjectCall<EdgeProductPath>
    ) async throws -> RawAnswer<VersionRoutes.DocumentKind> {
        let found = try await database.read {
            try PreparationTable($0).preparation(call.path.product, of: call.path.edge)
        }
        guard let found else { throw Refusal(PortalError.unknownObject) }
        guard let envelope = found.envelope else { throw Refusal(PreparationError.pending) }
        return try Self.document(envelope.serialized(), context.facts)
    }

    /// Certificates prove themselves, so bringing them needs no If-Match; the same again changes nothing.
    func putCertificates(
        _ context: OEMAdminContext,
        _ call: Call<EdgeProductPath, Nothing, JSON<ProductCertificates>>
    ) async throws -> Answer<Preparation> {
        let (path, certificates, facts) = (call.path, call.body, context.facts)
        return try await acts.perform(context) { transaction in
            let registered = try OfficersWord(transaction).registered(path.edge)
            let table = PreparationTable(transaction)
            guard let asked = try table.preparation(path.product, of: path.edge),
                let product = try ProductTable(transaction).product(path.product)
            else { throw Refusal(PortalError.unknownObject) }
            guard let envelope = asked.envelope else { throw Refusal(PreparationError.pending) }
            let answered = try Verified<ProductPreparation>(envelope, signedBy: registered.content.identity).content
            guard answered.edgeHSM == path.edge, answered.product == path.product else {
                throw Refusal(PreparationError.mismatch, "the preparation is for \(answered.product)")
            }
            try CertificateCheck.check(certificates, for: answered, of: product.foundation)
            try table.set(certificates, for: path.edge, by: context.person.id, at: facts.time)
            let answer = try Self.message(asked, product, in: transaction)
            let digest = InstalledCertificates(certificates).digest
            return Act(Answer(answer), object: path.edge.text, detail: "\(path.product) \(digest)")
        }
    }

    func certificates(
        _ context: OEMReaderContext,
        _ call: ObjectCall<EdgeProductPath>
    ) async throws -> RawAnswer<VersionRoutes.DocumentKind> {
        let found = try await database.read {
            try PreparationTable($0).certificates(of: call.path.product, on: call.path.edge)
        }
        guard let found else { throw Refusal(PortalError.unknownObject) }
        let (object, digest) = ("\(call.path.edge) \(call.path.product)", Digest256.of(found.content))
        try await acts.handOver(context, object, digest: digest, detail: "certificates of \(call.path.product)")
        return try Self.document(found.content, context.facts)
    }

    private static func document(
        _ bytes: [UInt8],
        _ facts: RequestFacts
    ) throws -> RawAnswer<VersionRoutes.DocumentKind> {
        try RawAnswer(bytes: bytes, tag: EntityTag(digest: Digest256.of(bytes)), range: facts.range)
    }

    private static func message(
        _ record: PreparationRecord,
        _ product: ProductRecord,
        in transaction: any SQLTransaction
    ) throws -> Preparation {
        let certified = try PreparationTable(transaction).certificates(of: record.product, on: record.edgeHSM)
        return Preparation(
            edgeHSM: record.edgeHSM,
            product: record.product,
            vendorID: product.foundation.vendorID,
            productID: product.foundation.productID,
            askedBy: record.askedBy,
            askedAt: record.askedAt,
            receivedAt: record.receivedAt,
            statement: record.envelope?.statementID,
            certificates: certified.map {
                Preparation.Certified(
                    uploadedBy: $0.uploadedBy,
                    uploadedAt: $0.uploadedAt,
                    installedAt: $0.installedAt
                )
            }
        )
    }
}
