import PortalProtocol
import Statements
import Testing
import Vocabulary

@testable import PortalPages

@Suite("Pages: keys, EdgeHSMs and what ceremonies did")
struct KeyMatrixTests {
    private let now = Instant(seconds: 1_795_000_000)
    private let viewer = Viewer(name: "A", organisation: "B", roles: [.oemViewer], csrf: "csrf")
    private let edges = ["edge-1", "edge-2", "edge-3"].map { EdgeHSMID(validated: $0) }
    private let product = ProductName(validated: "lamp")

    private func sample() throws -> Sample { try Sample(text: "text", now: now) }

    private func preparation(_ edge: EdgeHSMID, installedAt: Instant?, at time: Instant? = nil) -> Preparation {
        Preparation(
            edgeHSM: edge,
            product: product,
            vendorID: VendorID(0xFFF1),
            productID: ProductID(0x8000),
            askedBy: PersonID(validated: "p-1"),
            askedAt: now,
            receivedAt: now,
            statement: .zero,
            certificates: .init(
                uploadedBy: PersonID(validated: "p-1"),
                uploadedAt: time ?? now,
                installedAt: installedAt
            )
        )
    }

    private func content(
        _ preparations: [Preparation]?,
        loaded: Set<EdgeHSMID> = [],
        allotments: [EdgeHSMID: Int] = [:]
    ) throws -> KeysPage.Content {
        KeysPage.Content(
            chain: [],
            people: [:],
            names: [PersonID(validated: "p-1"): "Ada"],
            edges: edges.map { EdgeSummary(id: $0, factory: FactoryID(validated: "site"), enrolledAt: now) },
            factories: [:],
            preparations: preparations,
            products: [
                .init(
                    name: product,
                    slots: [KeySlot(validated: "ota")],
                    allotments: allotments,
                    loaded: loaded,
                    keys: []
                )
            ],
            orders: nil
        )
    }

    @Test("which EdgeHSM holds which product's PAI: what is inside, on its way, and missing where units are allotted")
    func matrix() throws {
        let allotments = Dictionary(uniqueKeysWithValues: edges.map { ($0, 1_200) })
        let known = KeyMatrix(
            try content(
                [preparation(edges[0], installedAt: now), preparation(edges[1], installedAt: nil)],
                loaded: [edges[0]],
                allotments: allotments
            )
        )
        #expect((known.ready, known.underWay, known.missing) == (1, 1, 1))
        let html = known.markup(now).html
        for words in ["ota loaded", "Certificates on the way", "No PAI", "1,200 units allotted", "/edges/edge-3"] {
            #expect(html.contains(words), "\(words)")
        }
        // What was loaded needed the PAI, whoever brought it there.
        let before = KeyMatrix(try content([], loaded: [edges[2]], allotments: [edges[2]: 5]))
        #expect((before.ready, before.underWay, before.missing) == (1, 0, 0))
        // Whom preparations are not told is not told that one is missing.
        #expect(KeyMatrix(try content(nil, allotments: allotments)).missing == 0)
    }

    @Test("what one ceremony made is one line, with when and who; another an hour later is another")
    func ceremonies() throws {
        let made = [
            preparation(edges[0], installedAt: nil), preparation(edges[1], installedAt: nil, at: now + 500),
            preparation(edges[2], installedAt: nil, at: now + 4_000),
        ]
        let table = try #require(Ceremonies.table(try content(made), viewer, now + 5_000)).html
        #expect(table.matches(of: /<tr><th scope="row"/).count == 2)
        #expect(table.matches(of: /brought by Ada/).count == 2)
        let first = try #require(table.firstRange(of: "edge-3"))
        let second = try #require(table.firstRange(of: "edge-2"))
        #expect(first.lowerBound < second.lowerBound && table[second.upperBound...].contains("edge-1"))
        #expect(Ceremonies.table(try content(nil), viewer, now) == nil)
    }

