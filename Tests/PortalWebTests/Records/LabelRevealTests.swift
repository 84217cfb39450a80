import Foundation
import Governance
import KeyCustody
import Matter
import OEMWorld
import PortalCore
import PortalProtocol
import PortalStore
import Statements
import Synchronization
import Testing
import Verify
import Vocabulary

@testable import EdgeHSMFixture
@testable import PortalWeb

/// The line's side of a test; `OEMWorld` has a `World` too.
typealias LabelLine = EdgeHSMFixture.World

/// What stands on a device's label, opened in a real token and held against the journal: for whom it is, and for nobody
/// else.
@Suite("Labels of devices", .serialized)
struct LabelRevealTests {
    /// Secrets of units as an EdgeHSM would have derived them.
    final class Secrets: Sendable {
        struct Unit: Sendable {
            let passcode: Passcode
            let discriminator: Discriminator
            let salt = LabelLine.random(32)
            let rotatingID = LabelLine.random(16)
            let blind = Secret(LabelLine.random(16))
        }

        private let units = Mutex<[Digest256: Unit]>([:])

        func of(_ unit: Digest256) throws -> Unit {
            if let known = units.withLock({ $0[unit] }) { return known }
            let made = Unit(
                passcode: try Passcode(drawnFrom: LabelLine.random),
                discriminator: try Discriminator(drawnFrom: LabelLine.random)
            )
            return units.withLock { units in
                units[unit] = units[unit] ?? made
                return units[unit] ?? made
            }
        }

        /// Written out anew, by `docs/formats/journal.md`.
        func commitment(_ id: Digest256) -> Digest256 {
            guard let unit = try? of(id) else { return .zero }
            func octets(_ number: UInt32, _ count: Int) -> [UInt8] {
                (0..<count).map { UInt8(truncatingIfNeeded: number >> UInt32($0 * 8)) }
            }
            var covered = unit.blind.withBytes { Array($0) } + octets(unit.passcode.reveal(), 4)
            covered += octets(UInt32(unit.discriminator.value), 2) + unit.salt + unit.rotatingID + octets(1_000, 4)
            return Digest256.of(covered)
        }
    }

    /// A portal whose journal has finished units, with their label records.
    struct Site: Sendable {
        let whole: WholePortal
        let world: LabelLine
        let secrets: Secrets
        let labelKey: P256Point
        let admin: String
        let units: [UnitView]
        let own: OrganisationID
        let other: OrganisationID

        func reveal(_ unit: UnitView, by token: String? = nil) async throws -> TestPortal.Reply {
            try await whole.portal.ask("POST", "/v1/units/\(unit.id)/label", token: token ?? admin)
        }

        /// - Parameters:
        ///   - change: of the plaintext, as JSON.
        func record(
            of unit: UnitView,
            to key: P256Point? = nil,
            for sealed: Digest256? = nil,
            _ change: (inout [String: Any]) -> Void = { _ in }
        ) throws -> LabelUpload {
            let secret = try secrets.of(unit.unit)
            let payload = try OnboardingPayload(
                vendorID: LabelLine.vendorID,
                productID: LabelLine.productID,
                flow: .standard,
                discovery: DiscoveryCapabilities(rawValue: 4),
                discriminator: secret.discriminator,
                passcode: secret.passcode
            )
            let record = UnitLabelRecord(
                authorization: unit.authorization,
                unit: unit.unit,
                chipUID: unit.chip,
                serial: unit.serial,
                qr: payload.qrText,
                manualCode: ManualPairingCode(payload).text,
                salt: secret.salt,
                rotatingID: secret.rotatingID,
                blind: secret.blind
            )
            #expect("\(record)".contains("redacted") && !"\(record)".contains(record.manualCode))
            let plain = try JSONSerialization.jsonObject(with: Data(StatementCoding.encode(record)))
            var members = try #require(plain as? [String: Any])
            change(&members)
            let message = try HPKESealer.seal(
                Array(JSONSerialization.data(withJSONObject: members, options: .sortedKeys)),
                to: key ?? labelKey,
                info: Array("obis label record v1".utf8),
                aad: (sealed ?? unit.unit).bytes
            )
            return LabelUpload(
                unit: unit.unit,
                authorization: unit.authorization,
                serial: unit.serial,
                record: .init(encapsulated: message.encapsulated, ciphertext: Octets(message.ciphertext))
            )
        }

