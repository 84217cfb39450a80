public import PortalProtocol
public import PortalStore
import Statements
public import Vocabulary

/// Product, version and batches that a journal tells of, put into a portal's tables as officers and people would have
/// left them: the pages of a portal whose journals were made without either then show them.
public struct JournaledProduct: Sendable {
    private let loaded: [AuthorizationLoaded]
    private let organisation: OrganisationID
    private let person: PersonID

    /// - Parameter entries: of journals; those that load authorizations are taken.
    public init(_ entries: some Sequence<[UInt8]>, of organisation: OrganisationID, by person: PersonID) {
        loaded = entries.compactMap { try? JournalEntry(parsing: $0).event.content(as: AuthorizationLoaded.self) }
        self.organisation = organisation
        self.person = person
    }

    /// The batches, each as its authorization says. Factories and EdgeHSMs are there before.
    @discardableResult
    public func insert(at now: Instant, in transaction: any SQLTransaction) throws -> [BatchRecord] {
        try loaded.map { loaded in
            let content = try ProductionAuthorization.read(payload: loaded.authorization.payload)
            let manifest = try Manifest(parsing: loaded.manifest.bytes)
            try insertProduct(manifest, at: now, in: transaction)
            try insertVersion(manifest, loaded, at: now, in: transaction)
            let batch = try BatchRecord(
                id: .random(),
                version: VersionName(manifest.version),
                organisation: organisation,
                authorization: content,
                createdBy: person,
                createdAt: content.issuedAt
            )
            try BatchTable(transaction).insert(batch)
            return batch
        }
    }

    private func insertProduct(_ manifest: Manifest, at now: Instant, in transaction: any SQLTransaction) throws {
        guard try ProductTable(transaction).product(manifest.product) == nil else { return }
        let record = ProductRecord(
            product: manifest.product,
            title: try DisplayName(manifest.product.text),
            foundation: ProductFoundation(
                vendorID: manifest.vendorID,
                productID: manifest.productID,
                family: try FamilyName(manifest.family),
                secureBootKey: manifest.firmware.verificationKey,
                paa: manifest.paa,
                debugRoot: Octets([1]),
                vendorRoots: manifest.vendorRoots,
                keySlots: [],
                socClass: manifest.chipSecurity.socClass,
                debugPermissions: try SixteenOctets(manifest.chipSecurity.debugPermissions),
                serialPrefix: try SerialPrefix("A")
            ),
            lifetimeTotal: try UnitTotal(10_000_000),
            rules: ProductRules(chipIdentity: manifest.chipIdentity),
            revision: 1,
            createdAt: now
        )
        _ = try ProductTable(transaction).insert(record)
        _ = try FactoryTable(transaction).insertWorkspace(manifest.product, organisation, at: now)
    }

    private func insertVersion(
        _ manifest: Manifest,
        _ loaded: AuthorizationLoaded,
        at now: Instant,
        in transaction: any SQLTransaction
    ) throws {
        let (table, name) = (VersionTable(transaction), try VersionName(manifest.version))
        guard try table.version(manifest.product, name) == nil else { return }
        var version = VersionRecord(
            product: manifest.product,
            version: name,
            organisation: organisation,
            manifest: loaded.manifest.bytes,
            firmware: manifest.firmware.digest,
            declaration: manifest.certificationDeclaration,
            provesProduct: false,
            created: VersionAct(person: person, at: now)
        )
        version.state = .locked
        version.approval = loaded.approval
        version.sequence = try VersionApproval.read(payload: loaded.approval.payload).sequence
        version.lockedAt = now
        _ = try table.insert(version)
        try table.update(version)
    }
}
