internal import ArgumentParser
internal import EdgeHSMDaemon
internal import Glibc
internal import ServiceSupport
internal import Statements
internal import Vocabulary

struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Makes the appliance's keys in its token, and its TLS certificate. What is there stays."
    )

    @OptionGroup var appliance: ConfigurationOption
    @Flag(help: "First make the token itself, in a slot that holds none; needs token.officerPINFile.")
    var initialize = false

    func run() async throws {
        try ProcessHardening.apply()
        if initialize { try await appliance.initializeToken() }
        let certificates = try await appliance.open(probing: EdgeEnrolment.tokenRoles) {
            try await $0.enrolment.initialise()
        }
        print("site CA \(Digest256.of(certificates.siteCA.bytes))")
    }
}

struct EnrolRequestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enrol-request",
        abstract: "Writes what the OEM's officers are asked to sign: this appliance's keys, signed by its identity."
    )

    @OptionGroup var appliance: ConfigurationOption
    @Option(help: "The file to write, an envelope.") var out: String

    func run() async throws {
        try ProcessHardening.apply()
        try await appliance.open { appliance in
            let request = try await appliance.enrolment.request()
            try InputFile.write(request.serialized(), to: out)
            print("enrolment \(request.statementID)")
            print("identity \(try await appliance.enrolment.identityDigits())")
        }
    }
}

struct EnrolCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enrol",
        abstract: "Pins the OEM's root authority and RoleKeys in the token and begins the journal."
    )

    @OptionGroup var appliance: ConfigurationOption
    @Option(help: "RoleKeys: version 1, an envelope, or the folder of all versions.") var roleKeys: String
    @Option(help: "The root authority's public key: PEM or hexadecimal.") var rootKey: String
    @Option(help: "The enrolment that the officers signed, an envelope.") var enrolment: String

    func run() async throws {
        try ProcessHardening.apply()
        let root = try InputFile.publicKey(rootKey)
        try await appliance.open { appliance in
            try await appliance.enrolment.enrol(
                root: root,
                roleKeys: InputFile.envelopes(roleKeys),
                enrolment: InputFile.envelope(enrolment)
            )
        }
        print("enrolled under the root authority \(root.keyID)")
    }
}

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "run", abstract: "Serves until it is stopped.")

    @OptionGroup var appliance: ConfigurationOption

    /// For memory scans in a lab; a released program can't be told.
    private static var allowsInspection: Bool {
        #if DEBUG
        unsafe getenv("OBIS_ALLOW_INSPECTION") != nil
        #else
        false
        #endif
    }

    func run() async throws {
        try ProcessHardening.apply(allowsInspection: Self.allowsInspection)
        let signals = SignalWait()
        try await appliance.open { try await $0.run(until: signals) }
    }
}
