public import KeyCustody
public import Statements
public import Vocabulary

/// A version approval as the OEM writes it, before it is a statement: what the manifest says is taken from the manifest.
public struct ApprovalDraft: Codable, Sendable, Hashable {
    public let lifetimeTotal: Int
    public let allotments: [VersionApproval.Allotment]
    public let allowances: VersionApproval.Allowances
    public let rules: VersionApproval.Rules
    public let fleetKeyExceptions: [VersionApproval.FleetKeyException]?
    /// Ids of the orders on whose strength allotments fall.
    public let releases: [Digest256]?
    public let issuedAt: Instant
    public let expiresAt: Instant

    public init(
        lifetimeTotal: Int,
        allotments: [VersionApproval.Allotment],
        allowances: VersionApproval.Allowances,
        rules: VersionApproval.Rules,
        fleetKeyExceptions: [VersionApproval.FleetKeyException]?,
        releases: [Digest256]?,
        issuedAt: Instant,
        expiresAt: Instant
    ) {
        self.lifetimeTotal = lifetimeTotal
        self.allotments = allotments
        self.allowances = allowances
        self.rules = rules
        self.fleetKeyExceptions = fleetKeyExceptions
        self.releases = releases
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
    }

    /// The unsigned approval of `manifest`, after `previous` in the product's chain.
    public func envelope(manifest bytes: [UInt8], previous: Envelope?) throws -> Envelope {
        let manifest = try Manifest(parsing: bytes)
        let last = try previous.map { envelope in
            guard envelope.payloadType == VersionApproval.payloadType else {
                throw Refusal(StatementError.wrongType, String(envelope.payloadType.prefix(80)))
            }
            return try VersionApproval.read(payload: envelope.payload)
        }
        guard last.map({ $0.product == manifest.product }) ?? true else {
            throw Refusal(GovernanceError.manifestDiffers, "the approval before is of another product")
        }
        return try VersionApproval(
            product: manifest.product,
            vendorID: manifest.vendorID,
            productID: manifest.productID,
            version: manifest.version,
            manifest: Digest256.of(bytes),
            lifetimeTotal: lifetimeTotal,
            allotments: allotments,
            sequence: (last?.sequence ?? 0) + 1,
            previous: previous?.statementID,
            allowances: allowances,
            rules: rules,
            fleetKeyExceptions: fleetKeyExceptions ?? [],
            releases: releases ?? [],
            issuedAt: issuedAt,
            expiresAt: expiresAt
        ).unsigned()
    }
}

/// Statements of the portal key, and what goes down to an EdgeHSM.
public enum Downlink {
    /// A signed status. Throws `authorize.token.wrong-key` when the token is not the portal's.
    public static func status(
        _ status: PortalStatus,
        roleKeys: Verified<RoleKeys>,
        token: any Token
    ) async throws -> Envelope {
        let key = try await token.signingKey(.portal, equal: roleKeys.content.portal)
        return try await status.unsigned().signed(by: key)
    }

    /// Joins envelopes to a bundle, each verified as the EdgeHSM will: RoleKeys by succession, orders by m officers,
    /// the status by the portal key, all under the newest RoleKeys; what takes power away also under those that the
    /// EdgeHSM holds before.
    ///
    /// - Parameter version: what the EdgeHSM holds; the bundle starts with the RoleKeys after it. 0 takes all.
    public static func bundle(
        history: [Verified<RoleKeys>],
        after version: Int,
        orders: [Envelope],
        status: Envelope?
    ) throws -> DownlinkBundle {
        guard let newest = history.last else { throw Refusal(GovernanceError.prerequisite, "RoleKeys") }
        for order in orders { try verify(order, newest, after: history.filter { $0.content.version >= version }) }
        if let status { _ = try Verified<PortalStatus>(status, signedBy: newest.content.portal) }
        return DownlinkBundle(
            roleKeys: history.filter { $0.content.version > version }.map(\.envelope),
            orders: orders,
            status: status
        )
    }

    private static func verify(_ order: Envelope, _ newest: Verified<RoleKeys>, after held: [Verified<RoleKeys>]) throws
    {
        do { _ = try Verified<OfficerOrder>(order, signedByOfficersOf: newest.content) } catch {
            let earlier = held.lazy.compactMap { try? Verified<OfficerOrder>(order, signedByOfficersOf: $0.content) }
            guard earlier.contains(where: \.content.order.takesAway) else { throw error }
        }
    }
}
