import Statements
import Vocabulary

/// What a chunk's entries will ask the ledger for.
struct WantedRows: Sendable {
    var units: Set<Digest256> = []
    var chips: Set<ChipUID> = []
    var keys: Set<Digest256> = []
    var serials: Set<DeviceSerial> = []
    var batches: Set<Digest256> = []
    private var newestBatch: Digest256?

    mutating func add(_ event: JournalEvent) {
        if let body = event.content(as: FactoryDataGiven.self) { return step(body.unit, body.authorization) }
        if let body = event.content(as: KeySealed.self) { return step(body.unit, body.authorization) }
        if let body = event.content(as: Permitted.self) { return step(body.unit, body.authorization) }
        if let body = event.content(as: Completed.self) { return step(body.unit, body.authorization) }
        if let body = event.content(as: Issued.self) {
            step(body.unit, body.authorization)
            chips.insert(body.chipUID)
            keys.insert(body.deviceKey)
            serials.insert(body.serial)
            return
        }
        addRare(event.body)
    }

    private mutating func addRare(_ body: any JournalBody) {
        switch body {
        case let body as Failed: step(body.unit, body.authorization)
        case let body as DebugUnlocked:
            step(body.unit, body.authorization)
            chips.insert(body.chipUID)
        case let body as Reprovisioned:
            step(body.unit, body.authorization)
            chips.insert(body.chipUID)
        case let body as Rotated:
            step(body.unit, body.authorization)
            keys.insert(body.deviceKey)
        case let body as Burned: batches.insert(body.authorization)
        case let body as Closed: batches.insert(body.authorization)
        case let body as AuthorizationTombstoned: batches.insert(body.authorization)
        case let body as AuthorizationLoaded: batches.insert(body.authorization.statementID)
        default: break
        }
    }

    private mutating func step(_ unit: Digest256, _ batch: Digest256) {
        units.insert(unit)
        // Neighbours are mostly of one batch.
        guard batch != newestBatch else { return }
        newestBatch = batch
        batches.insert(batch)
    }
}
