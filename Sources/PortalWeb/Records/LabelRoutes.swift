import Governance
import HTTPTypes
import KeyCustody
import Labels
import PortalCore
import PortalProtocol
import PortalStore
import Statements
import Verify
import Vocabulary

/// Who may see what stands on a device's label: the OEM's administrators and security officers, and the production managers
/// of the ODM whose factory made it, while its batch is open (decision 0027).
struct LabelContext: PersonalContext {
    static let rule = AccessRule.oneOf([.oemAdmin, .oemSecurityOfficer, .odmProductionManager])
    let grant: Grant
    let facts: RequestFacts
    init(grant: Grant, facts: RequestFacts) { (self.grant, self.facts) = (grant, facts) }

    /// The ODM whose factories alone these are; nil for the OEM.
    var limitedTo: OrganisationID? { person.kind == .oem ? nil : person.organisation }
}

enum LabelRoutes {
    static let path = "/v1/units/{unit}/label"

    static func routes(_ portal: PortalServices) throws -> [any MountableRoute] {
        [
            try Route(
                .post,
                path,
                "revealLabel",
                .records,
                "Shows a device's QR and manual code, and enters who saw them.",
                demands: .freshProof,
                refusals: [
                    .codes(409, LabelDisclosureError.missing, .unopenable, .differs, .unfinished, .void, .batchOver),
                    .codes(429, LabelDisclosureError.tooMany), .codes(503, LabelError.symbolFailed),
                ] + VersionRefusals.token,
                handler: portal.revealLabel
            )
        ]
    }
}

extension PortalServices {
    /// Keys of older RoleKeys that are tried.
    private static let mostLabelKeys = 16

    /// What a label is judged by.
    private struct LabelGround: Sendable {
        let issued: Issued
        let manifest: Manifest
        let sealed: LabelUpload.Sealed
        /// Of RoleKeys, newest first: an EdgeHSM seals to those that it holds.
        let keys: [P256Point]
    }

    /// The codes are opened and judged first and entered before they go out: no code leaves without its entry, and no entry
    /// tells of a code that nobody saw.
    func revealLabel(_ context: LabelContext, _ call: ObjectCall<UnitPath>) async throws -> Answer<UnitLabel> {
        let (reference, own) = (call.path.unit, context.limitedTo)
        let (person, now) = (context.person, context.facts.time)
        let ground = try await database.read { transaction in
            let ground = try Self.labelGround(reference, own, transaction)
            try Self.checkLabelBudget(person, at: now, transaction)
            return ground
        }
        let label = try LabelJudgement.judge(await opened(ground), issued: ground.issued, manifest: ground.manifest)
        let answer = UnitLabel(
            unit: reference,
            serial: label.serial,
            qr: label.qr,
            manualCode: label.manualCode,
            picture: try SVGSymbol.render(label.qr)
        )
        return try await acts.perform(context) { transaction in
            // Of several that were opened at a time as many go out as the budget has left.
            try Self.checkLabelBudget(person, at: now, transaction)
            try LabelRevealTable(transaction).note(
                PortalLogTable(transaction).size(),
                to: person.id,
                of: person.organisation,
                at: now,
                forgetting: now + -LabelBudget.organisation.seconds
            )
            return Act(Answer(answer), object: reference.text, detail: "label of \(label.serial)")
        }
    }

    /// - Parameter own: the ODM that asks; nil for the OEM.
    static func labelStanding(
        _ record: JournalRecords.UnitRecord,
        _ own: OrganisationID?,
        _ transaction: any SQLTransaction
    ) throws -> LabelStanding {
        let unit = record.unit.unit
        switch unit.stage {
        case .done: break
        // Open again after an unlock: it was finished once, and its label is on it.
        case .open where unit.wasUnlocked: break
        case .open: return .unfinished
        case .failed, .released, .replaced: return .void
        }
        if own != nil, record.batch?.used.isClosed == true { return .batchOver }
        return try SiteRecords(transaction).label(unit.id, of: record.factory) == nil ? .missing : .ready
    }

    private static func labelGround(
        _ reference: UnitReference,
        _ own: OrganisationID?,
        _ transaction: any SQLTransaction
    ) throws -> LabelGround {
        let record = try Self.record(reference, own, transaction)
        let unit = record.unit.unit
        switch try labelStanding(record, own, transaction) {
        case .ready: break
        case .missing: throw Refusal(LabelDisclosureError.missing, unit.serial.text)
        case .unfinished: throw Refusal(LabelDisclosureError.unfinished, unit.serial.text)
        case .void: throw Refusal(LabelDisclosureError.void, unit.serial.text)
        case .batchOver: throw Refusal(LabelDisclosureError.batchOver, unit.serial.text)
        }
        guard let batch = record.batch, let issued = try JournalRecords(transaction).issue(of: record.unit) else {
            throw Refusal(LabelDisclosureError.differs, "\(unit.serial): no entry that issued it")
        }
        guard let stored = try SiteRecords(transaction).label(unit.id, of: record.factory) else {
            throw Refusal(LabelDisclosureError.missing, unit.serial.text)
        }
        guard let sealed = try? StatementCoding.decode(LabelUpload.Sealed.self, from: stored.record) else {
            throw Refusal(LabelDisclosureError.unopenable, unit.serial.text)
        }
        var keys: [P256Point] = []
        for envelope in try GovernanceTable(transaction).roleKeys().reversed() {
            let key = try RoleKeys.read(payload: envelope.payload).labelRecord
            if !keys.contains(key) { keys.append(key) }
            if keys.count == mostLabelKeys { break }
        }
        return LabelGround(issued: issued, manifest: batch.terms.manifest, sealed: sealed, keys: keys)
    }

    /// In the token. Throws `portal.label.unopenable`, and what keeps the token from working.
    private func opened(_ ground: LabelGround) async throws -> UnitLabelRecord {
        let serial = ground.issued.serial.text
        let message = HPKEMessage(
            encapsulated: ground.sealed.encapsulated,
            ciphertext: ground.sealed.ciphertext.bytes
        )
        for point in ground.keys {
            guard let key = try await token.agreementKey(.labelRecord, equal: point) else { continue }
            do {
                let plaintext = try await HPKEOpener.open(
                    message,
                    with: key,
                    info: UnitLabelRecord.sealInfo,
                    aad: ground.issued.unit.bytes
                )
                guard let record = try? UnitLabelRecord(parsing: plaintext) else { break }
                return record
            } catch let refusal as Refusal
                where [KeyCustodyError.sealUnopenable, .pointMalformed, .inputOutOfRange].contains(where: refusal.has)
            { continue }
        }
        throw Refusal(LabelDisclosureError.unopenable, serial)
    }

    private static func checkLabelBudget(
        _ person: PersonIdentity,
        at now: Instant,
        _ transaction: any SQLTransaction
    ) throws {
        let table = LabelRevealTable(transaction)
        let (own, all) = (LabelBudget.person, LabelBudget.organisation)
        let waits = [
            LabelBudget.wait(
                try table.latest(of: person.id, after: now + -own.seconds, most: own.most),
                own,
                at: now
            ),
            LabelBudget.wait(
                try table.latest(of: person.organisation, after: now + -all.seconds, most: all.most),
                all,
                at: now
            ),
        ]
        if let wait = waits.compactMap({ $0 }).max() { throw Refusal(LabelDisclosureError.tooMany, "\(wait) s") }
    }
}
