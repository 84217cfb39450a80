import PortalPages
import PortalProtocol
import Vocabulary

/// What objects of the portal's log are called, and where they are looked at. The log itself keeps ids alone.
struct AuditPlaces {
    /// Batches that are looked up one by one, beside the newest.
    private static let mostBatches = 20

    private let people: [PersonID: String]
    private let factories: [FactoryID: Factory]
    private let products: [ProductName: Product]
    private let organisations: [OrganisationID: String]
    private let edges: [EdgeHSMID: FactoryID]
    private let alarms: [Int: AlarmView]
    private var batches: [BatchID: Batch] = [:]
    private var invitations: [InvitationID: Invitation] = [:]

    /// - Parameter objects: of the entries that are shown.
    init(_ look: PageRequest, _ people: [PersonID: String], _ objects: [String]) async throws {
        self.people = people
        factories = try await People.factories(look)
        let products: [Product] = try await look.api.all("/v1/products")
        self.products = Dictionary(products.map { ($0.product, $0) }, uniquingKeysWith: { first, _ in first })
        let organisations: [Organisation] = try await look.api.optionalAll("/v1/organisations") ?? []
        self.organisations = Dictionary(organisations.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
        let edges: [EdgeSummary] = try await look.api.optionalAll("/v1/edges") ?? []
        self.edges = Dictionary(edges.map { ($0.id, $0.factory) }, uniquingKeysWith: { first, _ in first })
        let alarms = try await look.api.optional("/v1/alarms", ["limit": "100"], as: Page<AlarmView>.self)?.items ?? []
        self.alarms = Dictionary(alarms.map { ($0.number.value, $0) }, uniquingKeysWith: { first, _ in first })
        // Of no other kind: who asks for what is not there stands in the log.
        let wanted = Set(objects.filter(Self.isBatch).compactMap { try? BatchID($0) })
        if !wanted.isEmpty {
            let newest = try await look.api.optional("/v1/batches", ["limit": "60"], as: Page<Batch>.self)?.items ?? []
            for batch in newest { batches[batch.id] = batch }
            let older = wanted.filter { batches[$0] == nil }.sorted { $0.text < $1.text }.prefix(Self.mostBatches)
            for id in older { batches[id] = try await look.api.optional("/v1/batches/\(id.text)") }
        }
        if objects.contains(where: { (try? InvitationID($0)) != nil }) {
            let all: [Invitation] = try await look.api.optionalAll("/v1/invitations") ?? []
            for each in all { invitations[each.id] = each }
        }
    }

    func actor(_ id: String) -> String {
        AuditPage.actor(id) { id in
            (try? PersonID(id)).flatMap { people[$0] } ?? (try? FactoryID(id)).flatMap { factories[$0]?.name }
        }
    }

    /// Nil where nothing is known of it.
    func place(of object: String) -> AuditPage.Place? {
        if let id = try? PersonID(object), let name = people[id] { return .init(.person, name, "/people/\(id.text)") }
        if let id = try? FactoryID(object), let factory = factories[id] {
            return .init(.factory, factory.name, "/factories/\(id.text)")
        }
        if let id = try? EdgeHSMID(object), let factory = edges[id] {
            return .init(.edge, id.text, "/factories/\(factory.text)/edges/\(id.text)")
        }
        if let id = try? OrganisationID(object), let name = organisations[id] {
            return .init(.organisation, name, "/people?organisation=\(id.text)")
        }
        if let id = try? InvitationID(object), let invitation = invitations[id] {
            return .init(.invitation, words(invitation), "/people")
        }
        if Self.isBatch(object) {
            let known = (try? BatchID(object)).flatMap { batches[$0] }
            return .init(.batch, known?.batch.text ?? object, "/batches/\(object)")
        }
        return product(object) ?? alarm(object)
    }

    private static func isBatch(_ object: String) -> Bool { object.wholeMatch(of: /b-[0-9a-f]{8,64}/) != nil }

    private func product(_ object: String) -> AuditPage.Place? {
        let parts = object.split(separator: "/", maxSplits: 1).map(String.init)
        guard let first = parts.first, let name = try? ProductName(first), let product = products[name] else {
            return nil
        }
        guard parts.count == 2 else { return .init(.product, product.title.text, "/products/\(name.text)") }
        guard let version = try? VersionName(parts[1]) else { return nil }
        return .init(
            .version,
            "\(product.title.text) \(version.text)",
            "/products/\(name.text)/versions/\(version.text)"
        )
    }

    private func alarm(_ object: String) -> AuditPage.Place? {
        guard let found = object.wholeMatch(of: /alarm ([0-9]{1,18})/), let number = Int(found.1) else { return nil }
        let address = "/alarms?show=all#alarm-\(number)"
        guard let alarm = alarms[number] else { return .init(.alarm, "alarm \(PageWords.number(number))", address) }
        return .init(.alarm, PageWords.alarm(alarm), address)
    }

    /// Whom it is for.
    private func words(_ invitation: Invitation) -> String {
        let house = invitation.organisationName ?? invitation.organisation.flatMap { organisations[$0] }
        let roles = PageWords.roles(invitation.roles)
        return [house, invitation.officer?.text, roles.isEmpty ? nil : roles].compactMap { $0 }.joined(separator: ", ")
    }
}
