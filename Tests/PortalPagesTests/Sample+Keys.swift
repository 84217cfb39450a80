import PortalProtocol
import Vocabulary

@testable import PortalPages

// Keys, EdgeHSMs, sites.
extension Sample {
    var chain: KeysPage.Chain {
        .init(
            version: 1,
            officers: [(text, text)],
            threshold: 1,
            roles: [(text, text)],
            issuedAt: now,
            expiresAt: now + 100
        )
    }

    var summary: EdgeSummary { .init(id: edge, factory: site, enrolledAt: now) }

    var preparation: Preparation {
        .init(
            edgeHSM: edge,
            product: product1,
            vendorID: VendorID(0xFFF1),
            productID: ProductID(0x8000),
            askedBy: someone,
            askedAt: now,
            receivedAt: now,
            statement: digest,
            certificates: .init(uploadedBy: someone, uploadedAt: now, installedAt: nil)
        )
    }

    var order: OrdersPage.Order {
        .init(
            number: 1,
            summary: text,
            reason: text,
            signers: [text, text],
            issuedAt: now,
            expiresAt: now + 100,
            statement: digest
        )
    }

    var edgeContent: EdgePage.Content {
        .init(
            factory: factory1,
            journal: EdgeJournal(
                edgeHSM: edge,
                factory: site,
                storedSize: 5,
                storedRoot: digest,
                epoch: 1,
                checkpointTime: now,
                softwareVersion: text,
                heardAt: now,
                isSilent: false,
                halted: text,
                quarantined: 1,
                accounts: [
                    .init(authorization: digest, granted: 5, issued: 1, burned: 1, returned: 1, remaining: 2)
                ]
            ),
            enrolment: [.init(field: text, words: text)],
            statement: digest,
            signers: [text],
            preparations: [preparation],
            evidence: Page(
                items: [
                    EvidenceView(
                        number: AlarmNumber(validated: 1),
                        edgeHSM: edge,
                        kind: text,
                        notedAt: now,
                        heldSize: 3,
                        first: 1,
                        entries: 2
                    )
                ],
                next: nil
            )
        )
    }

    var events: Page<SiteEventView> {
        get throws {
            Page(
                items: [
                    SiteEventView(
                        source: try RecordSource(hex: String(repeating: "0a", count: 16)),
                        number: 1,
                        receivedAt: now,
                        line: "{\"kind\":\"\(text)\"}"
                    )
                ],
                next: nil
            )
        }
    }
}
