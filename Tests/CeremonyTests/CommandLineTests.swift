import Ceremony
import Foundation
import Governance
import KeyCustody
import Matter
import OEMWorld
import Statements
import TestSupport
import Testing
import Vocabulary

/// The whole of it as people type it: `obis` as a program of its own, on tokens that it initialises itself.
@Suite struct CommandLineTests {
    private func ceremonyFile(_ machine: CommandLineMachine, _ changes: [String: Any] = [:]) throws -> [String: Any] {
        var officers: [[String: Any]] = []
        for name in ["ada", "ben", "cem"] {
            let answer = try machine.done(
                "officer-key",
                "--token",
                "\(name).token.json",
                "--name",
                name,
                "--initialize"
            )
            officers.append(["name": name, "key": try #require(answer["key"])])
        }
        return [
            "format": "obis-ceremony-v1", "oem": "Example OEM", "purpose": "command line", "profile": "lab",
            "participants": [["name": "Ada", "role": "root"], ["name": "Ben", "role": "witness"]],
            "tokens": [
                "ceremony": ["token": try machine.token("ceremony", parts: 2), "initialize": true],
                "portal": ["token": try machine.token("portal"), "initialize": true],
            ],
            "rootAuthority": ["generation": 1],
            "roleKeys": [
                "version": 1, "threshold": 2, "issuedAt": "2026-11-01T00:00:00Z", "expiresAt": "2035-01-01T00:00:00Z",
                "portalKeys": ["generation": 1], "officers": officers,
            ],
            "paa": ["vendorID": "FFF1", "commonName": "Example PAA", "notBefore": "2026-11-01T00:00:00Z"],
            "debugRoot": ["permissions": "0f000000000000000000000000000000"], "firmwareKeys": [["name": "main"]],
            "productKeys": [["product": "lamp", "version": "1.0.0", "slot": "ota", "kind": "perUnit"]],
        ]
    }

    @Test("a mistyped file is called what it is not, in words and as JSON; nobody is sent to the security team")
    func mistypedFiles() throws {
        let machine = try CommandLineMachine()
        try machine.write("manifest.json", ["product": "lamp", "version": "1.0"])
        try Data("# Read me\n".utf8).write(to: URL(fileURLWithPath: machine.folder + "/README.md"))
        for file in ["README.md", "manifest.json"] {
            let approve = ["approve", file, "--token", file, "--role-keys", file, "--confirm", "00000000"]
            for arguments in [["ceremony", file], approve] {
                let words = try machine.run(arguments)
                #expect(words.status == 1 && words.output.hasPrefix("ceremony.file.wrong-kind"), "\(words.output)")
                #expect(words.output.contains("\(file) is no "), "\(words.output)")
                #expect(!words.output.contains("security team") && !words.output.contains("portal"), "\(words.output)")
            }
        }
        let answer = try machine.run(["ceremony", "README.md", "--json"])
        let object = try #require(try JSONSerialization.jsonObject(with: Data(answer.output.utf8)) as? [String: Any])
        let refused = try #require(object["refused"] as? [String: Any])
        #expect(refused["code"] as? String == "ceremony.file.wrong-kind" && object["type"] as? String == "refused")
    }

    @Test("wrong usage is told as one JSON object where JSON was asked for, with exit status 2")
    func usageAsJSON() throws {
        let machine = try CommandLineMachine()
        for (arguments, message) in [
            (["--json"], "Unknown option '--json'"), (["approve", "--json"], "Missing expected argument"),
            (["ceremony", "--json"], "Give a ceremony file"),
            (["ceremony", "a", "b", "--json"], "Unexpected argument"),
            (["approve", "--json", "--tokne", "x"], "Missing expected argument"),
        ] {
            let result = try machine.run(arguments)
            #expect(result.status == 2, "\(arguments)")
            let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: String]
            #expect(object?["type"] == "usage", "\(arguments): \(result.output)")
            #expect(object?["message"]?.contains(message) == true, "\(arguments): \(result.output)")
            let command = arguments[0] == "--json" ? "obis" : "obis \(arguments[0])"
            #expect(object?["usage"]?.contains(command) == true, "\(arguments): \(result.output)")
            #expect(Set(object?.keys.map { $0 } ?? []) == ["type", "message", "usage"])
        }
    }

    @Test("no subcommand is wrong usage")
    func noSubcommand() throws {
        let result = try CommandLineMachine().obis()
        #expect(result.status == 2 && result.output.contains("USAGE: obis"))
    }

    @Test func fromEmptyTokensToAPackage() async throws {
        let machine = try CommandLineMachine()
        defer { try? FileManager.default.removeItem(atPath: machine.folder) }
        for name in ["ada", "ben", "cem"] { _ = try machine.token(name) }
        var file = try ceremonyFile(machine)
        try machine.write("ceremony.json", file)
        let plan = try machine.done("ceremony", "ceremony.json", "--state", "state", "--dry-run")
        #expect(plan["dryRun"] as? Bool == true && !FileManager.default.fileExists(atPath: machine.folder + "/state"))
        try machine.done("ceremony", "ceremony.json", "--state", "state")
        let again = try machine.obis("ceremony", "ceremony.json", "--state", "state")
        #expect(again.status == 0 && again.output.contains("nothing to do") && !again.output.contains("MADE"))

        // The appliance, in a token store of its own.
        let access = SoftHSMAccess()
        let appliance = try await Appliance.make("edge-1", factory: "shenzhen", access: access)
        try StateFile.write("\(machine.folder)/request.json", try await appliance.request(access: access).serialized())
        file["edgeHSMs"] = [
            [
                "edgeHSM": "edge-1", "factory": "shenzhen", "request": "request.json",
                "identity": String(appliance.enrolment.identity.keyID.hex.prefix(16)),
            ]
        ]
        try machine.write("ceremony.json", file)
        try machine.done("ceremony", "ceremony.json", "--state", "state")
        try machine.approve("state/enrolments/edge-1.json")
        let preparation = try await appliance.preparation("lamp", productID: 0x8000, access: access)
        try StateFile.write("\(machine.folder)/preparation.json", preparation.serialized())
        file["products"] = [ProductionWorld.productEntry("preparation.json")]
        try machine.write("ceremony.json", file)
        try machine.done("ceremony", "ceremony.json", "--state", "state")
        let transcripts = try machine.done(
            "ceremony",
            "--state",
            "state",
            "--verify-transcript",
            "--root",
            "state/public/root-authority.pem"
        )
        #expect((transcripts["list"] as? [Any])?.count == 3)

        try await package(machine, appliance: appliance)
        try downlink(machine)
    }

    private func package(_ machine: CommandLineMachine, appliance: Appliance) async throws {
        try Data(repeating: 0x55, count: 2_048).write(to: URL(fileURLWithPath: machine.folder + "/body.bin"))
        try machine.done(
            "firmware-sign",
            "body.bin",
            "--token",
            "ceremony.token.json",
            "--key",
            "main",
            "--version",
            "1.2.3+4",
            "--vendor",
            "FFF1",
            "--product",
            "8000",
            "--software-version",
            "100",
            "--out",
            "firmware.bin"
        )
        try StateFile.write("\(machine.folder)/cd.der", try await ProductionWorld.declaration(productIDs: [0x8000]))
        try machine.write("product.json", ProductionWorld.description(["chipIdentity": "none"]))
        try machine.done(
            "manifest",
            "product.json",
            "--firmware",
            "firmware.bin",
            "--secure-boot-key",
            "state/public/firmware-signing-main.pem",
            "--cd",
            "cd.der",
            "--paa",
            "state/paa/FFF1.der",
            "--debug-root",
            "state/debug/root.adac",
            "--token",
            "portal.token.json",
            "--profile",
            "lab",
            "--out",
            "manifest.json"
        )
        try machine.write(
            "draft.json",
            [
                "lifetimeTotal": 100, "allotments": [["edgeHSM": "edge-1", "units": 50]],
                "allowances": ["debugUnlocks": 1, "reprovisions": 1, "rotations": 0],
                "rules": ["chipIdentity": "none"], "issuedAt": "2026-11-22T00:00:00Z",
                "expiresAt": "2035-01-01T00:00:00Z",
            ]
        )
        try machine.done("approval-draft", "draft.json", "--manifest", "manifest.json", "--out", "approval.json")
        try manifestInWords(machine)
        try machine.approve("approval.json", by: ["ada"])
        try machine.write("batch.json", batch(50))
        let arguments = [
            "authorize", "batch.json", "--role-keys", "state/role-keys", "--approval", "approval.json", "--manifest",
            "manifest.json", "--cd", "cd.der", "--enrolment", "state/enrolments/edge-1.json", "--orders", "orders",
            "--token", "portal.token.json", "--profile", "lab", "--out", "package.json",
        ]
        func authorize(_ more: String...) throws -> Subprocess.Result {
            try Subprocess.run(
                "/usr/bin/env",
                ["-C", machine.folder, "SOFTHSM2_CONF=\(machine.folder)/softhsm2.conf", BuiltProgram.path("obis")]
                    + arguments + more
            )
        }
        let folderless = try authorize()
        #expect(folderless.status == 1 && folderless.output.contains("ceremony.file.missing"), "\(folderless.output)")
        try machine.folder("orders")
        let early = try authorize()
        #expect(early.status == 1 && early.output.contains("statement.officers.too-few"), "\(early.output)")
        try machine.approve("approval.json", by: ["ben"])
        let unledgered = try authorize()
        #expect(
            unledgered.status == 1 && unledgered.output.contains("authorize.ledger.missing"),
            "\(unledgered.output)"
        )
        let made = try authorize("--new-ledger")
        #expect(made.status == 0, "\(made.output)")
        let package = try PackageFile(
            parsing: StateFile.read(machine.folder + "/package.json", limit: PackageFile.largest)
        )
        let outside = try ProductionPackage.read(payload: package.package.payload)
        let opened = try await SoftHSMAccess().withToken(appliance.token) { token in
            try await HPKEOpener.open(
                HPKEMessage(encapsulated: outside.encapsulated, ciphertext: package.sealed.bytes),
                with: token.agreementKey(KeyName(.edgeSeal)),
                info: ProductionPackage.sealInfo,
                aad: ProductionPackage.sealContext(edgeHSM: outside.edgeHSM, authorization: outside.authorization)
            )
        }
        #expect(try PackageContents(parsing: opened.withBytes { Array($0) }).keys.count == 1)
        try machine.write("batch.json", batch(51).merging(["batch": "b2"]) { _, new in new })
        let anew = try authorize("--new-ledger")
        #expect(anew.status == 1 && anew.output.contains("authorize.ledger.exists"), "\(anew.output)")
        let beyond = try authorize("--json")
        #expect(beyond.status == 1 && beyond.output.contains("\"code\":\"authorize.quota.exhausted\""))
    }