    @Test("a new version of RoleKeys says who came and who went")
    func roleKeys() throws {
        func chain(_ version: Int, _ officers: [String]) -> KeysPage.Chain {
            .init(
                version: version,
                officers: officers.map { .init(holder: $0, point: "04", id: "aa") },
                threshold: 2,
                roles: [],
                issuedAt: now + Int64(version),
                expiresAt: now + 90 * 86_400
            )
        }
        let one = try content(nil)
        let keys = KeysPage.Content(
            chain: [chain(1, ["olivia", "otto"]), chain(2, ["olivia", "oscar"])],
            people: [:],
            names: [:],
            edges: [],
            factories: one.factories,
            preparations: nil,
            products: [],
            orders: nil
        )
        let table = try #require(Ceremonies.table(keys, viewer, now + 9)).html
        #expect(table.contains("oscar added") && table.contains("otto removed"))
        #expect(table.contains("root authority of version 1"))
    }

    @Test("a key is told by the beginning of its id; the whole of it is there for whoever opens it")
    func folded() throws {
        let (point, id) = ("04" + String(repeating: "ab", count: 64), String(repeating: "c1", count: 32))
        let chain = KeysPage.Chain(
            version: 1,
            officers: [.init(holder: "olivia", point: point, id: id)],
            threshold: 1,
            roles: [],
            issuedAt: now,
            expiresAt: now + 90 * 86_400
        )
        let html = RoleKeyTable.markup(chain, [:], viewer).html
        let closed = html.replacing(/<\/summary>[\s\S]*?<\/details>/, with: "")
        #expect(html.contains(point) && html.contains(id))
        #expect(!closed.contains(point) && !closed.contains(id) && closed.contains("c1c1c1c1c1c1c1c1…"))
    }

    @Test("an EdgeHSM's batches stand by their names, with units left first; its figures count what is left")
    func edge() throws {
        let made = try sample()
        let batch = try made.batch
        let other = Digest256.of([7])
        let journal = EdgeJournal(
            edgeHSM: made.edge,
            factory: made.site,
            storedSize: 1_234,
            storedRoot: made.digest,
            epoch: 2,
            checkpointTime: now + (-90),
            softwareVersion: "1.0",
            heardAt: now + (-30),
            isSilent: false,
            halted: nil,
            quarantined: 0,
            accounts: [
                .init(authorization: other, granted: 5, issued: 5, burned: 0, returned: 0, remaining: 0),
                .init(
                    authorization: batch.authorization,
                    granted: 20,
                    issued: 7,
                    burned: 1,
                    returned: 0,
                    remaining: 12
                ),
            ]
        )
        let content = EdgePage.Content(
            factory: made.factory1,
            journal: journal,
            batches: [batch.authorization: batch],
            enrolment: [
                .init(field: "identity", words: "key \(String(repeating: "5e", count: 32))"),
                .init(field: "packages sealed to", words: "key x"), .init(field: "issued", words: now.description),
            ],
            statement: made.digest,
            signers: ["olivia"],
            preparations: nil,
            evidence: nil
        )
        let accounts = EdgePage.accounts(content, now).html
        let first = try #require(accounts.firstRange(of: "<a href=\"/batches/text\">text</a>"))
        let digest = try #require(accounts.firstRange(of: other.hex))
        #expect(first.lowerBound < digest.lowerBound && accounts.contains("not granted here"))
        let figures = EdgePage.figures(content, now).html
        for words in ["1,234", "in 1 package", ">1 min 30 s<", ">30 s<", "1 serial burned"] {
            #expect(figures.contains(words), "\(words)")
        }
        let identity = EdgePage.identity(content).html
        #expect(identity.contains("Signs its journal with") && identity.contains("id of a P-256 key"))
        #expect(identity.contains("Opens packages with") && identity.contains(Format.dateTime(now)))
        #expect(EdgePage.consistency(journal).html.contains("Consistent"))
        #expect(EdgePage.check("edge-1").html.contains("enrolment-edge-1.json"))
    }
}