        /// In place of whatever is stored of the unit.
        func store(_ label: LabelUpload?, of unit: UnitView, factory: FactoryID? = nil) async throws {
            let (now, factory) = (whole.portal.clock.now, factory ?? unit.factory)
            try await whole.services.database.write("test") { transaction in
                try transaction.execute("DELETE FROM label_record WHERE unit = ?", [.fixed(unit.unit)])
                guard let label else { return }
                let source = RecordSourceState(
                    source: RecordSource(validated: LabelLine.random(16)),
                    factory: factory,
                    service: StationName(validated: "service")
                )
                _ = try SiteRecords(transaction).insert(label, number: 1, of: source, at: now)
            }
        }

        func passcode(of unit: UnitView) throws -> String { String(try secrets.of(unit.unit).passcode.reveal()) }
    }

    func run(_ body: @escaping @Sendable (Site) async throws -> Void) async throws {
        let reference = try OEMWorld.World.token()
        try await SoftHSMAccess().withToken(reference) { token in
            try await token.generate(KeyName(.labelRecord))
            let labelKey = try await token.agreementKey(KeyName(.labelRecord)).publicKey
            try await WholePortal.run(agreeing: token) { whole in
                let secrets = Secrets()
                var world = try LabelLine()
                world.labelRecord = labelKey
                world.commitment = { secrets.commitment($0) }
                try await body(Self.fill(whole, world, secrets, labelKey))
            }
        }
    }

