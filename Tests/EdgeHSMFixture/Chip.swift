import Crypto
import EdgeHSMCore
package import Statements
import TransparencyLog
package import Vocabulary

/// A chip on a station: makes CSRs, keeps its key.
struct Chip {
    let uid: ChipUID
    /// What it signs with; every key that it had is kept, as no real chip keeps it.
    private(set) var keys: [P256.Signing.PrivateKey]
    var key: P256Point
    var agreement = P256.Signing.PrivateKey().point

    init(_ number: Int) {
        uid = ChipUID(validated: (0..<16).map { $0 < 8 ? 0 : UInt8(truncatingIfNeeded: number >> ((15 - $0) * 8)) })
        let first = P256.Signing.PrivateKey()
        keys = [first]
        key = first.point
    }

    mutating func newKey() {
        keys.append(P256.Signing.PrivateKey())
        key = keys[keys.count - 1].point
    }

    /// By the key of this id, where the chip had it; by a stranger's otherwise.
    func proof(by old: Digest256, for request: PresentedRequest) throws -> RotationProof {
        let signer = keys.first { $0.point.keyID == old } ?? P256.Signing.PrivateKey()
        let message = RotationProof.message(
            chipUID: request.chipUID,
            newKey: request.deviceKey,
            request: request.digest
        )
        let signature = try RawSignature(signer.signature(for: message).rawRepresentation)
        return RotationProof(replacedKey: signer.point, signature: signature)
    }

    func request(_ nonce: Nonce, uid other: ChipUID? = nil, proven: Bool = false) -> PresentedRequest {
        PresentedRequest(
            chipUID: other ?? uid,
            nonce: nonce,
            deviceKey: key,
            agreementKey: agreement,
            digest: Digest256.of(nonce.bytes + key.bytes + (other ?? uid).bytes),
            isVendorProven: proven
        )
    }
}

let station = StationName(validated: "st-1")
let otherStation = StationName(validated: "st-2")

extension Box {
    mutating func begin(
        _ authorization: Digest256,
        _ chip: Chip,
        at station: StationName = station,
        _ purpose: Begin.Purpose = .provision
    ) throws -> Begin.Grant {
        try settle(
            Begin(
                authorization: authorization,
                chipUID: chip.uid,
                station: station,
                purpose: purpose,
                nonce: Nonce(validated: World.random(32)),
                facts: facts(authorization, chip.uid)
            )
        )
    }

    func decision(
        _ authorization: Digest256,
        _ unit: Digest256,
        _ chip: Chip,
        _ nonce: Nonce,
        at station: StationName = station
    ) -> DecideIssue {
        DecideIssue(
            authorization: authorization,
            unit: unit,
            station: station,
            request: chip.request(nonce),
            facts: facts(authorization, chip.uid, key: chip.key)
        )
    }

    mutating func sign(_ reservation: Reservation, _ key: P256Point) throws -> UnitRecord {
        let notBefore = try state.authorization(reservation.authorization).content.notBefore
        let dac = try world.dac(for: key, notBefore: notBefore)
        let commitment = world.commitment(reservation.unit)
        return try run(SignedIssue(reservation: reservation, dac: Octets(dac), commitment: commitment)).grant()
    }

    /// From `begin` to the DAC.
    @discardableResult
    mutating func issue(
        _ authorization: Digest256,
        _ chip: Chip,
        at station: StationName = station
    ) throws -> UnitRecord {
        let begun = try begin(authorization, chip, at: station)
        let command = decision(authorization, begun.unit, chip, begun.nonce, at: station)
        switch try settle(command) {
        case .stored(let record): return record
        case .sign(let reservation): return try sign(reservation, chip.key)
        }
    }

    mutating func program(_ unit: UnitRecord, at station: StationName = station) throws {
        let data = Digest256.of(unit.unit.bytes)
        _ = try run(
            GiveFactoryData(
                authorization: unit.authorization,
                unit: unit.unit,
                station: station,
                factoryData: data,
                facts: facts(unit.authorization, unit.chipUID)
            )
        ).grant()
        _ = try run(
            RecordSeal(
                authorization: unit.authorization,
                unit: unit.unit,
                slot: World.slot,
                station: station,
                facts: facts(unit.authorization, unit.chipUID)
            )
        ).grant()
        _ = try run(
            GrantPermit(
                authorization: unit.authorization,
                unit: unit.unit,
                station: station,
                permit: Digest256.of(data.bytes),
                factoryData: data,
                facts: facts(unit.authorization, unit.chipUID)
            )
        ).grant()
    }

    func completion(
        _ unit: UnitRecord,
        firmware: Digest256 = World.firmware,
        locked: Bool = true,
        at station: StationName = station
    ) -> CompleteCommand {
        let data = Digest256.of(unit.unit.bytes)
        return CompleteCommand(
            authorization: unit.authorization,
            unit: unit.unit,
            station: station,
            firmware: firmware,
            factoryData: data,
            attestation: .zero,
            permit: Digest256.of(data.bytes),
            isDebugPortLocked: locked,
            facts: facts(unit.authorization, unit.chipUID)
        )
    }

    /// A finished unit.
    @discardableResult
    mutating func make(_ authorization: Digest256, _ chip: Chip) throws -> UnitRecord {
        let unit = try issue(authorization, chip)
        try program(unit)
        _ = try run(completion(unit)).grant()
        return unit
    }

    package mutating func load(_ draft: BatchDraft = BatchDraft(), under approval: Envelope? = nil) throws -> Digest256
    {
        try run(draft.load(world, under: approval)).grant().id
    }

    mutating func fail(_ unit: UnitRecord, at station: StationName = station) throws {
        try settle(
            FailCommand(
                authorization: unit.authorization,
                unit: unit.unit,
                station: station,
                reason: "test",
                facts: facts(unit.authorization, unit.chipUID)
            )
        )
    }

    mutating func reprovision(_ authorization: Digest256, _ chip: Chip) throws -> Begin.Grant {
        try settle(
            Reprovision(
                authorization: authorization,
                chipUID: chip.uid,
                station: station,
                nonce: Nonce(validated: World.random(32)),
                facts: facts(authorization, chip.uid)
            )
        )
    }

    func unlock(
        _ authorization: Digest256,
        _ chip: Chip,
        challenge: Digest256,
        permissions: String = String(repeating: "0", count: 30) + "01"
    ) -> UnlockDebug {
        UnlockDebug(
            authorization: authorization,
            chipUID: chip.uid,
            station: station,
            challenge: challenge,
            permissions: permissions,
            facts: facts(authorization, chip.uid)
        )
    }

    mutating func downlink(
        roleKeys: [Envelope] = [],
        orders: [Envelope] = [],
        status: Envelope? = nil
    ) throws -> Outcome<DownlinkCommand.Grant> {
        let bundle = DownlinkBundle(roleKeys: roleKeys, orders: orders, status: status)
        let size = DownlinkCommand.storedSize(of: bundle)
        return try run(
            DownlinkCommand(
                requester: "service",
                bundle: bundle,
                rootAtStored: size.flatMap { try? disk.tree.root(at: $0) }
            )
        )
    }
}
