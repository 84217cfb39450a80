import EdgeHSMDaemon
import KeyCustody
import PKCS11Token
import Statements
import Vocabulary

extension OEMWorld {
    /// What to change before things are signed, so that a test attacks one thing only.
    struct Alterations {
        var edgeHSM = OEMWorld.edgeID
        var sealedTo: P256Point?
        var approvers = [0, 1]
        var authorizerOfPackage: SoftwareKey?
        var declaration: [UInt8]?
        var sealedForAuthorization: Digest256?
        var flipSealedOctet = false
        var version = "1.0"
        var batch = "B1"
        var quantity = 10
        var rules: VersionApproval.Rules?
        /// Seconds of the window; the allowances last twice as long.
        var lasting: Int64 = 10_000
    }

    /// The product's approval, under other rules where some are given.
    private func approval(under rules: VersionApproval.Rules?) -> VersionApproval {
        VersionApproval(
            product: approval.product,
            vendorID: approval.vendorID,
            productID: approval.productID,
            version: approval.version,
            manifest: approval.manifest,
            lifetimeTotal: approval.lifetimeTotal,
            allotments: approval.allotments,
            sequence: approval.sequence,
            previous: approval.previous,
            allowances: approval.allowances,
            rules: rules ?? approval.rules,
            issuedAt: approval.issuedAt,
            expiresAt: approval.expiresAt
        )
    }

    /// Each batch has serials of its own; B1's are `BU000001` and on.
    static func serials(of batch: String = "B1") -> ProductionAuthorization.SerialRange {
        let prefix = batch == "B1" ? "BU" : String(Digest256.of(batch.utf8).hex.prefix(8)).uppercased()
        return .init(prefix: prefix, first: 1, digits: 6)
    }

    func authorization(
        _ approvalID: Digest256,
        edgeHSM: EdgeHSMID = edgeID,
        batch: String = "B1",
        quantity: Int = 10,
        lasting: Int64 = 10_000
    ) -> ProductionAuthorization {
        ProductionAuthorization(
            product: Self.product,
            approval: approvalID,
            manifest: Digest256.of(manifestBytes),
            edgeHSM: edgeHSM,
            factory: FactoryID(validated: "factory-1"),
            batch: BatchName(validated: batch),
            quantity: quantity,
            serials: Self.serials(of: batch),
            notBefore: Self.now + -100,
            notAfter: Self.now + lasting,
            debugUnlocks: .init(count: 1, notAfter: Self.now + 2 * lasting),
            reprovisions: .init(count: 1, notAfter: Self.now + 2 * lasting),
            rotations: .init(count: 1, notAfter: Self.now + 2 * lasting),
            roleKeysVersion: 1,
            issuedAt: Self.now + -50
        )
    }

    func package(_ alterations: Alterations = Alterations()) async throws -> [UInt8] {
        var approval = try approval(under: alterations.rules).unsigned()
        for index in alterations.approvers { approval = try officers[index].signed(approval) }
        let authorization = try authorizer.signed(
            authorization(
                approval.statementID,
                edgeHSM: alterations.edgeHSM,
                batch: alterations.batch,
                quantity: alterations.quantity,
                lasting: alterations.lasting
            ).unsigned()
        )
        let contents = PackageContents(
            authorization: authorization,
            approval: approval,
            manifest: Octets(manifestBytes),
            keys: wrappedKeys,
            certificationDeclaration: Octets(alterations.declaration ?? declaration)
        )
        let recipient: P256Point
        if let other = alterations.sealedTo {
            recipient = other
        } else {
            recipient = try await edge.agreementKey(KeyName(.edgeSeal)).publicKey
        }
        let message = try HPKESealer.seal(
            StatementCoding.encode(contents),
            to: recipient,
            info: ProductionPackage.sealInfo,
            aad: ProductionPackage.sealContext(
                edgeHSM: alterations.edgeHSM,
                authorization: alterations.sealedForAuthorization ?? authorization.statementID
            )
        )
        let outside = ProductionPackage(
            edgeHSM: alterations.edgeHSM,
            authorization: authorization.statementID,
            sealed: Digest256.of(message.ciphertext),
            encapsulated: message.encapsulated,
            roleKeysVersion: 1,
            issuedAt: Self.now + -40
        )
        var sealed = message.ciphertext
        if alterations.flipSealedOctet { sealed[sealed.count / 2] ^= 1 }
        let signer = alterations.authorizerOfPackage ?? authorizer
        return try StatementCoding.encode(
            PackageFile(package: signer.signed(outside.unsigned()), sealed: Octets(sealed))
        )
    }

    func batch(_ opened: OpenedPackage) -> Batch {
        Batch(
            id: opened.authorization.id,
            authorization: opened.authorization.content,
            approval: opened.approval.content,
            manifest: opened.manifest,
            certificationDeclaration: opened.certificationDeclaration,
            certificates: certificates
        )
    }
}
