import PortalProtocol
import Vocabulary

@testable import PortalPages

// Keys, EdgeHSMs, sites.
extension Sample {
    var chain: KeysPage.Chain {
        .init(
            version: 1,
            officers: [.init(holder: text, point: text, id: text)],
            threshold: 1,
            roles: [.init(holder: text, point: text, id: text)],
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

    var keys: KeysPage.Content {
        get throws {
            KeysPage.Content(
                chain: [chain, chain],
                people: [OfficerName(validated: text): (someone, text)],
                names: [someone: text],
                edges: [summary],
                factories: [site: factory1],
                preparations: [preparation],
                products: [
                    .init(
                        name: product1,
                        slots: [KeySlot(validated: text)],
                        allotments: [edge: 5],
                        loaded: [],
                        keys: [(try product.keys[0], .locked)]
                    )
                ],
                orders: (3, true)
            )
        }
    }

    /// Of an ODM, or of a portal that nobody has set up.
    func noKeys(_ orders: (count: Int, isMore: Bool)?) -> KeysPage.Content {
        KeysPage.Content(
            chain: [],
            people: [:],
            names: [:],
            edges: [],
            factories: [:],
            preparations: orders == nil ? nil : [],
            products: [],
            orders: orders
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
