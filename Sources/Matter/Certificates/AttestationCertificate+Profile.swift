internal import Vocabulary

extension AttestationCertificate {
    /// Checks the profile of one kind (Matter 6.2.2.3 to 6.2.2.5). These are the rules for *reading*; what we issue is
    /// held to `CertificateLint`, which is stricter.
    ///
    /// Throws `matter.profile.*`.
    public func check(as kind: CertificateKind) throws {
        guard kind == .paa || !hasNullParameters else {
            throw Refusal(MatterError.profileNullParameters, kind.rawValue)
        }
        try checkBasicConstraints(kind)
        try checkKeyUsage(kind)
        guard subjectKeyIdentifier != nil else {
            throw Refusal(MatterError.profileSubjectKeyIdentifier, kind.rawValue)
        }
        try checkAuthorityKeyIdentifier(kind)
        try checkIdentifiers(kind)
        guard kind != .paa || issuer == subject else { throw Refusal(MatterError.profileNotSelfIssued) }
    }

    private func checkBasicConstraints(_ kind: CertificateKind) throws {
        guard let value = extensions.basicConstraints, value.isCritical else {
            throw Refusal(MatterError.profileBasicConstraints, "\(kind.rawValue): missing or not critical")
        }
        let isRight =
            switch kind {
            case .paa: value.isAuthority && (value.pathLength == nil || value.pathLength == 1)
            case .pai: value.isAuthority && value.pathLength == 0
            case .dac: !value.isAuthority && value.pathLength == nil
            }
        guard isRight else {
            let pathLength = value.pathLength.map(String.init) ?? "absent"
            throw Refusal(
                MatterError.profileBasicConstraints,
                "\(kind.rawValue): authority \(value.isAuthority), path length \(pathLength)"
            )
        }
    }

    private func checkKeyUsage(_ kind: CertificateKind) throws {
        guard let value = extensions.keyUsage, value.isCritical, !value.hasMore else {
            throw Refusal(MatterError.profileKeyUsage, "\(kind.rawValue): missing, not critical or with other bits")
        }
        let allowed: [UInt8] = kind == .dac ? [0x80] : [0x06, 0x86]
        guard allowed.contains(value.bits) else {
            throw Refusal(MatterError.profileKeyUsage, "\(kind.rawValue): bits \(Hex.encode([value.bits]))")
        }
    }

    private func checkAuthorityKeyIdentifier(_ kind: CertificateKind) throws {
        switch (kind, authorityKeyIdentifier) {
        case (.paa, nil): break
        case (.paa, let identifier) where identifier == subjectKeyIdentifier: break
        case (.pai, .some), (.dac, .some): break
        default: throw Refusal(MatterError.profileAuthorityKeyIdentifier, kind.rawValue)
        }
    }

    private func checkIdentifiers(_ kind: CertificateKind) throws {
        guard kind == .paa || vendorID != nil else { throw Refusal(MatterError.profileVendorID, kind.rawValue) }
        let isRight =
            switch kind {
            case .paa: productID == nil
            case .pai: true
            case .dac: productID != nil
            }
        guard isRight else { throw Refusal(MatterError.profileProductID, kind.rawValue) }
    }
}
