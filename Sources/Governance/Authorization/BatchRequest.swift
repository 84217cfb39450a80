public import Statements
public import Vocabulary

/// One batch as the ODM asks for it: the file that `obis authorize` reads.
public struct BatchRequest: Codable, Sendable, Hashable {
    public let product: ProductName
    public let batch: BatchName
    public let edgeHSM: EdgeHSMID
    public let factory: FactoryID
    public let quantity: Int
    public let serials: ProductionAuthorization.SerialRange
    public let notBefore: Instant
    public let notAfter: Instant
    /// Seconds after notAfter in which a counted unit may finish; absent: 24 hours.
    public let grace: Int64?
    public let debugUnlocks: ProductionAuthorization.Allowance
    public let reprovisions: ProductionAuthorization.Allowance
    public let rotations: ProductionAuthorization.Allowance

    public init(
        product: ProductName,
        batch: BatchName,
        edgeHSM: EdgeHSMID,
        factory: FactoryID,
        quantity: Int,
        serials: ProductionAuthorization.SerialRange,
        notBefore: Instant,
        notAfter: Instant,
        grace: Int64? = nil,
        debugUnlocks: ProductionAuthorization.Allowance,
        reprovisions: ProductionAuthorization.Allowance,
        rotations: ProductionAuthorization.Allowance
    ) {
        self.product = product
        self.batch = batch
        self.edgeHSM = edgeHSM
        self.factory = factory
        self.quantity = quantity
        self.serials = serials
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.grace = grace
        self.debugUnlocks = debugUnlocks
        self.reprovisions = reprovisions
        self.rotations = rotations
    }
}

extension ProductionAuthorization {
    /// Whether this is the authorization of `batch`, whenever it was made and under whichever approval.
    public func matches(_ batch: BatchRequest) -> Bool {
        product == batch.product && self.batch == batch.batch && edgeHSM == batch.edgeHSM
            && factory == batch.factory && quantity == batch.quantity && serials == batch.serials
            && notBefore == batch.notBefore && notAfter == batch.notAfter
            && grace == batch.grace ?? Limits.defaultGrace && debugUnlocks == batch.debugUnlocks
            && reprovisions == batch.reprovisions && rotations == batch.rotations
    }
}
