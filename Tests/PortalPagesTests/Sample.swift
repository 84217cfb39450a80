import PortalProtocol
import Statements
import Vocabulary

@testable import PortalPages

/// One of everything, every text of it the one given: ids too, as if nothing had checked them.
struct Sample {
    let text: String
    let now: Instant

    init(text: String, now: Instant) throws { (self.text, self.now) = (text, now) }

    var digest: Digest256 { .zero }
    private var key: P256Point { P256Point(validated: [4] + [UInt8](repeating: 1, count: 64)) }
    var odm: OrganisationID { OrganisationID(validated: text) }
    var product1: ProductName { ProductName(validated: text) }
    private var version1: VersionName { VersionName(validated: text) }
    var edge: EdgeHSMID { EdgeHSMID(validated: text) }
    var site: FactoryID { FactoryID(validated: text) }
    var someone: PersonID { PersonID(validated: text) }

    var problem: Problem {
        Problem(type: text, title: text, status: 409, code: text, detail: text, remedy: text, requestID: text)
    }

    var factory1: PortalProtocol.Factory {
        .init(id: site, organisation: odm, name: text, country: text, timeZone: "Asia/Shanghai", createdAt: now)
    }

    var batch: Batch {
        get throws {
            let none = ProductionAuthorization.Allowance(count: 1, notAfter: now + 100)
            return try Batch(
                id: BatchID(validated: text),
                version: version1,
                organisation: odm,
                authorization: digest,
                content: ProductionAuthorization(
                    product: product1,
                    approval: digest,
                    manifest: digest,
                    edgeHSM: edge,
                    factory: site,
                    batch: BatchName(validated: text),
                    quantity: 10,
                    serials: .init(prefix: "A", first: 0, digits: 6),
                    notBefore: now,
                    notAfter: now + 100,
                    grace: 3_600,
                    debugUnlocks: none,
                    reprovisions: none,
                    rotations: none,
                    roleKeysVersion: 1,
                    issuedAt: now
                ),
                state: .loaded,
                begun: 8,
                package: BatchPackage(digest: digest, size: 10, madeAt: now),
                withdrawals: [
                    BatchWithdrawal(kind: .revoke, person: someone, at: now, reason: Remark(validated: text))
                ],
                createdBy: someone,
                createdAt: now
            )
        }
    }

    var counts: ProductionCounts { .init(issued: 7, completed: 7, passed: 6, failed: 1, burned: 1) }

    var reconciliation: BatchReconciliation {
        .init(
            granted: 10,
            issued: 7,
            burned: 1,
            returned: 0,
            remaining: 1,
            unaccounted: 1,
            isLoaded: true,
            isClosed: false
        )
    }

    var forecast: BatchForecast { .init(reason: .quota, at: now + 600, isFollowed: false, left: 0) }

    var series: ProductionSeries {
        .init(step: .fiveMinutes, points: (0..<24).map { .init(start: now + $0 * 300, counts: counts) })
    }

    var edgeState: EdgeState {
        .init(
            edgeHSM: edge,
            storedSize: 5,
            checkpointTime: now,
            heardAt: now,
            isSilent: false,
            halted: text,
            quarantined: 1,
            softwareVersion: text
        )
    }

    var progress: FactoryProgress {
        .init(factory: factory1, today: counts, rate: .known(4), edges: [edgeState], critical: 1, warnings: 1)
    }

    var counts1: BatchCounts { .init(running: 1, waiting: 2, blocked: 1, unfinished: 18, usedUp: 13, over: 1) }

    var overview: Overview {
        get throws {
            let running = BatchProgress(
                batch: try batch,
                reconciliation: reconciliation,
                rate: .known(4),
                forecast: forecast
            )
            return Overview(time: now, factories: [progress], batches: [running], counts: counts1, alarms: [alarm])
        }
    }

    var alarm: AlarmView {
        .init(
            number: AlarmNumber(validated: 1),
            kind: text,
            severity: .critical,
            edgeHSM: edge,
            factory: site,
            other: edge,
            sequence: 1,
            detail: text,
            times: 2,
            firstAt: now,
            lastAt: now,
            clearedAt: nil,
            acknowledgedAt: nil,
            acknowledgedBy: nil
        )
    }

    var quarantine: QuarantineView {
        .init(
            number: AlarmNumber(validated: 1),
            edgeHSM: edge,
            factory: site,
            sequence: 1,
            kind: text,
            code: text,
            detail: text,
            findings: 1,
            notedAt: now
        )
    }

    var batchContent: BatchPage.Content {
        get throws {
            .init(
                batch: try batch,
                reconciliation: reconciliation,
                recent: series,
                counts: counts,
                forecast: forecast,
                rate: .known(4),
                factory: factory1,
                names: [someone: text]
            )
        }
    }

