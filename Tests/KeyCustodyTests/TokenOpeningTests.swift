import Foundation
import KeyCustody
import TestSupport
import Testing
import Vocabulary

@testable import PKCS11Token

@Suite struct TokenOpeningTests {
    @Test func pinFilesMustBePrivate() async throws {
        let path = try SoftHSMFixture.shared().directory + "/exposed.pin"
        for mode in [0o640, 0o604, 0o622, 0o610] {
            try SoftHSMFixture.writePIN("12345678", to: path, mode: mode)
            #expect(await refusalCode { _ = try PINSource.file(path: path).read() } == "key.pin.exposed")
        }
        try SoftHSMFixture.writePIN("12345678", to: path, mode: 0o400)
        #expect(try PINSource.file(path: path).read() == Secret(Array("12345678".utf8)), "without the newline")
        try FileManager.default.removeItem(atPath: path)
        #expect(await refusalCode { _ = try PINSource.file(path: path).read() } == "key.pin.unreadable")
        for bad in ["", "123", String(repeating: "9", count: 256)] {
            try SoftHSMFixture.writePIN(bad, to: path)
            #expect(await refusalCode { _ = try PINSource.file(path: path).read() } == "key.pin.unreadable")
            try FileManager.default.removeItem(atPath: path)
        }
        let directory = try SoftHSMFixture.shared().directory
        #expect(await refusalCode { _ = try PINSource.file(path: directory).read() } == "key.pin.unreadable")
        for name in ["../exposed.pin", "", "..", "absent"] {
            #expect(
                await refusalCode { _ = try PINSource.systemdCredential(name: name).read() } == "key.pin.unreadable"
            )
        }
    }

    @Test func softHSMIsSoftwareWhateverTheConfigurationSays() async throws {
        let files = try SoftHSMFixture.shared().takeToken()
        let configuration = PKCS11TokenConfiguration(
            modulePath: SoftHSMFixture.modulePath,
            label: files.label,
            pinSource: .file(path: files.userPINPath),
            hardwareManufacturers: ["SoftHSM project"]
        )
        let token = try await PKCS11Token.open(configuration)
        #expect(token.information.manufacturer == "SoftHSM project")
        #expect(token.information.assurance == .software)
        #expect(token.information.label == files.label)
        try await token.probe(for: Set(KeyRole.allCases))
    }

    @Test func whatCantBeOpenedIsNamed() async throws {
        let files = try SoftHSMFixture.shared().takeToken()
        func code(module: String = SoftHSMFixture.modulePath, label: String, sessions: Int = 1) async -> String? {
            await refusalCode {
                _ = try await PKCS11Token.open(
                    PKCS11TokenConfiguration(
                        modulePath: module,
                        label: label,
                        pinSource: .file(path: files.userPINPath),
                        sessions: sessions
                    )
                )
            }
        }
        #expect(await code(module: "/nonexistent.so", label: files.label) == "key.module.unloadable")
        #expect(await code(module: "relative.so", label: files.label) == "key.configuration.malformed")
        #expect(await code(label: "no-such-token") == "key.token.unknown")
        #expect(await code(label: "obis-test") == "key.token.unknown", "labels are whole")
        #expect(await code(label: files.label, sessions: 0) == "key.configuration.malformed")
    }

    @Test func aMissingMechanismIsNamed() async throws {
        let all = Set(KeyMechanism.allCases.map(\.number))
        try PKCS11Token.requireMechanisms(of: Set(KeyRole.allCases), in: all)
        for mechanism in KeyMechanism.allCases {
            do {
                try PKCS11Token.requireMechanisms(of: Set(KeyRole.allCases), in: all.subtracting([mechanism.number]))
                Issue.record("\(mechanism.rawValue) is not missed")
            } catch let refusal as Refusal {
                #expect(refusal.code == "key.mechanism.missing")
                #expect(refusal.detail.hasPrefix(mechanism.rawValue))
            }
        }
    }

    @Test func anExclusiveTokenHasOneHolder() async throws {
        let files = try SoftHSMFixture.shared().takeToken()
        let lock = try SoftHSMFixture.shared().directory + "/edge.lock"
        do {
            let first = try await PKCS11Token.open(files.configuration(lock: lock))
            #expect(
                await refusalCode { _ = try await PKCS11Token.open(files.configuration(lock: lock)) }
                    == "key.token.locked"
            )
            await first.close()
        }
        _ = try await PKCS11Token.open(files.configuration(lock: lock))
    }

    @Test func anotherModuleIsLoadedBesideTheFirst() async throws {
        // Debian keeps it in the folder of the architecture.
        let path = try #require(
            try FileManager.default.contentsOfDirectory(atPath: "/usr/lib").sorted()
                .map { "/usr/lib/\($0)/opensc-pkcs11.so" }.first { FileManager.default.fileExists(atPath: $0) },
            "opensc-pkcs11.so is missing, so no second module was loaded: run scripts/setup (Debian package opensc-pkcs11)"
        )
        // No card reader here: what counts is that the module loads and says so in our words.
        let files = try SoftHSMFixture.shared().takeToken()
        let code = await refusalCode {
            _ = try await PKCS11Token.open(
                PKCS11TokenConfiguration(
                    modulePath: path,
                    label: "absent-card",
                    pinSource: .file(path: files.userPINPath)
                )
            )
        }
        #expect(code == "key.token.unknown")
        let token = try await PKCS11Token.open(files.configuration())
        #expect(try await !token.has(KeyName(.paa)))
    }

    @Test func aNewTokenIsInitialisedAndUsed() async throws {
        let directory = try SoftHSMFixture.shared().directory
        let (user, officer) = (directory + "/made.pin", directory + "/made.so-pin")
        try SoftHSMFixture.writePIN("user-pin-1", to: user)
        try SoftHSMFixture.writePIN("officer-pin-1", to: officer)
        let initializer = PKCS11TokenInitializer(modulePath: SoftHSMFixture.modulePath)
        for label in ["made-1", "made-2"] {
            try await initializer.initialize(
                label: label,
                officerPIN: .file(path: officer),
                userPIN: .file(path: user)
            )
            let token = try await PKCS11Token.open(
                PKCS11TokenConfiguration(
                    modulePath: SoftHSMFixture.modulePath,
                    label: label,
                    pinSource: .file(path: user)
                )
            )
            try await token.generate(KeyName(.rootAuthority))
            _ = try await token.signingKey(KeyName(.rootAuthority)).sign([1])
        }
        #expect(
            await refusalCode {
                try await initializer.initialize(
                    label: "made-1",
                    officerPIN: .file(path: officer),
                    userPIN: .file(path: user)
                )
            } == "key.name.taken"
        )
        // Another process sees it too.
        let listed = try Subprocess.run("/usr/bin/softhsm2-util", ["--show-slots"])
        #expect(listed.output.contains("made-2"), "\(listed.output)")
    }

    @Test func everyErrorSaysWhatAndWhatNow() {
        for error in KeyCustodyError.allCases {
            #expect(error.rawValue.split(separator: ".").count == 3)
            #expect(error.meaning.hasSuffix(".") && error.remedy.hasSuffix("."), "\(error.rawValue)")
        }
        #expect(Set(KeyCustodyError.allCases.map(\.rawValue)).count == KeyCustodyError.allCases.count)
    }
}
