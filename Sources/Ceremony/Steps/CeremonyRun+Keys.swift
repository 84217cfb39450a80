import FoundationEssentials
import Governance
import KeyCustody
import Matter
import Silicon
import Statements
import Vocabulary

// Keys and the certificates that stand on their own: all that needs one token alone.
extension CeremonyRun {
    func ceremonyKeys(_ token: (any Token)?) async throws {
        for generation in 1...file.rootAuthority.generation {
            try await key(.generation(.rootAuthority, generation), token)
        }
        if let paa = file.paa {
            let vendor = VendorID(paa.vendorID.value)
            try await key(.paa(vendor), token)
            try await paaCertificate(paa, vendor, token)
        }
        if let root = file.debugRoot {
            try await key(KeyName(.debugRoot), token)
            try await debugRootCertificate(root, token)
        }
        for firmware in file.firmwareKeys ?? [] {
            try await key(KeyName(.firmwareSigning, firmware.name.text), token)
        }
    }

    func portalKeys(_ token: (any Token)?) async throws {
        if let generation = file.roleKeys?.portalKeys.generation {
            for number in 1...generation {
                for role in [KeyRole.authorizer, .portal, .labelRecord] {
                    try await key(.generation(role, number), token)
                }
            }
            try await key(KeyName(.enrolmentCA), token)
        }
        for entry in file.productKeys ?? [] { try await productKey(entry, token) }
    }

    // MARK: - Key pairs

    /// Makes a key pair unless it is there, and keeps its public half in the state as PEM.
    private func key(_ name: KeyName, _ token: (any Token)?) async throws {
        let path = Self.publicKeyFile(name)
        let recorded = try state.read(path).map { try PublicKeyText.parse(String(decoding: $0, as: UTF8.self)) }
        let subject = "\(name) in \(tokenLabel(name))"
        let isThere = try await token?.has(name) ?? false
        if !isThere {
            // A key that was once recorded is never made again under the same name.
            guard recorded == nil else { throw Refusal(CeremonyError.keyLost, name.label) }
            guard !conditions.dryRun, let token else { return planned("key", subject, files: [path]) }
            try await token.generate(name)
        }
        guard let token else { return }
        let point = try await Self.publicKey(name, token)
        points[name] = point
        if let recorded {
            guard recorded == point else { throw Refusal(CeremonyError.keyLost, "\(name) is another key") }
            return unchanged("key", subject, keyID: point.keyID)
        }
        if conditions.dryRun { return planned("public-key", subject, files: [path]) }
        try made("key", subject, keyID: point.keyID, files: [(path, Array(PublicKeyText.pem(point).utf8))])
    }

    private static func publicKey(_ name: KeyName, _ token: any Token) async throws -> P256Point {
        name.role == .labelRecord
            ? try await token.agreementKey(name).publicKey : try await token.signingKey(name).publicKey
    }

    private static func publicKeyFile(_ name: KeyName) -> String {
        "public/\(name.label.replacing("/", with: "-")).pem"
    }

    private func tokenLabel(_ name: KeyName) -> String {
        switch name.role {
        case .rootAuthority, .paa, .debugRoot, .firmwareSigning: file.tokens.ceremony.token.label
        default: file.tokens.portal.token.label
        }
    }

    // MARK: - Product keys

    private func productKey(_ entry: CeremonyFile.ProductKey, _ token: (any Token)?) async throws {
        let name = KeyName.product(entry.product, version: entry.version, slot: entry.slot, kind: entry.kind)
        let path = StateFolder.productKey(entry)
        let recorded = try state.read(path).map { try ReviewedJSON.decode(ProductKeyRecord.self, from: $0) }
        if try await token?.has(name) != true {
            guard recorded == nil else { throw Refusal(CeremonyError.keyLost, name.label) }
            guard !conditions.dryRun, let token else { return planned("product-key", name.label, files: [path]) }
            try await makeProductKey(entry, name, token)
        }
        guard let token else { return }
        let record = ProductKeyRecord(
            product: entry.product,
            version: entry.version,
            slot: entry.slot,
            kind: entry.kind,
            checkValue: Hex.encode(try await token.checkValue(name)),
            importedInClear: try await token.isImportedInClear(name)
        )
        if let recorded {
            guard recorded == record else { throw Refusal(CeremonyError.keyLost, "\(name) is another key") }
            return unchanged("product-key", name.label)
        }
        guard !record.importedInClear || !isProduction else {
            throw Refusal(GovernanceError.productKeyInClear, name.label)
        }
        if conditions.dryRun { return planned("product-key", name.label, files: [path]) }
        try made("product-key", name.label, files: [(path, StatementCoding.encode(record))])
    }