    private var product0: Product {
        Product(
            product: product1,
            title: DisplayName(validated: text),
            foundation: ProductFoundation(
                vendorID: VendorID(0xFFF1),
                productID: ProductID(0x8000),
                family: FamilyName(validated: text),
                secureBootKey: key,
                paa: Octets([1]),
                debugRoot: Octets([1]),
                vendorRoots: [],
                keySlots: [.init(slot: KeySlot(validated: text), kind: .fleet)],
                socClass: 1,
                debugPermissions: SixteenOctets(validated: text),
                serialPrefix: SerialPrefix(validated: text)
            ),
            lifetimeTotal: UnitTotal(validated: 100),
            rules: ProductRules(chipIdentity: .none, factories: [site]),
            createdAt: now,
            lockedVersion: version1
        )
    }

    func version(_ state: VersionState, isSigned: Bool = true) -> ProductVersion {
        let act = VersionStep(person: someone, at: now, reason: Remark(validated: text))
        return ProductVersion(
            product: product1,
            version: version1,
            state: state,
            manifest: digest,
            firmware: digest,
            declaration: digest,
            firmwareProvesProduct: false,
            created: act,
            submitted: act,
            rejected: state == .rejected ? act : nil,
            approval: .init(
                statement: digest,
                sequence: 1,
                signers: [OfficerName(validated: text)],
                isSigned: isSigned,
                threshold: 2,
                lockedAt: nil
            )
        )
    }

    var version: VersionPage.Content { version(in: .submitted) }

    func version(in state: VersionState, isSigned: Bool = true, pending: String? = nil) -> VersionPage.Content {
        let line = ReviewLine(field: text, words: text)
        return .init(
            product: product0,
            version: version(state, isSigned: isSigned),
            review: VersionReview(
                product: product1,
                version: version1,
                against: version1,
                changes: [ReviewChange(field: text, before: text, after: text)],
                manifest: [line],
                evidence: ReviewCheck.Verdict.allCases.map { ReviewCheck(field: text, words: text, verdict: $0) },
                approvalChanges: [ReviewChange(field: text, before: nil, after: text)],
                approval: ReviewedStatement(
                    summary: text,
                    lines: [line],
                    payloadType: text,
                    statement: digest,
                    signedDigest: digest,
                    payload: text
                )
            ),
            names: [someone: text],
            officers: [OfficerName(validated: text), OfficerName(validated: "b")],
            threshold: 2,
            pending: pending.map { VersionName(validated: $0) },
            portal: "https://portal.example"
        )
    }

    var product: ProductPage.Content {
        get throws {
            .init(
                product: product0,
                quota: ProductQuota(
                    approvedTotal: 50,
                    granted: 20,
                    counts: counts,
                    edges: [.init(edgeHSM: edge, factory: site, allotment: 30, granted: 20)]
                ),
                versions: [version(.locked), version(.draft)],
                keys: ["1.1.0", "1.0.0"].map {
                    .init(
                        version: VersionName(validated: $0),
                        slot: KeySlot(validated: text),
                        kind: .fleet,
                        custody: .portalToken,
                        token: text,
                        checkValue: nil
                    )
                },
                workspaces: [Workspace(product: product1, organisation: odm, since: now)],
                organisations: [odm: text, OrganisationID(validated: "o-2"): text],
                batches: [try batch],
                factories: [site: factory1]
            )
        }
    }

    var factory: FactoryPage.Content {
        .init(
            progress: progress,
            organisation: text,
            edges: [
                .init(
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
                        accounts: []
                    ),
                    enrolledAt: now,
                    preparations: []
                )
            ],
            certificates: [
                SiteCertificate(
                    key: digest,
                    service: StationName(validated: text),
                    issuedAt: now,
                    notAfter: now,
                    revokedAt: nil
                )
            ],
            recent: series,
            alarms: [alarm],
            products: [product1]
        )
    }

    var person: Person {
        .init(
            id: someone,
            organisation: odm,
            name: text,
            email: text,
            roles: [.odmEngineer],
            officer: OfficerName(validated: text),
            isActive: true
        )
    }

    var organisation: Organisation { .init(id: odm, name: text, kind: .odm, createdAt: now) }

    var me: Me { .init(person: person, organisation: organisation, token: nil, session: nil) }

    var token: TokenView {
        .init(
            id: TokenID(validated: text),
            name: text,
            scopes: [.read],
            createdAt: now,
            expiresAt: now + 100,
            lastUsedAt: now,
            revokedAt: nil
        )
    }
}
