import Foundation
import OEMWorld
import PortalFixture
import PortalProtocol
import PortalStore
import Statements
import Vocabulary

/// How long every page takes to begin to come, of a portal with some devices and of one with ten times as many, asked in
/// turns so that a busy moment of the machine meets both.
struct PageMeasure {
    struct Page: Codable, Sendable {
        let name: String
        /// Octets of the larger portal's page.
        let size: Int
        let small: RequestMeasure.Waits
        let large: RequestMeasure.Waits
        /// Median wait of large ÷ small.
        var growth: Double { large.p50 / small.p50 }
    }

    struct Result: Codable, Sendable {
        /// Journal entries of either portal.
        let records: [Int]
        /// An answer without database or page, over the same connection.
        let baseline: RequestMeasure.Waits
        let pages: [Page]
    }

    /// One portal with its visitor.
    struct Side {
        let stage: PortalStage
        let visitor: PageVisitor
        let pages: [(name: String, path: String)]
    }

    let sides: [Side]

    /// Batches that were granted but not loaded yet, beside those of the journals.
    private static let batches = 40

    static func side(_ stage: PortalStage, journals: [JournalMill.Product], tag: String) async throws -> Side {
        let me = try await stage.manager.get("/v1/me", as: Me.self)
        let loaded = JournaledProduct(
            journals.flatMap { $0.chunks.first?.entries.map(\.bytes) ?? [] },
            of: me.organisation.id,
            by: me.person.id
        )
        let batches = try await stage.database.write("journaled") { try loaded.insert(at: PortalStage.now, in: $0) }
        let requests = RequestMeasure(stage: stage, journals: journals, tag: tag)
        _ = try await requests.measure(batches: Self.batches, lookUps: 0)
        guard let batch = batches.first, let unit = try await requests.units(1).first else { throw Fault.answerWrong }
        let visitor = try await PageVisitor(stage, door: stage.admin.door)
        let product = "/products/\(batch.authorization.product)"
        // The review reads the declaration's file: of journals made without a portal there is none.
        let version = "/products/\(ProductionWorld.product)/versions/1.0.0"
        let factory = "/factories/\(batch.authorization.factory)"
        let pages = [
            ("overview", "/"), ("products", "/products"), ("product", product),
            ("version", version), ("batches", "/batches"),
            ("batch", "/batches/\(batch.id)"), ("factories", "/factories"),
            ("factory", factory), ("EdgeHSM", "\(factory)/edges/\(batch.authorization.edgeHSM)"),
            ("events of a site", "\(factory)/events"), ("devices", "/devices"),
            ("devices of a batch", "/devices?batch=\(batch.statement)"),
            ("device by chip UID", "/devices/\(unit.reference)"), ("keys", "/keys"), ("orders", "/keys/orders"),
            ("alarms", "/alarms"),
            ("audit", "/audit"), ("people", "/people"), ("person", "/people/\(me.person.id)"),
            ("exports", "/exports"), ("account", "/account"),
            ("style guide", "/styleguide"),
        ]
        return Side(stage: stage, visitor: visitor, pages: pages)
    }

    func measure(turns: Int) async throws -> Result {
        guard let first = sides.first, let last = sides.last else { throw Fault.answerWrong }
        var baseline: [Double] = []
        var pages: [Page] = []
        for index in first.pages.indices {
            var (waits, size): ([[Double]], Int) = (sides.map { _ in [] }, 0)
            for turn in -3..<turns {
                for (place, side) in sides.enumerated() {
                    let look = try await side.visitor.look(at: side.pages[index].path)
                    if turn >= 0 { waits[place].append(look.wait) }
                    size = look.size
                }
                let health = try await last.visitor.look(at: "/healthz")
                if turn >= 0 { baseline.append(health.wait) }
            }
            pages.append(
                Page(
                    name: first.pages[index].name,
                    size: size,
                    small: .init(waits[0]),
                    large: .init(waits[sides.count - 1])
                )
            )
        }
        var records: [Int] = []
        for side in sides {
            records.append(
                try await side.stage.database.read {
                    try $0.row("SELECT count(*) AS amount FROM journal_entries", [])?.number("amount") ?? 0
                }
            )
        }
        return Result(records: records, baseline: .init(baseline), pages: pages)
    }
}

extension PageMeasure.Result {
    /// The longest median wait of any page of the larger portal, in seconds.
    private var slowest: (name: String, wait: Double)? {
        pages.map { (name: $0.name, wait: $0.large.p50) }.max { $0.wait < $1.wait }
    }

    var lines: [String] {
        let titles = ["octets", "p50 / p99 ms", "p50 / p99 ms", "growth"]
        let counts = records.map { "\($0) records" }
        return [
            Table.row("pages, first octet", [""] + counts + [""]), Table.row("", titles),
            Table.row("without page (/healthz)", ["", "", Table.waits(baseline.p50, baseline.p99), ""]),
        ]
            + pages.map { page in
                Table.row(
                    page.name,
                    [
                        "\(page.size)", Table.waits(page.small.p50, page.small.p99),
                        Table.waits(page.large.p50, page.large.p99), Table.number(page.growth, 2),
                    ]
                )
            }
            + (slowest.map {
                [
                    "slowest median: \($0.name), \(Table.number($0.wait * 1e3, 1)) ms; wanted under 30 ms in a release build"
                ]
            } ?? [])
    }
}