    /// An officer sees what is in the manifest, and only in the one that the approval names. Nothing typed: nothing signed.
    private func manifestInWords(_ machine: CommandLineMachine) throws {
        func shown(_ manifest: String...) throws -> String {
            try machine.run(
                [
                    "approve", "approval.json", "--token", "ada.token.json", "--role-keys", "state/role-keys",
                    "--memory",
                    "memory-nobody",
                ] + manifest.flatMap { ["--manifest", $0] }
            ).output
        }
        let octets = try StateFile.read(machine.folder + "/manifest.json", limit: Manifest.largest)
        let firmware = try Manifest(parsing: octets).firmware.digest.hex
        let words = try shown("manifest.json")
        #expect(words.contains(firmware) && words.contains("officer.confirmation.wrong"), "\(words)")
        #expect(try !shown().contains(firmware))
        #expect(try shown("cd.der").contains("authorize.manifest.differs"))
    }

    private func batch(_ quantity: Int) -> [String: Any] {
        let allowance: [String: Any] = ["count": 1, "notAfter": "2030-01-01T00:00:00Z"]
        return [
            "product": "lamp", "batch": "b1", "edgeHSM": "edge-1", "factory": "shenzhen", "quantity": quantity,
            "serials": ["prefix": "L", "first": quantity * 10, "digits": 8], "notBefore": "2026-11-22T00:00:00Z",
            "notAfter": "2029-01-01T00:00:00Z", "debugUnlocks": allowance, "reprovisions": allowance,
            "rotations": ["count": 0, "notAfter": "2030-01-01T00:00:00Z"],
        ]
    }

