import Crypto
import Foundation
import Statements
import Vocabulary

/// One good statement of each kind, the same at every run.
enum Samples {
    static func signer(_ name: String) throws -> TestSigner { try TestSigner(name) }
    static let now = Instant(seconds: 1_795_340_000)

    static func digest(_ name: String) -> Digest256 { Digest256.of(name.utf8) }

    static func roleKeys(
        version: Int = 1,
        previous: Digest256? = nil,
        root: String = "root",
        officers: [String] = ["ada", "ben", "cem"],
        threshold: Int = 2
    ) throws -> RoleKeys {
        RoleKeys(
            oem: "Example OEM",
            version: version,
            previous: previous,
            root: try signer(root).point,
            officers: try officers.map { RoleKeys.Officer(name: try OfficerName($0), key: try signer($0).point) },
            threshold: threshold,
            authorizer: try signer("authorizer").point,
            portal: try signer("portal").point,
            labelRecord: try signer("label").point,
            issuedAt: now,
            expiresAt: now + 10_000_000
        )
    }

    static func enrolment() throws -> EdgeHSMEnrolment {
        EdgeHSMEnrolment(
            edgeHSM: try EdgeHSMID("edge-1"),
            factory: try FactoryID("shenzhen"),
            identity: try signer("edge").point,
            seal: try signer("seal").point,
            transport: Octets([UInt8](repeating: 0x30, count: 422)),
            tokenSerial: "0123456789abcdef",
            assurance: "hardware",
            issuedAt: now
        )
    }

    static func approval(sequence: Int = 1, previous: Digest256? = nil) throws -> VersionApproval {
        VersionApproval(
            product: try ProductName("lamp"),
            vendorID: VendorID(0xFFF1),
            productID: ProductID(0x8000),
            version: "1.0.0",
            manifest: digest("manifest"),
            lifetimeTotal: 1_000,
            allotments: [
                .init(edgeHSM: try EdgeHSMID("edge-1"), units: 600),
                .init(edgeHSM: try EdgeHSMID("edge-2"), units: 400),
            ],
            sequence: sequence,
            previous: previous,
            allowances: .init(debugUnlocks: 3, reprovisions: 2, rotations: 1),
            rules: .init(largestBatch: 500, longestWindow: 864_000, chipIdentity: .none, longestSilence: 86_400),
            fleetKeyExceptions: [.init(slot: try KeySlot("ota"), mostUnits: 50)],
            issuedAt: now,
            expiresAt: now + 10_000_000
        )
    }

    /// Allotment moves from one EdgeHSM to the other on the strength of an order.
    static func moved() throws -> VersionApproval {
        VersionApproval(
            product: try ProductName("lamp"),
            vendorID: VendorID(0xFFF1),
            productID: ProductID(0x8000),
            version: "1.0.1",
            manifest: digest("manifest"),
            lifetimeTotal: 1_000,
            allotments: [
                .init(edgeHSM: try EdgeHSMID("edge-1"), units: 500),
                .init(edgeHSM: try EdgeHSMID("edge-2"), units: 500),
            ],
            sequence: 2,
            previous: digest("approval"),
            allowances: .init(debugUnlocks: 3, reprovisions: 2, rotations: 1),
            rules: .init(chipIdentity: .none),
            releases: [digest("order")],
            issuedAt: now,
            expiresAt: now + 10_000_000
        )
    }

    static func orders() throws -> [OfficerOrder] {
        let (edge, product) = (try EdgeHSMID("edge-1"), try ProductName("lamp"))
        let orders: [OfficerOrder.Order] = [
            .revoke(.authorization(digest("authorization"))), .revoke(.edgeHSM(edge)),
            .resetClock(edgeHSM: edge, nonce: try Nonce(digest("nonce").bytes), time: now),
            .releaseAllotment(edgeHSM: edge, product: product, units: 10, sequence: 3),
            .retireEdgeHSM(edgeHSM: edge, product: product, remainder: 12, sequence: 3),
        ]
        return orders.map { OfficerOrder(order: $0, reason: "a reason", issuedAt: now, expiresAt: now + 86_400) }
    }

    static func status() throws -> PortalStatus {
        PortalStatus(
            edgeHSM: try EdgeHSMID("edge-1"),
            time: now,
            nonce: try Nonce(digest("nonce").bytes),
            revokedAuthorizations: [digest("a"), digest("b")],
            closeAuthorizations: [digest("c")],
            roleKeysVersion: 1,
            storedSize: 12,
            storedRoot: digest("root")
        )
    }

