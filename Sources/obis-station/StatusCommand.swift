import ArgumentParser
import LineProtocol
import Statements
import StationCore
import StationService
import Vocabulary

extension ObisStation {
    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "status",
            abstract: "Shows the site's work orders and what this station has yet to report.",
            discussion: """
                Exit codes: 0 all is well, 1 the Factory Service refused reports (they are kept here and sent again at \
                the next sign-in), 2 wrong usage or configuration, 3 the Factory Service or this station's records can't be read.
                """
        )

        @OptionGroup var options: StationOptions

        @Flag(help: "One JSON object on standard output.")
        var json = false

        private struct Report: Encodable {
            /// Absent while the Factory Service can't be reached.
            let orders: [WorkOrder]?
            let refusal: Refusal?
            let waiting: Int
            let stuck: [StuckReports]
        }

        func run() async throws {
            let station = try Station(try options.load())
            let report: Report
            do {
                report = try await read(station)
            } catch {
                await station.close()
                throw error
            }
            await station.close()
            if json {
                Output.line(String(decoding: try StatementCoding.encode(report), as: UTF8.self))
            } else {
                show(report)
            }
            if let refusal = report.refusal {
                // The one JSON object has it already.
                throw json ? ExitCode(StationExit.status(refusal)) : refusal
            }
            if !report.stuck.isEmpty { throw ExitCode(1) }
        }

        /// What is kept here is shown in any case: it matters most while the Factory Service is away.
        private func read(_ station: Station) async throws -> Report {
            let waiting = try await station.store.pendingReports()
            let stuck = try await station.store.stuckReports()
            do {
                let orders = try await station.work.ask(ListWorkOrders.self, Nothing()).orders
                return Report(orders: orders, refusal: nil, waiting: waiting, stuck: stuck)
            } catch let refusal as Refusal {
                return Report(orders: nil, refusal: refusal, waiting: waiting, stuck: stuck)
            }
        }

        private func show(_ report: Report) {
            for order in report.orders ?? [] {
                let batch = order.batch
                let firmware = order.hasFirmware ? "" : "  NO FIRMWARE"
                Output.line(
                    "\(batch.batch)  \(batch.product)  \(batch.state.rawValue)  "
                        + "\(batch.account.remaining) of \(batch.account.granted) left, until \(batch.notAfter)"
                        + firmware
                )
                Output.line("  authorization \(batch.authorization)")
            }
            Output.line("\(report.waiting) reports waiting")
            for stuck in report.stuck {
                Output.line(
                    "ALARM  \(stuck.count) reports refused with \(stuck.code): kept here, may hold label records"
                )
            }
        }

        /// The line about a report that was just refused.
        static func refused(_ refusal: String) -> String {
            "the Factory Service refused a report, which is kept (`obis-station status`): \(refusal)"
        }
    }
}
