import Matter
import Vocabulary

/// Declarations of the laboratory's product, in order unless a test asks for something else.
enum DeclarationSample {
    static func declaration(
        kind: CertificationDeclaration.Kind = .development,
        origin: CertificationDeclaration.Origin? = nil,
        paas: [[UInt8]]? = nil,
        productIDs: [UInt16] = [0x8001]
    ) throws -> CertificationDeclaration {
        try CertificationDeclaration(
            vendorID: Laboratory.vendorID,
            productIDs: productIDs.map { ProductID($0) },
            deviceType: 0x100,
            certificateID: "ZIG20142ZB330001-24",
            versionNumber: 3,
            kind: kind,
            origin: origin,
            authorizedPAAs: paas
        )
    }

    static func signed(_ declaration: CertificationDeclaration) async throws -> SignedDeclaration {
        try await SignedDeclaration.create(declaration, signer: TestDeclarationKey.publicKey()) {
            try TestDeclarationKey.sign($0)
        }
    }

    /// What reading and verifying these octets is refused with.
    static func code(_ der: [UInt8]) throws -> String? {
        let signer = DeclarationSigner(publicKey: try TestDeclarationKey.publicKey())
        return try refusalCode { try SignedDeclaration(der: der).verify(signers: [signer]) }
    }
}
