import Crypto
import Foundation
import Vocabulary

/// What is left running, and how to call it.
extension Company {
    /// Writes the OEM admin's token where its owner alone can read it, and tries every command that is told; all are
    /// told only where somebody can use them.
    func tellHowToCall(staysOpen: Bool) async throws {
        let (portal, people, door) = (try required(portal), try required(people), try required(door))
        let header = portal.folder + "/admin.header"
        try Files.write("Authorization: Bearer \(people.admin.token ?? "")\n", to: header)
        let authority = Self.short(portal.authority)
        let serial = try required(await factories[0].batches.first?.grant.firstSerial)
        let admin = "curl -sS -f --cacert \(authority) -H @\(Self.short(header))"
        let commands = [
            "curl -sS -f --cacert \(authority) \(door.base)/openapi.json",
            "\(admin) '\(door.base)/v1/rollups?by=factory'",
            "\(admin) '\(door.base)/v1/units?serial=\(serial)'",
            "\(admin) \(door.base)/v1/edges/\(factories[0].edge.id)",
            "\(admin) '\(door.base)/v1/batches?limit=5'",
        ]
        for command in commands { try await attempt(command) }
        let signIns = try await people.signIns(door)
        let list = portal.folder + "/sign-ins.json"
        try Files.write(try JSONTree.object(["people": .list(signIns.map(\.json))]).serialized(), to: list)
        narrator.passed(
            "\(signIns.count) people sign in by password, \(signIns.count { $0.secret != nil }) of them with an authenticator"
        )
        guard staysOpen else {
            return narrator.passed("\(commands.count) curl commands asked the portal as its users will")
        }
        narrator.table([
            ("portal", door.base),
            ("its authority", "\(authority)  SHA-256 \(try Self.fingerprint(portal.authority))"),
            ("OEM admin's token", "\(Self.short(header))  (readable by you alone)"),
        ])
        for command in commands { narrator.note(command) }
        tell(signIns, kept: Self.short(list))
        let program = Self.short(try world.programs.path("obis-factory").path)
        narrator.note("\(program) status --config \(Self.short(factories[0].host.configuration))")
    }

    /// Of people who are made up: theirs may be shown.
    private func tell(_ signIns: [DemoSignIn], kept list: String) {
        narrator.note("to sign in with at \(door?.base ?? ""), also in \(list):")
        for person in signIns {
            let factor = person.secret.map { "authenticator \($0)" } ?? "no authenticator wanted"
            narrator.note("  \(person.email)  \(person.password)  \(factor)")
        }
        narrator.note("  a code without an authenticator: oathtool --totp -b SECRET")
    }

    private func attempt(_ command: String) async throws {
        let finished = try await runProgram(
            URL(fileURLWithPath: "/bin/sh"),
            ["-c", command],
            environment: world.environment
        )
        guard finished.status == 0, (try? JSONTree(parsing: Array(finished.output.utf8))) != nil else {
            throw Refusal(
                FactoryBoxError.programFailed,
                "\(command): \(finished.status) \(finished.errors.prefix(200))"
            )
        }
    }

    /// Relative to where the demo was called, if it lies there.
    private static func short(_ path: String) -> String {
        let here = FileManager.default.currentDirectoryPath + "/"
        return path.hasPrefix(here) ? String(path.dropFirst(here.count)) : path
    }

    /// Of the certificate's DER, as browsers and `openssl x509 -fingerprint` show it.
    private static func fingerprint(_ pem: String) throws -> String {
        let body = String(decoding: try Files.read(pem), as: UTF8.self).split(separator: "\n")
            .filter { !$0.hasPrefix("-----") }.joined()
        guard let der = Data(base64Encoded: body) else { throw Refusal(FactoryBoxError.unexpected, pem) }
        return SHA256.hash(data: der).map { String(format: "%02X", $0) }.joined(separator: ":")
    }
}
