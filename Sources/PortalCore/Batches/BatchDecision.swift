public import Governance
public import Statements
public import Vocabulary

/// A batch as an ODM's production manager asks for it.
public struct BatchOrder: Sendable, Hashable {
    public let product: ProductName
    public let batch: BatchName
    public let edgeHSM: EdgeHSMID
    public let quantity: Int
    public let notBefore: Instant
    public let notAfter: Instant
    /// Seconds; nil: 24 hours.
    public let grace: Int64?
    public let debugUnlocks: ProductionAuthorization.Allowance
    public let reprovisions: ProductionAuthorization.Allowance
    public let rotations: ProductionAuthorization.Allowance

    public init(
        product: ProductName,
        batch: BatchName,
        edgeHSM: EdgeHSMID,
        quantity: Int,
        notBefore: Instant,
        notAfter: Instant,
        grace: Int64?,
        debugUnlocks: ProductionAuthorization.Allowance,
        reprovisions: ProductionAuthorization.Allowance,
        rotations: ProductionAuthorization.Allowance
    ) {
        self.product = product
        self.batch = batch
        self.edgeHSM = edgeHSM
        self.quantity = quantity
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.grace = grace
        self.debugUnlocks = debugUnlocks
        self.reprovisions = reprovisions
        self.rotations = rotations
    }
}

/// The product's own rules, which the OEM's administrator keeps beside what the officers sign.
public struct ProductBounds: Sendable, Hashable {
    public let lifetimeTotal: Int
    public let largestBatch: Int?
    /// Seconds.
    public let longestWindow: Int64?
    public let chipIdentity: ChipIdentityLevel
    /// Nil: every factory.
    public let factories: Set<FactoryID>?
    public let serialPrefix: String

    public init(
        lifetimeTotal: Int,
        largestBatch: Int?,
        longestWindow: Int64?,
        chipIdentity: ChipIdentityLevel,
        factories: Set<FactoryID>?,
        serialPrefix: String
    ) {
        self.lifetimeTotal = lifetimeTotal
        self.largestBatch = largestBatch
        self.longestWindow = longestWindow
        self.chipIdentity = chipIdentity
        self.factories = factories
        self.serialPrefix = serialPrefix
    }
}

/// What the portal's records say of the product, in the transaction in which the batch is made.
public struct BatchStanding: Sendable, Hashable {
    /// Granted and not returned, everywhere and at the batch's EdgeHSM.
    public let granted: Int
    public let grantedAtEdge: Int
    /// The number that the batch's serials begin with.
    public let serialsUsed: Int
    public let isNameTaken: Bool
    /// Why the EdgeHSM gets no more packages.
    public let halted: String?
    /// Batches, of any product, that the EdgeHSM holds open or may still load.
    public let openAtEdge: Int
    /// The product's approval that was locked last.
    public let newestApproval: VersionApproval

    public init(
        granted: Int,
        grantedAtEdge: Int,
        serialsUsed: Int,
        isNameTaken: Bool,
        halted: String?,
        openAtEdge: Int,
        newestApproval: VersionApproval
    ) {
        self.granted = granted
        self.grantedAtEdge = grantedAtEdge
        self.serialsUsed = serialsUsed
        self.isNameTaken = isNameTaken
        self.halted = halted
        self.openAtEdge = openAtEdge
        self.newestApproval = newestApproval
    }
}

/// Whether a batch is made, and the authorization that says so.
public enum BatchDecision {
    /// Authorizations that an EdgeHSM holds open. A package of one more would only be refused there.
    public static let mostOpen = 256

    /// Throws `portal.batch.*`, `authorize.*`, `statement.content.inconsistent`.
    public static func authorization(
        for order: BatchOrder,
        on ground: BatchGround,
        _ product: ProductBounds,
        _ standing: BatchStanding,
        at now: Instant
    ) throws -> ProductionAuthorization {
        guard !standing.isNameTaken else { throw Refusal(BatchError.nameTaken, order.batch.text) }
        if let halted = standing.halted { throw Refusal(BatchError.edgeHalted, "\(order.edgeHSM): \(halted)") }
        guard standing.openAtEdge < mostOpen else {
            throw Refusal(BatchError.edgeFull, "\(standing.openAtEdge) open at \(order.edgeHSM)")
        }
        do { try ground.requireInForce() } catch let refusal as Refusal {
            throw Refusal(BatchError.revoked, refusal.detail)
        }
        let factory = ground.enrolment.content.factory
        try check(order, at: factory, product, ground.manifest, now)
        try BatchQuota(
            of: order.edgeHSM,
            under: ground.approval.content,
            newest: standing.newestApproval,
            productTotal: product.lifetimeTotal,
            granted: standing.granted,
            grantedAtEdge: standing.grantedAtEdge
        ).admit(order.quantity)
        let serials = try SerialAssignment.next(
            prefix: product.serialPrefix,
            used: standing.serialsUsed,
            quantity: order.quantity
        )
        let request = BatchRequest(
            product: order.product,
            batch: order.batch,
            edgeHSM: order.edgeHSM,
            factory: factory,
            quantity: order.quantity,
            serials: serials,
            notBefore: order.notBefore,
            notAfter: order.notAfter,
            grace: order.grace,
            debugUnlocks: order.debugUnlocks,
            reprovisions: order.reprovisions,
            rotations: order.rotations
        )
        return try ground.payload(for: request, unitsGranted: standing.granted, at: now)
    }

    private static func check(
        _ order: BatchOrder,
        at factory: FactoryID,
        _ product: ProductBounds,
        _ manifest: Manifest,
        _ now: Instant
    ) throws {
        func require(_ condition: Bool, _ detail: String) throws {
            guard condition else { throw Refusal(BatchError.outsideRules, detail) }
        }
        guard (1...Limits.largestBatch).contains(order.quantity) else {
            throw Refusal(BatchError.outsideRules, "quantity \(order.quantity)")
        }
        guard order.notBefore < order.notAfter, now < order.notAfter else {
            throw Refusal(BatchError.window, "\(order.notBefore) to \(order.notAfter), now \(now)")
        }
        guard product.factories?.contains(factory) ?? true else { throw Refusal(BatchError.factory, factory.text) }
        if let most = product.largestBatch, order.quantity > most {
            throw Refusal(BatchError.outsideRules, "quantity \(order.quantity), largest batch \(most)")
        }
        let window = order.notAfter - order.notBefore
        if let most = product.longestWindow, window > most {
            throw Refusal(BatchError.outsideRules, "window of \(window) s, longest window \(most) s")
        }
        try require(
            manifest.chipIdentity.strength >= product.chipIdentity.strength,
            "chip identity \(manifest.chipIdentity.rawValue)"
        )
        let allowances = [order.debugUnlocks, order.reprovisions, order.rotations]
        try require(allowances.allSatisfy { $0.count == 0 || $0.notAfter > now }, "an allowance has ended already")
    }
}