    private func downlink(_ machine: CommandLineMachine) throws {
        try machine.write(
            "order-in.json",
            [
                "order": ["kind": "revoke", "revoke": ["kind": "edgeHSM", "target": "edge-1"]], "reason": "drill",
                "issuedAt": "2026-11-22T00:00:00Z", "expiresAt": "2035-01-01T00:00:00Z",
            ]
        )
        try machine.done("order", "order-in.json", "--out", "order.json")
        let unsigned = try machine.obis("statement", "verify", "order.json", "--role-keys", "state/role-keys", "--json")
        #expect(unsigned.status == 1 && unsigned.output.contains("statement.officers.too-few"))
        try machine.approve("order.json")
        try revoked(machine)
        let twice = try machine.obis(
            "approve",
            "order.json",
            "--token",
            "ada.token.json",
            "--role-keys",
            "state/role-keys",
            "--memory",
            "memory-ada",
            "--confirm",
            "00000000"
        )
        #expect(twice.status == 1 && twice.output.contains("officer.confirmation.wrong"))
        try machine.done("statement", "verify", "order.json", "--role-keys", "state/role-keys")
        try machine.done(
            "status",
            "--edgehsm",
            "edge-1",
            "--role-keys",
            "state/role-keys",
            "--token",
            "portal.token.json",
            "--revoke",
            Digest256.zero.hex,
            "--out",
            "status.json"
        )
        try machine.done(
            "bundle",
            "--role-keys",
            "state/role-keys",
            "--order",
            "order.json",
            "--status",
            "status.json",
            "--out",
            "bundle.json"
        )
        let bundle = try DownlinkBundle(
            parsing: StateFile.read(machine.folder + "/bundle.json", limit: DownlinkBundle.largest)
        )
        #expect(bundle.roleKeys.count == 1 && bundle.orders.count == 1 && bundle.status != nil)
        let shown = try machine.obis("statement", "show", "order.json")
        #expect(shown.status == 0 && shown.output.contains("Revokes edgeHSM edge-1, for ever."))
    }