    private func makeProductKey(_ entry: CeremonyFile.ProductKey, _ name: KeyName, _ token: any Token) async throws {
        guard let source = entry.knownValueFile else { return try await token.generate(name) }
        #if DEBUG
        // For tests that search memory and traffic for a key they know. Release builds can't.
        guard let lab = token as? any LabToken, !isProduction else {
            throw Refusal(CeremonyError.labOnly, name.label)
        }
        let text = String(decoding: try StateFile.read(source, limit: 128), as: UTF8.self)
        try await lab.importInClear(name, value: Secret(try Hex.decode(text.prefix { !$0.isWhitespace })))
        #else
        throw Refusal(CeremonyError.labOnly, "\(name.label): \(source)")
        #endif
    }

    // MARK: - PAA and debug root

    private func paaCertificate(_ paa: CeremonyFile.PAA, _ vendor: VendorID, _ token: (any Token)?) async throws {
        let path = StateFolder.paa(vendor)
        let subject = "\(paa.commonName), vendor \(vendor)"
        if let der = try state.read(path) {
            let certificate = try AttestationCertificate(der: der)
            try certificate.check(as: .paa)
            let name = try MatterName(commonName: paa.commonName, vendorID: vendor, productID: nil)
            guard certificate.subject == name, certificate.notBefore == paa.notBefore else {
                throw Refusal(CeremonyError.differs, path)
            }
            guard points[.paa(vendor)] == certificate.publicKey || token == nil else {
                throw Refusal(CeremonyError.keyLost, "\(path) is of another key")
            }
            return unchanged("paa-certificate", subject, keyID: certificate.publicKey.keyID)
        }
        guard !conditions.dryRun, let token else { return planned("paa-certificate", subject, files: [path]) }
        let key = try await token.signingKey(.paa(vendor))
        let profile = try CertificateProfile.paa(
            commonName: paa.commonName,
            vendorID: vendor,
            publicKey: key.publicKey,
            serial: CertificateSerial(random: FreshBytes.make(CertificateSerial.size)),
            notBefore: paa.notBefore
        )
        let certificate = try await CertificateIssuing.issue(
            ToBeSignedCertificate(profile),
            as: .paa,
            issuer: nil,
            expected: CertificateExpectation(
                publicKey: key.publicKey,
                vendorID: vendor,
                productID: nil,
                serial: profile.serial,
                commonName: paa.commonName,
                notBefore: paa.notBefore
            ),
            sign: { try await key.sign($0) }
        )
        try made("paa-certificate", subject, keyID: key.publicKey.keyID, files: [(path, certificate.der)])
    }

    private func debugRootCertificate(_ root: CeremonyFile.DebugRoot, _ token: (any Token)?) async throws {
        let path = StateFolder.debugRoot
        if let bytes = try state.read(path) {
            let certificate = try ADACCertificate(parsing: bytes)
            guard certificate.fields.role == .root, certificate.fields.permissions == root.permissions,
                certificate.isSigned(by: certificate.fields.key)
            else { throw Refusal(CeremonyError.differs, path) }
            guard points[KeyName(.debugRoot)] == certificate.fields.key || token == nil else {
                throw Refusal(CeremonyError.keyLost, "\(path) is of another key")
            }
            return unchanged("debug-root-certificate", path, keyID: certificate.fields.key.keyID)
        }
        guard !conditions.dryRun, let token else { return planned("debug-root-certificate", path, files: [path]) }
        let key = try await token.signingKey(KeyName(.debugRoot))
        let fields = ADACCertificateFields(role: .root, key: key.publicKey, permissions: root.permissions)
        let certificate = ADACCertificate(fields: fields, signature: try await key.sign(fields.toBeSigned))
        guard certificate.isSigned(by: key.publicKey) else { throw Refusal(StatementError.badSignature, path) }
        try made("debug-root-certificate", path, keyID: key.publicKey.keyID, files: [(path, certificate.encoded)])
    }
}
