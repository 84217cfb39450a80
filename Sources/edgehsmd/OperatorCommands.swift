internal import ArgumentParser
internal import EdgeHSMDaemon
internal import LineProtocol
internal import ServiceSupport
internal import Statements
internal import Vocabulary

struct OperatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "operator",
        abstract: "Speaks to the running daemon over its local socket.",
        subcommands: [
            StatusCommand.self, RequestsCommand.self, EnrolStationCommand.self, RevokeStationCommand.self,
            ExportCommand.self, ClockNonceCommand.self, StopCommand.self, ZeroiseCommand.self,
        ]
    )
}

extension ConfigurationOption {
    func ask<Operation: OperatorOperation>(
        _ operation: Operation.Type,
        _ request: Operation.Request
    ) async throws -> Operation.Reply {
        let client = try FrameClient(
            FrameClientConfiguration(endpoint: .local(path: load().operatorSocket), peer: "edgehsmd's operator socket")
        )
        let caller = LineCaller(prefix: "operator") { try await client.request($0) }
        do {
            let reply = try await caller.call(operation, request)
            await client.close()
            return reply
        } catch {
            await client.close()
            throw error
        }
    }
}

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "status", abstract: "What the EdgeHSM says of itself.")
    @OptionGroup var appliance: ConfigurationOption
    func run() async throws { try Terminal.show(await appliance.ask(GetStatus.self, Nothing())) }
}

struct RequestsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "requests",
        abstract: "Station requests that wait, with the fingerprints to compare."
    )
    @OptionGroup var appliance: ConfigurationOption
    func run() async throws { try Terminal.show(await appliance.ask(ListStationRequests.self, Nothing())) }
}

struct EnrolStationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enrol-station",
        abstract: "Certifies a station or a Factory Service after you compared the fingerprint of its request."
    )
    @OptionGroup var appliance: ConfigurationOption
    @Option(help: "The name that the certificate carries.") var name: String
    @Option(help: "station or service.") var role: String
    @Option(help: "The certificate request, DER or PEM; absent: the waiting one of this name and fingerprint.")
    var request: String?
    @Option(help: "SHA-256 of the request's DER as the station shows it, in hexadecimal.") var fingerprint: String
    @Option(help: "Days until the certificate ends, 1 to 90.") var days = 90
    @Option(help: "The file to write the certificates to, PEM; absent: standard output.") var out: String?

    func run() async throws {
        guard let role = EnrolStation.Request.Role(rawValue: role) else {
            throw ValidationError("--role is station or service")
        }
        let reply = try await appliance.ask(
            EnrolStation.self,
            EnrolStation.Request(
                name: StationName(name),
                role: role,
                request: request.map { Octets(try InputFile.der($0)) },
                fingerprint: Digest256(hex: fingerprint),
                days: days
            )
        )
        let pem = InputFile.pem(reply.certificates.map(\.bytes))
        if let out { try InputFile.write(Array(pem.utf8), to: out) } else { print(pem, terminator: "") }
    }
}

struct RevokeStationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke-station",
        abstract: "Refuses every certificate of a station or Factory Service from the next request on."
    )
    @OptionGroup var appliance: ConfigurationOption
    @Option(help: "The name in the certificate.") var name: String
    @Option(help: "Only the certificate whose DER has this SHA-256, in hexadecimal: another goes on.")
    var fingerprint: String?

    func run() async throws {
        _ = try await appliance.ask(
            RevokeStation.self,
            RevokeStation.Request(name: StationName(name), fingerprint: fingerprint.map { try Digest256(hex: $0) })
        )
    }
}

struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Writes the journal under its checkpoint, for `obis-verify`: of a zeroised EdgeHSM the last one."
    )
    @OptionGroup var appliance: ConfigurationOption
    @Option(help: "The file to write.") var out: String

    func run() async throws {
        let envelope = try await appliance.ask(GetCheckpoint.self, Nothing()).checkpoint
        let size = try Checkpoint.read(payload: envelope.payload).size
        var entries: [Octets] = []
        while entries.count < size {
            let request = ReadJournal.Request(from: entries.count, limit: min(1_024, size - entries.count))
            let more = try await appliance.ask(ReadJournal.self, request).entries
            guard !more.isEmpty else { throw Refusal(EdgeDaemonError.journalCorrupt, "entry \(entries.count)") }
            entries += more
        }
        try InputFile.write(JournalExport(checkpoint: envelope, entries: entries).serialized(), to: out)
        print("\(size) entries")
    }
}

struct ClockNonceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clock-nonce",
        abstract: "A fresh nonce for the officers' order that resets this EdgeHSM's clock."
    )
    @OptionGroup var appliance: ConfigurationOption
    func run() async throws { print(try await appliance.ask(OfferClockNonce.self, Nothing()).nonce) }
}

struct StopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "Ends the daemon with nothing burned."
    )
    @OptionGroup var appliance: ConfigurationOption
    func run() async throws { _ = try await appliance.ask(StopCleanly.self, Nothing()) }
}

struct ZeroiseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "zeroise",
        abstract: "Destroys all keys of this EdgeHSM, for ever."
    )
    @OptionGroup var appliance: ConfigurationOption
    @Option(help: "This EdgeHSM's id, so that nobody zeroises the wrong box.") var edgehsm: String
    @Option(help: "Why, for the journal.") var reason: String

    func run() async throws {
        _ = try await appliance.ask(Zeroise.self, Zeroise.Request(edgeHSM: EdgeHSMID(edgehsm), reason: reason))
    }
}
