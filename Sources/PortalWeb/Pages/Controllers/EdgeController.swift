import Governance
import HTTPTypes
import PortalPages
import PortalProtocol
import Statements
import Vocabulary

/// One EdgeHSM of a factory, and the files about it.
enum EdgeController {
    private static let place = "/factories/{factory}/edges/{edge}"

    static let routes: [PageRoute] = [
        PageRoute(.get, place, "edge", handler: page),
        PageRoute(.get, "\(place)/enrolment.json", "enrolmentFile") { look in
            try await file(look, "enrolment", "enrolment-\(look.parameter("edge"))")
        },
        PageRoute(.get, "\(place)/certificates/{product}/certificates.json", "certificatesFile") { look in
            let name = "certificates-\(look.parameter("edge"))-\(look.parameter("product"))"
            return try await file(look, "certificates/\(look.escapedParameter("product"))", name)
        },
        PageRoute(.get, "\(place)/evidence/{number}/evidence.json", "evidenceFile") { look in
            let name = "evidence-\(look.parameter("edge"))-\(look.parameter("number"))"
            return try await file(look, "evidence/\(look.escapedParameter("number"))", name)
        },
    ]

    private static func api(_ look: PageRequest) -> String { "/v1/edges/\(look.escapedParameter("edge"))" }

    /// The EdgeHSM, if it is at the factory of the address.
    private static func journal(_ look: PageRequest) async throws -> EdgeJournal {
        let journal = try await look.api.get(api(look), as: EdgeJournal.self)
        guard journal.factory.text == look.parameter("factory") else { throw look.missing }
        return journal
    }

    private static func file(_ look: PageRequest, _ path: String, _ name: String) async throws -> PageAnswer {
        _ = try await journal(look)
        let bytes = try await look.api.octets("\(api(look))/\(path)")
        return .file(bytes, type: "application/json", name: "\(name).json")
    }

    @Sendable private static func page(_ look: PageRequest) async throws -> PageAnswer {
        let (_, viewer) = try look.require()
        let journal = try await journal(look)
        let enrolment = try Envelope(parsing: try await look.api.octets("\(api(look))/enrolment"))
        let names = try await People.officerKeys(look)
        return .page(
            EdgePage(
                EdgePage.Content(
                    factory: try await look.api.get("/v1/factories/\(journal.factory.text)"),
                    journal: journal,
                    batches: try await batches(journal, look),
                    enrolment: try StatementRendering(enrolment).lines.map { .init(field: $0.field, words: $0.words) },
                    statement: enrolment.statementID,
                    signers: enrolment.signatures.map { names[$0.keyID] ?? "key \($0.keyID.hex.prefix(16))" },
                    preparations: try await look.api.optionalAll("\(api(look))/preparations"),
                    evidence: try await look.api.optional("\(api(look))/evidence", ["limit": "50"])
                ),
                viewer: viewer,
                now: look.time
            )
        )
    }

    /// Batches that are asked for one by one, at most: older ones keep their digest.
    private static let mostAsked = 24

    /// The batches behind a journal's accounts: most are among the newest.
    private static func batches(_ journal: EdgeJournal, _ look: PageRequest) async throws -> [Digest256: Batch] {
        let wanted = Set(journal.accounts.map(\.authorization))
        guard !wanted.isEmpty else { return [:] }
        let newest = try await look.api.get("/v1/batches", ["limit": "60"], as: Page<Batch>.self).items
        var known: [Digest256: Batch] = [:]
        for batch in newest where wanted.contains(batch.authorization) { known[batch.authorization] = batch }
        let missing = journal.accounts.reversed().map(\.authorization).filter { known[$0] == nil }
        for authorization in missing.prefix(mostAsked) {
            let found = try await look.api.get(
                "/v1/batches",
                ["authorization": authorization.hex],
                as: Page<Batch>.self
            )
            if let batch = found.items.first { known[authorization] = batch }
        }
        return known
    }
}
