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
}
