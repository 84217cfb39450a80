extension MatterError {
    public var remedy: String {
        switch self {
        case .keyNotOnCurve:
            "Get a fresh key from its owner; do not use this one."
        case .certificateTooLarge, .certificateMalformed, .certificateVersion, .certificateAlgorithm,
            .certificateSignatureEncoding, .certificateKeyType, .certificateSerial, .certificateValidity,
            .certificateName, .certificateVendorProduct, .certificateDuplicateExtension, .certificateBasicConstraints,
            .certificateKeyUsage, .certificateSubjectKeyIdentifier, .certificateAuthorityKeyIdentifier,
            .profileNullParameters, .profileBasicConstraints, .profileKeyUsage, .profileSubjectKeyIdentifier,
            .profileAuthorityKeyIdentifier, .profileVendorID, .profileProductID, .profileNotSelfIssued:
            "Have the certificate issued again by a CA that keeps Matter's profile (Matter 6.2.2)."
        case .chainPAIMissing, .chainDACVendor, .chainDACProduct, .chainPAIVendor, .chainDACExpired, .chainDACIssuer,
            .chainPAIIssuer, .chainUnknownCritical, .chainDACSignature, .chainPAISignature, .chainPAASignature,
            .chainPAIExpired, .chainPAAExpired:
            "Use the DAC, PAI and PAA that belong together, and check the clock where a time is named."
        case .chainPAANotFound:
            "Add the PAA to the trusted ones if the ledger lists it; a test PAA is never in the production ledger."
        case .lintTooLarge, .lintMalformed, .lintVersion, .lintSerial, .lintAlgorithm, .lintIssuer, .lintValidity,
            .lintSubject, .lintScope, .lintKey, .lintBasicConstraints, .lintKeyUsage, .lintSubjectKeyIdentifier,
            .lintAuthorityKeyIdentifier, .lintExtraExtension, .issuingSignature:
            "Nothing was issued. Compare profile, request and issuing certificate; this is a fault of the issuing program."
        case .serviceName, .serviceIssuer, .serviceProfile, .spake2pParameters, .tlvTooLarge, .tlvMalformed,
            .attestationChallenge:
            "Correct the named value and try again."
        case .requestTooLarge, .requestMalformed, .requestVersion, .requestAlgorithm, .requestKeyType,
            .requestSignature, .requestSubject, .requestDuplicateAttribute, .requestMissingAttribute,
            .requestAttribute, .requestUnknownAttribute:
            "Have the requester make a new request in the documented form."
        case .declarationTooLarge, .declarationEnvelope, .declarationVersion, .declarationAlgorithm,
            .declarationContentType, .declarationKeyIdentifier, .declarationSignerUnknown, .declarationSignature,
            .declarationContent, .declarationRange, .declarationTestKey, .declarationSignerCertificate:
            "Ask the certification body for the declaration of this product, unchanged; test keys are for laboratories only."
        case .declarationVendor, .declarationProduct, .declarationPAA:
            "Use the declaration, certificates and ids of one product."
        case .onboardingBase38, .onboardingPrefix, .onboardingLength, .onboardingVersion, .onboardingField,
            .onboardingDigits, .onboardingCheckDigit, .onboardingPasscode, .onboardingDiscriminator:
            "Print and scan the code that the factory data of this device gives."
        case .onboardingRandom, .spake2pScalar:
            "Stop and have the random source of this machine checked."
        case .attestationSignature, .attestationElements, .attestationNonce:
            "Repeat with a fresh nonce; if it fails again, fail the unit."
        }
    }

    /// The number of the reference implementation's AttestationVerificationResult, where this fault has one of its own.
    public var sdkNumber: Int? {
        switch self {
        case .chainPAANotFound: 101
        case .chainPAAExpired: 102
        case .chainPAASignature: 103
        case .chainPAIExpired: 200
        case .chainPAISignature: 201
        case .chainPAIVendor: 205
        case .chainPAIIssuer: 206
        case .chainPAIMissing: 207
        case .chainDACExpired: 300
        case .chainDACSignature: 301
        case .chainDACVendor: 305
        case .chainDACProduct: 306
        case .chainDACIssuer: 307
        case .attestationSignature: 500
        case .attestationElements: 501
        case .attestationNonce: 502
        case .declarationKeyIdentifier: 600
        case .declarationSignerUnknown, .declarationTestKey, .declarationSignerCertificate: 601
        case .declarationSignature: 602
        case .declarationTooLarge, .declarationEnvelope, .declarationVersion, .declarationAlgorithm,
            .declarationContentType, .declarationContent, .declarationRange:
            603
        case .declarationVendor: 604
        case .declarationProduct: 605
        case .declarationPAA: 606
        case .chainUnknownCritical: 702
        default: nil
        }
    }
}
