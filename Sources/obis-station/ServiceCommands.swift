import ArgumentParser
import LineProtocol
import Silicon
import Statements
import StationCore
import StationService
import Vocabulary

/// A chip on the bench, for service.
struct BenchOptions: ParsableArguments {
    @Option(help: "Batch that the device was made in: its name, or the authorization's id where two have one name.")
    var workOrder: String

    @Option(help: "Address of the chip's port: a socket path or 127.0.0.1:PORT.")
    var chip: String

    @Flag(help: "One JSON object on standard output.")
    var json = false

    func withSite<Value>(
        _ options: StationOptions,
        labels: Bool = true,
        _ body: (Site, GetStatus.Batch, String) async throws -> Value
    ) async throws -> Value {
        let station = try Station(try options.load()) { Output.error(ObisStation.Status.refused($0)) }
        do {
            let batch = try await station.batch(workOrder)
            let shift = try await station.signIn(options.operatorName)
            let site = try station.site(1, chip: chip, batch: batch, labels: labels)
            let value = try await body(site, batch, shift)
            await station.close()
            return value
        } catch {
            await station.close()
            throw error
        }
    }
}

extension ObisStation {
    struct Rework: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rework",
            abstract: "Opens one finished device within the debug allowance, mends its firmware, completes it again."
        )

        @OptionGroup var options: StationOptions
        @OptionGroup var bench: BenchOptions

        @Flag(help: "Write the firmware again even if it is right.")
        var rewrite = false

        @Option(help: "Debug permissions as 32 hexadecimal digits; read and write flash if absent.")
        var permissions: String?

        func validate() throws {
            if let permissions, (try? ADACPermissions(hex: permissions)) == nil {
                throw ValidationError("--permissions must be 32 lower-case hexadecimal digits.")
            }
        }

        func run() async throws {
            let mask = try permissions.map { try ADACPermissions(hex: $0) } ?? .rework
            let result = try await bench.withSite(options) { site, batch, shift in
                try await ReworkFlow(site: site, batch: batch, shift: shift).run(permissions: mask, rewrite: rewrite)
            }
            if bench.json {
                Output.line(String(decoding: try StatementCoding.encode(result), as: UTF8.self))
            } else {
                Output.line("chip \(result.chipUID)  firmware \(result.isRewritten ? "rewritten" : "right")")
                Output.line("\(result.remaining) unlocks left")
                if result.isExposed { Output.line("EXPOSED: re-provision this device before it leaves the factory.") }
            }
            guard let completion = result.completion else { throw ExitCode(result.isExposed ? 1 : 0) }
            // The one JSON object has the completion in it.
            if bench.json { throw ExitCode(Finish.status(completion)) }
            try Finish.show(completion, json: false)
        }
    }

    struct Reprovision: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "reprovision",
            abstract: "Makes one device again with new keys, within the re-provisioning allowance."
        )

        @OptionGroup var options: StationOptions
        @OptionGroup var bench: BenchOptions

        func run() async throws {
            let outcome = try await bench.withSite(options) { site, batch, shift in
                try await ReprovisionFlow(site: site, batch: batch, shift: shift).run()
            }
            try Finish.show(outcome, json: bench.json)
        }
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rotate",
            abstract: "Gives one finished device another key and DAC, within the rotation allowance, its port shut.",
            discussion: """
                The device's own application makes the key; the debug port stays locked and label, serial and passcode \
                stay as they are. Interrupted, it is started again and goes on; the allowance counts once.
                """
        )

        @OptionGroup var options: StationOptions
        @OptionGroup var bench: BenchOptions

        func run() async throws {
            let result = try await bench.withSite(options, labels: false) { site, batch, shift in
                try await RotationFlow(site: site, batch: batch, shift: shift).run()
            }
            if bench.json {
                Output.line(String(decoding: try StatementCoding.encode(result), as: UTF8.self))
            } else {
                let serial = result.serial.map { "  serial \($0)" } ?? ""
                Output.line("chip \(result.chipUID)\(serial)  rotated to key \(result.deviceKey)")
            }
        }
    }

    struct RequestCertificate: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "request-certificate",
            abstract: "Makes this station's TLS key and the request for its certificate.",
            discussion: """
                Hand the request in with `obis-factory request-enrolment`, and have the appliance's operator compare \
                the fingerprint. An existing key file is never replaced.
                """
        )

        @Option(help: "Name of the station (or Factory Service).")
        var name: String

        @Option(help: "New file for the private key, PEM, mode 0600.")
        var key: String

        @Option(help: "File for the request, PKCS#10 DER.")
        var request: String

        func run() throws {
            guard let station = try? StationName(name) else {
                throw ValidationError("--name must be 1 to 64 letters, digits, dots, hyphens or underscores.")
            }
            let made = try StationCertificate.make(name: station, keyPath: key, requestPath: request)
            Output.line("fingerprint \(made.fingerprint)")
        }
    }
}

/// The end of a command about one unit.
enum Finish {
    static func show(_ outcome: UnitOutcome, json: Bool) throws {
        if json {
            Output.line(try LineRecord.unit(site: 1, place: 1, outcome: outcome, milliseconds: 0))
        } else {
            let text = LineText(isColoured: Output.isColoured)
            Output.line(text.line(site: 1, place: 1, outcome: outcome, milliseconds: 0))
        }
        throw ExitCode(status(outcome))
    }

    static func status(_ outcome: UnitOutcome) -> Int32 {
        var summary = LineSummary()
        summary.add(outcome)
        return summary.exitCode
    }
}
