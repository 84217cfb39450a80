import PortalProtocol
import PortalStore
import Vocabulary

extension PortalServices {
    struct ProductPath: Codable, Sendable { let product: ProductName }

    /// Throws `portal.workspace.unknown-product`.
    static func checkProduct(_ product: ProductName, _ transaction: any SQLTransaction) throws {
        guard try FactoryTable(transaction).hasProduct(product) else {
            throw Refusal(IdentityError.unknownProduct, product.text)
        }
    }

    func createWorkspace(
        _ context: OEMAdminContext,
        _ call: Call<ProductPath, Nothing, JSON<NewWorkspace>>
    ) async throws -> Answer<Workspace> {
        let (product, organisation, now) = (call.path.product, call.body.organisation, context.facts.time)
        return try await acts.perform(context) { transaction in
            let factories = FactoryTable(transaction)
            guard try factories.hasProduct(product) else { throw Refusal(PortalError.unknownObject) }
            guard try PeopleTable(transaction).organisation(organisation)?.kind == .odm else {
                throw Refusal(IdentityError.unknownOrganisation)
            }
            _ = try factories.insertWorkspace(product, organisation, at: now)
            let since = try factories.workspaceSince(product, organisation) ?? now
            let workspace = Workspace(product: product, organisation: organisation, since: since)
            return Act(Answer(workspace), object: product.text, detail: organisation.text)
        }
    }

    /// The OEM sees all ODMs of a product, an ODM itself alone.
    func workspaces(
        _ context: MemberContext,
        _ call: Call<ProductPath, PageQuery, NoBody>
    ) async throws -> Answer<Page<Workspace>> {
        let (product, own, limit) = (call.path.product, context.limitedTo, (call.query.limit ?? .usual).value)
        let scope = "workspaces \(product) \(own?.text ?? "")"
        let start = try cursors.start(call.query.cursor, of: scope, count: 1)?.first
        let found = try await database.read { transaction in
            let factories = FactoryTable(transaction)
            guard try factories.hasProduct(product) else { throw Refusal(PortalError.unknownObject) }
            guard let own else { return try factories.workspaces(of: product, after: start, limit: limit + 1) }
            guard let since = try factories.workspaceSince(product, own) else {
                throw Refusal(PortalError.unknownObject)
            }
            return [(organisation: own, since: since)]
        }
        let items = found.map { Workspace(product: product, organisation: $0.organisation, since: $0.since) }
        return Answer(try cursors.page(items, limit: limit, of: scope) { [$0.organisation.text] })
    }
}
