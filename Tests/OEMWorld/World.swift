public import Ceremony
import Foundation
public import Governance
import KeyCustody
public import Statements
import TestSupport
public import Vocabulary

/// Tokens, folder and ceremony file of one test.
public final class World: Sendable {
    public let folder: String
    public let access = SoftHSMAccess()
    public let ceremonyToken: TokenReference
    public let portalToken: TokenReference
    public let officers: [Officer]

    public struct Officer: Sendable {
        public let name: OfficerName
        public let token: TokenReference
        public let key: P256Point
    }

    /// The same three people in all tests of this process.
    private static let threeOfficers = Task {
        var officers: [Officer] = []
        for name in ["ada", "ben", "cem"] {
            let (name, token) = (try OfficerName(name), try token())
            let key = try await SoftHSMAccess().withToken(token) { try await OfficerKey.make(name, in: $0) }
            officers.append(Officer(name: name, token: token, key: key))
        }
        return officers
    }

    public static let now = Instant(seconds: 1_795_340_000)  // 2026-11-22

    public var state: StateFolder { StateFolder(folder + "/state") }

    /// Three officers with keys in tokens of their own, and empty ceremony and portal tokens.
    public init() async throws {
        folder = NSTemporaryDirectory() + "obis-ceremony-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        ceremonyToken = try Self.token()
        portalToken = try Self.token()
        officers = try await Self.threeOfficers.value
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    public static func token() throws -> TokenReference {
        let taken = try SoftHSMFixture.shared().takeToken()
        return TokenReference(
            module: SoftHSMFixture.modulePath,
            label: taken.label,
            pinFile: taken.userPINPath,
            officerPINFile: taken.officerPINPath
        )
    }

    public static func json(_ reference: TokenReference) throws -> Any {
        try JSONSerialization.jsonObject(with: JSONEncoder().encode(reference))
    }

    /// The ceremony file up to officers and PAA; `changes` replaces or adds fields.
    public func file(_ changes: [String: Any] = [:]) throws -> [UInt8] {
        var file: [String: Any] = [
            "format": "obis-ceremony-v1", "oem": "Example OEM", "purpose": "test", "profile": "lab",
            "participants": [["name": "Ada", "role": "root"], ["name": "Ben", "role": "witness"]],
            "tokens": [
                "ceremony": ["token": try Self.json(ceremonyToken), "initialize": false],
                "portal": ["token": try Self.json(portalToken), "initialize": false],
            ],
            "rootAuthority": ["generation": 1],
            "roleKeys": roles(version: 1),
            "paa": ["vendorID": "FFF1", "commonName": "Example PAA", "notBefore": "2026-11-01T00:00:00Z"],
            "debugRoot": ["permissions": "0f000000000000000000000000000000"],
        ]
        for (key, value) in changes { file[key] = value is NSNull ? nil : value }
        return Array(try JSONSerialization.data(withJSONObject: file))
    }

    public func roles(
        version: Int,
        officers count: Int = 3,
        threshold: Int = 2,
        generation: Int = 1,
        dropping retired: Int = 0,
        issuedAt: String = "2026-11-01T00:00:00Z"
    ) -> [String: Any] {
        [
            "version": version, "threshold": threshold, "issuedAt": issuedAt,
            "expiresAt": "2030-01-01T00:00:00Z", "portalKeys": ["generation": generation],
            "officers": officers.prefix(count).dropFirst(retired).map { ["name": $0.name.text, "key": $0.key.hex] },
        ]
    }

    @discardableResult
    public func run(
        _ file: [UInt8],
        dryRun: Bool = false,
        access: (any TokenAccess)? = nil
    ) async throws -> CeremonyReport {
        try await CeremonyRun(
            fileBytes: file,
            state: state,
            access: access ?? self.access,
            conditions: CeremonyRun.Conditions(dryRun: dryRun, tool: "test", clock: { Self.now })
        ).perform()
    }

    public func roleKeys() throws -> Verified<RoleKeys> {
        guard let newest = try state.roleKeysHistory().last else {
            throw Refusal(GovernanceError.prerequisite, "RoleKeys")
        }
        return newest
    }

    public func write(_ name: String, _ envelope: Envelope) throws -> String {
        let path = folder + "/" + name
        try StateFile.write(path, envelope.serialized())
        return path
    }

    /// Officer `index` approves as on their own machine.
    public func approve(_ envelope: Envelope, _ index: Int, earlier: [Envelope] = []) async throws -> Envelope {
        let approval = try OfficerApproval(
            envelope,
            roleKeys: roleKeys(),
            earlier: earlier,
            memory: OfficerMemory("\(folder)/memory-\(index)")
        )
        return try await access.withToken(officers[index].token) {
            try await approval.sign(with: $0, confirmedBy: approval.confirmation).0
        }
    }

    public func approvedByTwo(_ envelope: Envelope, earlier: [Envelope] = []) async throws -> Envelope {
        try await approve(approve(envelope, 0, earlier: earlier), 1, earlier: earlier)
    }

    /// Enrols an appliance to the point where two officers have signed it; returns the file's extra entries.
    public func enrol(_ appliance: Appliance) async throws -> [String: Any] {
        let request = try await write("request-\(appliance.id).json", appliance.request(access: access))
        let entry: [String: Any] = [
            "edgeHSM": appliance.id.text, "factory": appliance.factory.text, "request": request,
            "identity": String(appliance.enrolment.identity.keyID.hex.prefix(16)),
        ]
        try await run(file(["edgeHSMs": [entry]]))
        let path = "\(state.path)/enrolments/\(appliance.id).json"
        let unsigned = try Envelope(parsing: StateFile.read(path, limit: Envelope.largest))
        try StateFile.write(path, try await approvedByTwo(unsigned).serialized())
        return entry
    }
}

/// Runs `body` and says which refusal it threw.
public func refusal(of body: () async throws -> Void) async -> String? {
    do {
        try await body()
        return nil
    } catch let refusal as Refusal {
        return refusal.code
    } catch {
        return "\(error)"
    }
}