    private static func fill(
        _ whole: WholePortal,
        _ world: LabelLine,
        _ secrets: Secrets,
        _ labelKey: P256Point
    ) async throws -> Site {
        let admin = try await whole.administrator()
        let (mine, others) = (
            try await whole.createODM("Shenzhen Lamps", by: admin), try await whole.createODM("Berlin", by: admin)
        )
        _ = try await whole.createFactory(world.site.text, of: mine, by: admin)
        let (database, now) = (whole.services.database, whole.portal.clock.now)
        try await database.write("test") { transaction in
            let table = GovernanceTable(transaction)
            try table.insertRoleKeys(1, world.roleKeys())
            try table.insertEdge(world.box, world.site, world.enrolment(), at: LabelLine.start)
        }
        let ingest = IngestService(
            database: database,
            registry: StoredEdges(),
            rootAuthority: world.root.point,
            now: { now }
        )
        var (box, batch) = try Box.working(world, units: 1...3)
        // One that is not finished, and one that was scrapped.
        try box.issue(batch, Chip(4))
        try box.fail(try box.issue(batch, Chip(5)))
        #expect(try await ingest.ingest(SentJournal(box).whole(), from: world.site).refusal == nil)
        var units: [UnitView] = []
        for number in 1...5 {
            let found = try await whole.portal.ask("GET", "/v1/units?chip=\(Chip(number).uid)", token: admin)
            units.append(try #require(found.message(UnitList.self).units.first))
        }
        let site = Site(
            whole: whole,
            world: world,
            secrets: secrets,
            labelKey: labelKey,
            admin: admin,
            units: units,
            own: mine,
            other: others
        )
        for unit in units { try await site.store(site.record(of: unit), of: unit) }
        return site
    }

    @Test("each role: the OEM's administrators and officers, the ODM's production manager, and nobody else")
    func roles() async throws {
        try await run { site in
            let unit = site.units[0]
            let me = try await site.whole.portal.ask("GET", "/v1/me", token: site.admin).message(Me.self)
            for role in Role.allCases {
                let organisations = role.kind == .oem ? [me.person.organisation] : [site.own, site.other]
                for organisation in organisations {
                    let someone = try await site.whole.invite([role], into: organisation, by: site.admin)
                    let reply = try await site.reveal(unit, by: someone.firstToken)
                    let who = "\(role) of \(organisation == site.other ? "another ODM" : "the factory's")"
                    switch role {
                    case .oemAdmin, .oemSecurityOfficer: #expect(reply.status == 200, "\(who): \(reply.text)")
                    case .odmProductionManager where organisation == site.own:
                        #expect(reply.status == 200, "\(who): \(reply.text)")
                    case .odmProductionManager:
                        #expect(reply.problem?.code == "portal.object.unknown", "\(who): \(reply.text)")
                    case .oemViewer, .odmEngineer:
                        #expect(reply.problem?.code == "portal.access.role", "\(who): \(reply.text)")
                    }
                    if reply.status != 200 { #expect(!reply.text.contains("MT:"), "\(who)") }
                }
            }
            let nobody = try await site.whole.portal.ask("POST", "/v1/units/\(unit.id)/label")
            #expect(nobody.status == 401)
        }
    }

    @Test("what is shown is what is on the label, is kept by no cache, and is entered without the code")
    func shown() async throws {
        try await run { site in
            let unit = site.units[0]
            let reply = try await site.reveal(unit)
            #expect(reply.status == 200, "\(reply.text)")
            let label = try reply.message(UnitLabel.self)
            let secret = try site.secrets.of(unit.unit)
            let payload = try OnboardingPayload(qrText: label.qr)
            #expect(payload.passcode == secret.passcode && payload.discriminator == secret.discriminator)
            #expect(try ManualPairingCode(label.manualCode).passcode == secret.passcode)
            #expect(label.unit == unit.id && label.serial == unit.serial)
            #expect(label.picture.hasPrefix("<svg ") && !label.picture.contains("MT:"))
            #expect(reply.header("Cache-Control") == "no-store")
            let acts = try await site.whole.portal.ask(
                "GET",
                "/v1/audit/newest?action=revealLabel&object=\(unit.id)",
                token: site.admin
            ).message(Page<AuditItem>.self).items
            #expect(acts.count == 1 && acts[0].act.outcome == "done", "\(acts)")
            let me = try await site.whole.portal.ask("GET", "/v1/me", token: site.admin).message(Me.self)
            #expect(acts.first?.act.actor == me.person.id.text)
            let all = try await site.whole.portal.ask("GET", "/v1/audit?limit=200", token: site.admin)
                .message(Page<AuditItem>.self).items.map { String(decoding: $0.entry.bytes, as: UTF8.self) }
            for place in all + [site.whole.portal.log.text] {
                for code in [label.qr, label.manualCode, try site.passcode(of: unit)] {
                    #expect(!place.contains(code), "\(place.prefix(200))")
                }
            }
            // Nor is it anywhere on the disk in clear.
            let path = site.whole.folder
            for file in try FileManager.default.contentsOfDirectory(atPath: path) {
                guard let data = FileManager.default.contents(atPath: path + "/" + file) else { continue }
                #expect(data.range(of: Data(label.qr.utf8)) == nil, "\(file)")
                #expect(data.range(of: Data(label.manualCode.utf8)) == nil, "\(file)")
            }
        }
    }

    @Test("a record that is missing, another factory's, sealed to others or altered shows nothing")
    func wrongRecords() async throws {
        try await run { site in
            let (unit, other) = (site.units[0], site.units[1])
            func expect(_ code: String, _ what: String, _ label: LabelUpload?, factory: FactoryID? = nil) async throws {
                try await site.store(label, of: unit, factory: factory)
                let reply = try await site.reveal(unit)
                #expect(reply.status == 409 && reply.problem?.code == code, "\(what): \(reply.text)")
                let passcode = try site.passcode(of: unit)
                #expect(!reply.text.contains("MT:") && !reply.text.contains(passcode), "\(what)")
            }
            try await expect("portal.label.missing", "none", nil)
            let good = try site.record(of: unit)
            try await expect("portal.label.missing", "another factory's", good, factory: FactoryID("site-2"))
            let foreign = try OEMWorld.World.token()
            let stranger = try await SoftHSMAccess().withToken(foreign) { token in
                try await token.generate(KeyName(.labelRecord))
                return try await token.agreementKey(KeyName(.labelRecord)).publicKey
            }
            try await expect("portal.label.unopenable", "other key", site.record(of: unit, to: stranger))
            try await expect("portal.label.unopenable", "other unit's", site.record(of: unit, for: other.unit))
            var flipped = good.record.ciphertext.bytes
            flipped[flipped.count / 2] ^= 1
            try await expect(
                "portal.label.unopenable",
                "a bit",
                LabelUpload(
                    unit: unit.unit,
                    authorization: unit.authorization,
                    serial: unit.serial,
                    record: .init(encapsulated: good.record.encapsulated, ciphertext: Octets(flipped))
                )
            )
            // Sealed rightly, by somebody who makes things up: the seal says nothing of who sealed.
            let elsewhere = try site.record(of: other)
            let swapped = try await swapped(site, elsewhere, other)
            for (name, value) in swapped.sorted(by: { $0.key < $1.key }) {
                try await expect("portal.label.differs", name, site.record(of: unit) { $0[name] = value })
            }
            try await expect(
                "portal.label.differs",
                "both codes of another unit",
                site.record(of: unit) { members in
                    members["qr"] = swapped["qr"]
                    members["manualCode"] = swapped["manualCode"]
                }
            )
            try await expect("portal.label.unopenable", "no serial", site.record(of: unit) { $0["serial"] = nil })
            try await expect("portal.label.differs", "short salt", site.record(of: unit) { $0["salt"] = "00" })
            // And the same with nothing altered.
            try await site.store(good, of: unit)
            let mended = try await site.reveal(unit)
            #expect(mended.status == 200, "\(mended.text)")
            let refused = try await site.whole.portal.ask(
                "GET",
                "/v1/audit/newest?action=revealLabel&outcome=refused",
                token: site.admin
            ).message(Page<AuditItem>.self).items
            #expect(Set(refused.map(\.act.outcome)).isSuperset(of: ["portal.label.missing", "portal.label.differs"]))
        }
    }

    /// Each field as the record of another unit has it.
    private func swapped(_ site: Site, _ label: LabelUpload, _ unit: UnitView) async throws -> [String: String] {
        let secret = try site.secrets.of(unit.unit)
        let reply = try await site.reveal(unit).message(UnitLabel.self)
        return [
            "authorization": Digest256.zero.hex, "unit": unit.unit.hex, "chipUID": unit.chip.hex,
            "serial": unit.serial.text, "qr": reply.qr, "manualCode": reply.manualCode,
            "salt": Hex.encode(secret.salt), "rotatingID": Hex.encode(secret.rotatingID),
            "blind": secret.blind.withBytes { Hex.encode($0) },
        ]
    }

    @Test("an unfinished device's label is the line's, and a scrapped one's is nobody's")
    func stages() async throws {
        try await run { site in
            let open = try await site.reveal(site.units[3])
            #expect(open.status == 409 && open.problem?.code == "portal.label.unfinished", "\(open.text)")
            let failed = try await site.reveal(site.units[4])
            #expect(failed.status == 409 && failed.problem?.code == "portal.label.void", "\(failed.text)")
            // The page offers what the API gives, and says why where it gives nothing.
            for (unit, standing, words) in [
                (site.units[0], LabelStanding.ready, "Show code"), (site.units[3], .unfinished, "printed at the line"),
                (site.units[4], .void, "opens nothing any more"),
            ] {
                let path = "units/\(unit.id)"
                let history = try await site.whole.portal.ask("GET", "/v1/\(path)", token: site.admin)
                #expect(try history.message(UnitHistory.self).label == standing, "\(standing)")
                let page = try await site.whole.portal.ask(
                    "GET",
                    "/devices/\(unit.id)",
                    token: site.admin,
                    headers: ["Accept": "text/html"]
                )
                #expect(page.status == 200 && page.text.contains(words), "\(standing)")
                #expect(page.text.contains("Show code") == (standing == .ready), "\(standing)")
            }
        }
    }
}