    /// With the officers' order in the folder nothing more is sealed to the box, not even the batch that was made already;
    /// the ceremony takes the trust from its transport key.
    private func revoked(_ machine: CommandLineMachine) throws {
        try machine.write("batch.json", batch(50))
        let arguments = [
            "authorize", "batch.json", "--role-keys", "state/role-keys", "--approval", "approval.json", "--manifest",
            "manifest.json", "--cd", "cd.der", "--enrolment", "state/enrolments/edge-1.json", "--orders", "orders",
            "--token", "portal.token.json", "--profile", "lab", "--out", "package.json",
        ]
        let before = try machine.run(arguments)
        #expect(before.status == 0, "\(before.output)")
        for folder in ["orders", "state/orders"] {
            try machine.folder(folder)
            // As `obis order --out` was told to call it.
            try StateFile.write(
                "\(machine.folder)/\(folder)/stolen.env",
                StateFile.read("\(machine.folder)/order.json", limit: Envelope.largest)
            )
        }
        let after = try machine.run(arguments)
        #expect(after.status == 1 && after.output.contains("authorize.ground.revoked"), "\(after.output)")
        let ceremony = try machine.obis("ceremony", "ceremony.json", "--state", "state")
        #expect(
            ceremony.status == 0 && ceremony.output.contains("MADE        withdrawn-transport"),
            "\(ceremony.output)"
        )
        #expect(try machine.obis("ceremony", "--state", "state", "--verify-transcript").status == 0)
    }

    @Test func usageIsTwoAndRefusalIsOne() throws {
        let machine = try CommandLineMachine()
        defer { try? FileManager.default.removeItem(atPath: machine.folder) }
        #expect(try machine.obis("ceremony").status == 2)
        #expect(try machine.obis("no-such-command").status == 2)
        #expect(try machine.obis("status", "--edgehsm", "x").status == 2)
        #expect(try machine.obis("--help").status == 0)
        let missing = try machine.obis("statement", "show", "nowhere.json", "--json")
        #expect(missing.status == 1 && missing.output.contains("\"code\":\"ceremony.file.missing\""))
        try machine.write("bad.json", ["format": "obis-ceremony-v1", "surprise": 1])
        #expect(try machine.obis("ceremony", "bad.json").status == 1)
    }
}