    static func preparation() throws -> ProductPreparation {
        ProductPreparation(
            edgeHSM: try EdgeHSMID("edge-1"),
            product: try ProductName("lamp"),
            vendorID: VendorID(0xFFF1),
            productID: ProductID(0x8000),
            paiRequest: Octets([UInt8](repeating: 0x30, count: 300)),
            debugKey: try signer("debug").point,
            preparedAt: now
        )
    }

    static func authorization() throws -> ProductionAuthorization {
        ProductionAuthorization(
            product: try ProductName("lamp"),
            approval: digest("approval"),
            manifest: digest("manifest"),
            edgeHSM: try EdgeHSMID("edge-1"),
            factory: try FactoryID("shenzhen"),
            batch: try BatchName("b1"),
            quantity: 50,
            serials: .init(prefix: "L", first: 1, digits: 8),
            notBefore: now,
            notAfter: now + 86_400,
            debugUnlocks: .init(count: 3, notAfter: now + 864_000),
            reprovisions: .init(count: 2, notAfter: now + 864_000),
            rotations: .init(count: 0, notAfter: now),
            roleKeysVersion: 1,
            issuedAt: now
        )
    }

    static func package() throws -> ProductionPackage {
        ProductionPackage(
            edgeHSM: try EdgeHSMID("edge-1"),
            authorization: digest("authorization"),
            sealed: digest("sealed"),
            encapsulated: try signer("ephemeral").point,
            roleKeysVersion: 1,
            issuedAt: now
        )
    }

    static func permit() throws -> ProgrammingPermit {
        ProgrammingPermit(
            edgeHSM: try EdgeHSMID("edge-1"),
            authorization: digest("authorization"),
            unit: digest("unit"),
            chipUID: try ChipUID([UInt8](repeating: 7, count: 16)),
            firmware: digest("firmware"),
            factoryData: digest("factory data"),
            secureBootKey: try signer("boot").point,
            debugRoot: digest("debug"),
            socClass: 7,
            attestationNonce: try Nonce(digest("nonce").bytes),
            attestationChallenge: "000102030405060708090a0b0c0d0e0f",
            expiresAt: now + 600
        )
    }

    static func checkpoint() throws -> Checkpoint {
        Checkpoint(
            edgeHSM: try EdgeHSMID("edge-1"),
            epoch: 3,
            size: 120,
            root: digest("root"),
            time: now,
            portalNonce: try Nonce(digest("nonce").bytes),
            roleKeysVersion: 1,
            accounts: [
                .init(
                    authorization: digest("authorization"),
                    granted: 50,
                    issued: 20,
                    burned: 2,
                    returned: 0,
                    remaining: 28
                )
            ],
            softwareVersion: "1.0.0"
        )
    }

    static func transcript() throws -> CeremonyTranscript {
        CeremonyTranscript(
            oem: "Example OEM",
            number: 1,
            previous: nil,
            ceremonyFile: digest("file"),
            purpose: "First ceremony",
            participants: ["Ada", "Ben"],
            tool: "obis 1.0.0",
            root: try signer("root").point,
            steps: [
                .init(
                    action: "key",
                    subject: "root-authority in ceremony",
                    keyID: try signer("root").point.keyID,
                    outputs: [.init(file: "public/root-authority.pem", digest: digest("pem"))],
                    at: now
                )
            ],
            startedAt: now,
            finishedAt: now + 60
        )
    }

    static func manifest() throws -> Manifest {
        Manifest(
            product: try ProductName("lamp"),
            version: "1.0.0",
            vendorID: VendorID(0xFFF1),
            productID: ProductID(0x8000),
            deviceType: 0x0100,
            family: "virtual-v",
            firmware: .init(
                format: "mcuboot",
                digest: digest("firmware"),
                size: 4_096,
                verificationKey: try signer("boot").point,
                softwareVersion: 100
            ),
            certificationDeclaration: digest("cd"),
            commissioning: .init(flow: 0, discovery: 2, iterations: 1_000),
            factoryData: .init(
                encoding: "nordic-cbor",
                vendorName: "Example",
                productName: "Lamp",
                productLabel: "",
                productURL: "",
                partNumber: "",
                hardwareVersion: 1,
                hardwareVersionString: "1.0"
            ),
            chipIdentity: .none,
            vendorRoots: [],
            keys: [.init(slot: try KeySlot("ota"), kind: .perUnit, checkValue: "000102030405060708090a0b0c0d0e0f")],
            chipSecurity: .init(
                secureBootKey: try signer("boot").point.keyID,
                debugRoot: digest("debug"),
                socClass: 7,
                debugPermissions: "03000000000000000000000000000000",
                openPortReadsKeys: false
            ),
            paa: Octets([UInt8](repeating: 0x30, count: 450))
        )
    }
}
