import ArgumentParser
import FoundationEssentials
import LineProtocol
import Statements
import Vocabulary

extension ObisFactory {
    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "status",
            abstract: "Shows link, journal, batches with remaining units and time, and alarms."
        )
        @OptionGroup var options: FactoryOptions
        @Flag(help: "One JSON object.") var json = false

        func run() async throws {
            let status = try await options.ask(GetFactoryStatus.self, Nothing())
            if json { try Output.json(status) } else { show(status) }
            if status.alarms.contains(where: { $0.severity == "critical" }) { throw ExitCode(1) }
        }

        private func show(_ status: GetFactoryStatus.Reply) {
            if let refusal = status.linkRefusal {
                print("EdgeHSM  out of reach: \(refusal.code)  \(refusal.remedy)")
            }
            if let box = status.edgeHSM {
                let state = box.stopped.map { "stopped: \($0.code)" } ?? "issuing"
                print("EdgeHSM  \(box.edgeHSM) \(box.softwareVersion)  \(state)  epoch \(box.epoch)  time \(box.time)")
                let checkpoint = status.checkpointSize.map { "checkpoint at \($0)" } ?? "no checkpoint yet"
                print("Journal  \(status.journalStored) of \(box.journalSize) entries here, \(checkpoint)")
                for batch in box.batches { show(batch, status.forecasts, at: box.time) }
            }
            if let portal = status.portal { show(portal) }
            print("Records  \(status.labelRecords) sealed labels, \(status.events) events")
            for alarm in status.alarms { print("\(alarm.severity.uppercased())  \(alarm.code)  \(alarm.text)") }
        }

        private func show(_ batch: GetStatus.Batch, _ forecasts: [Forecast], at now: Instant) {
            let account = batch.account
            print(
                "Batch    \(batch.batch)  \(batch.product)  \(batch.state.rawValue)  \(account.remaining) of "
                    + "\(account.granted) left, \(batch.completed) completed, \(account.burned) burned  "
                    + "window \(Output.duration(batch.notAfter - now))"
            )
            print("         authorization \(batch.authorization)")
            guard let forecast = forecasts.first(where: { $0.authorization == batch.authorization }) else {
                if batch.state == .open, account.remaining == 0 { print("         used up: no new units") }
                return
            }
            let rate = forecast.unitsPerHour.map { "  (\($0) units an hour)" } ?? ""
            let moment = forecast.stopsIn > 0 ? "in \(Output.duration(forecast.stopsIn))" : "now"
            print("         line stops \(moment): \(forecast.reason.rawValue)\(rate)")
        }

        private func show(_ portal: PortalReport) {
            let contact = portal.lastContact.map { "last contact \($0)" } ?? "not reached since the start"
            let state = portal.refusal.map { "\($0.code)  \($0.remedy)" } ?? "up"
            print("Portal   \(portal.address)  \(contact)  \(state)")
            print(
                "Backlog  \(portal.entries) entries, \(portal.labels) label records, \(portal.events) events to send; "
                    + "\(portal.octetsUp) octets up, \(portal.octetsDown) down"
            )
        }
    }

    struct Load: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "load",
            abstract: "Takes in a package, firmware, downlink or certificate file, as the inbox does."
        )
        @OptionGroup var options: FactoryOptions
        @Argument(help: "The file.") var file: String

        func run() async throws {
            let reply = try await options.ask(TakeFile.self, .init(path: try Paths.absolute(file)))
            print("\(reply.kind): \(reply.summary)")
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "export",
            abstract: "Writes journal, sealed label records and event log to a folder."
        )
        @OptionGroup var options: FactoryOptions
        @Option(name: .shortAndLong, help: "Existing folder.") var out: String

        func run() async throws {
            let reply = try await options.ask(ExportRecords.self, .init(folder: try Paths.absolute(out)))
            print("\(reply.files.joined(separator: " ")): \(reply.journalSize) journal entries")
        }
    }

    struct PrepareProductCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "prepare-product",
            abstract: "Has the EdgeHSM make the keys of a product; writes the signed statement for the OEM."
        )
        @OptionGroup var options: FactoryOptions
        @Option(help: "Product name.") var product: String
        @Option(help: "Vendor id, four hexadecimal digits.") var vendor: String
        @Option(help: "Product id, four hexadecimal digits.") var productID: String
        @Option(help: "File for the statement.") var out: String

        func run() async throws {
            guard let name = try? ProductName(product), let vid = UInt16(vendor, radix: 16),
                let pid = UInt16(productID, radix: 16), vendor.count == 4, productID.count == 4
            else { throw ValidationError("--product, --vendor (FFF1) or --product-id (8000) is malformed.") }
            let request = PrepareProduct.Request(product: name, vendorID: VendorID(vid), productID: ProductID(pid))
            let reply = try await options.ask(PrepareProductHere.self, request)
            try Paths.write(try reply.preparation.serialized(), to: out)
            print("preparation \(reply.preparation.statementID)")
        }
    }

    struct RequestEnrolmentCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "request-enrolment",
            abstract: "Hands a station's certificate request to the EdgeHSM; fetches the certificate once enrolled.",
            discussion: "Exit code 0 when the certificate was written, 1 while the appliance's operator has to decide."
        )
        @OptionGroup var options: FactoryOptions
        @Option(help: "Name of the station.") var name: String
        @Option(help: "The request, PKCS#10 DER.") var request: String
        @Option(help: "File for the certificates, PEM, leaf first.") var out: String

        func run() async throws {
            guard let station = try? StationName(name) else { throw ValidationError("--name is malformed.") }
            let csr = try Paths.read(request, limit: 2_048)
            let reply = try await options.ask(RequestEnrolment.self, .init(name: station, request: Octets(csr)))
            print("fingerprint \(reply.fingerprint)")
            guard let certificates = reply.certificates else {
                print("waiting for the appliance's operator")
                throw ExitCode(1)
            }
            try Paths.write(Array(certificates.map { Paths.pem($0.bytes) }.joined().utf8), to: out)
        }
    }

    struct Close: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "close",
            abstract: "Closes an authorization whose window is over; what remains is returned."
        )
        @OptionGroup var options: FactoryOptions
        @Argument(help: "The authorization's id.") var authorization: String

        func run() async throws {
            guard let id = try? Digest256(hex: authorization) else {
                throw ValidationError("The authorization's id is 64 lower-case hexadecimal digits.")
            }
            let reply = try await options.ask(CloseBatch.self, .init(authorization: id))
            print(
                "closed at entry \(reply.sequence): \(reply.account.issued) issued, \(reply.account.returned) returned"
            )
        }
    }
}

/// Files that people name on the command line.
enum Paths {
    static func absolute(_ path: String) throws -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }

    static func read(_ path: String, limit: Int) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path), data.count <= limit else {
            throw ValidationError("\(path) can't be read or is larger than \(limit) octets.")
        }
        return Array(data)
    }

    static func write(_ bytes: [UInt8], to path: String) throws {
        do { try Data(bytes).write(to: URL(filePath: try absolute(path)), options: .atomic) } catch {
            throw ValidationError("\(path) can't be written.")
        }
    }

    static func pem(_ der: [UInt8]) -> String {
        let text = Array(Data(der).base64EncodedString())
        let lines = stride(from: 0, to: text.count, by: 64).map { String(text[$0..<min($0 + 64, text.count)]) }
        return "-----BEGIN CERTIFICATE-----\n" + lines.joined(separator: "\n") + "\n-----END CERTIFICATE-----\n"
    }
}
