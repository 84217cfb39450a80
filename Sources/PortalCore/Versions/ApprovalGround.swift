public import Governance
public import PortalProtocol
public import Statements
public import Vocabulary

/// Units of a product in all authorizations ever made, less what journaled closings returned.
public struct GrantedUnits: Sendable, Hashable {
    public let total: Int
    public let byEdgeHSM: [EdgeHSMID: Int]

    public init(total: Int, byEdgeHSM: [EdgeHSMID: Int]) {
        self.total = total
        self.byEdgeHSM = byEdgeHSM
    }

    public static let none = GrantedUnits(total: 0, byEdgeHSM: [:])
}

/// What an approval is drafted and locked on.
public struct ApprovalGround: Sendable {
    public let lifetimeTotal: Int
    public let rules: ProductRules
    public let manifest: [UInt8]
    /// The product's approval that was locked last.
    public let last: Envelope?
    /// Officers' orders, verified under the newest RoleKeys.
    public let orders: [Verified<OfficerOrder>]
    /// What EdgeHSMs gave up by their own journals' word.
    public let released: Set<AllotmentRelease>
    public let granted: GrantedUnits
    /// Enrolled EdgeHSMs and their factories.
    public let sites: [EdgeHSMID: FactoryID]

    public init(
        lifetimeTotal: Int,
        rules: ProductRules,
        manifest: [UInt8],
        last: Envelope?,
        orders: [Verified<OfficerOrder>],
        released: Set<AllotmentRelease>,
        granted: GrantedUnits,
        sites: [EdgeHSMID: FactoryID]
    ) {
        self.lifetimeTotal = lifetimeTotal
        self.rules = rules
        self.manifest = manifest
        self.last = last
        self.orders = orders
        self.released = released
        self.granted = granted
        self.sites = sites
    }

    /// The unsigned approval for the officers. Throws `portal.approval.*`, `officer.approval.allotment-falls`,
    /// `statement.content.inconsistent`.
    public func draft(_ terms: ApprovalTerms, at now: Instant) throws -> Envelope {
        guard now < terms.expiresAt else { throw Refusal(VersionError.approvalExpiry, "\(terms.expiresAt)") }
        let plain = try envelope(terms, citing: [], at: now)
        let releases = try ApprovalChain.citations(of: plain, after: last, among: countedReleases)
        let envelope = releases.isEmpty ? plain : try envelope(terms, citing: releases, at: now)
        try check(envelope)
        return envelope
    }

    private func envelope(_ terms: ApprovalTerms, citing releases: [Digest256], at now: Instant) throws -> Envelope {
        try ApprovalDraft(
            lifetimeTotal: terms.lifetimeTotal.value,
            allotments: terms.allotments,
            allowances: terms.allowances,
            rules: terms.rules,
            fleetKeyExceptions: terms.fleetKeyExceptions,
            releases: releases.isEmpty ? nil : releases,
            issuedAt: now,
            expiresAt: terms.expiresAt
        ).envelope(manifest: manifest, previous: last)
    }

    /// Again before the lock: since the draft, batches may have been granted, and rules, sites and chain have moved.
    public func check(_ envelope: Envelope) throws {
        let approval = try VersionApproval.read(payload: envelope.payload)
        try approval.validate()
        try checkProduct(approval)
        try checkAllotments(approval)
        try ApprovalChain.check(envelope, after: last, earlier: [], releases: countedReleases)
    }

    private func checkProduct(_ approval: VersionApproval) throws {
        func require(_ condition: Bool, _ detail: String) throws {
            guard condition else { throw Refusal(VersionError.approvalLooser, detail) }
        }
        /// A bound that the product has, the approval must have at least as tight.
        func isTight<Bound: Comparable>(_ own: Bound?, _ product: Bound?) -> Bool {
            guard let product else { return true }
            return own.map { $0 <= product } ?? false
        }
        let own = approval.rules
        try require(approval.lifetimeTotal <= lifetimeTotal, "lifetime total \(approval.lifetimeTotal)")
        try require(isTight(own.largestBatch, rules.largestBatch?.value), "largest batch")
        try require(isTight(own.longestWindow, rules.longestWindow), "longest window")
        try require(isTight(own.longestSilence, rules.longestSilence), "longest silence")
        try require(own.chipIdentity.strength >= rules.chipIdentity.strength, "chip identity")
        let level = try Manifest(parsing: manifest).chipIdentity
        try require(level.strength >= own.chipIdentity.strength, "the version's chip identity is \(level.rawValue)")
        guard approval.lifetimeTotal >= granted.total else {
            throw Refusal(VersionError.approvalBelowGranted, "lifetime total, granted \(granted.total)")
        }
    }

    private func checkAllotments(_ approval: VersionApproval) throws {
        let allowed = rules.factories.map(Set.init)
        for allotment in approval.allotments where allotment.units > 0 {
            // What an EdgeHSM has been given stays with it, also when it or its factory is out of use.
            let before = try last.map { try VersionApproval.read(payload: $0.payload) }?.allotment(
                of: allotment.edgeHSM
            )
            guard allotment.units > before ?? 0 else { continue }
            guard let factory = sites[allotment.edgeHSM], allowed?.contains(factory) ?? true else {
                throw Refusal(VersionError.approvalEdge, allotment.edgeHSM.text)
            }
        }
        for (edge, units) in granted.byEdgeHSM.sorted(by: { $0.key < $1.key })
        where approval.allotment(of: edge) < units && !isRetired(edge, approval.product) {
            throw Refusal(VersionError.approvalBelowGranted, "\(edge): granted \(units)")
        }
    }

    private func isRetired(_ edge: EdgeHSMID, _ product: ProductName) -> Bool {
        orders.contains { order in
            if case .retireEdgeHSM(edge, product, _, _) = order.content.order { true } else { false }
        }
    }

    /// The EdgeHSM's own journal, or, for a dead one, the officers' order.
    private var countedReleases: [AllotmentRelease] {
        released.sorted { $0.id < $1.id } + orders.compactMap { AllotmentRelease($0) }
    }
}
