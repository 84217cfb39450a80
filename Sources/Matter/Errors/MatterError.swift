public import Vocabulary

/// Everything that this module refuses.
public enum MatterError: String, ErrorCatalogue {
    // A key.
    case keyNotOnCurve = "matter.key.not-on-curve"

    // Reading a certificate.
    case certificateTooLarge = "matter.certificate.too-large"
    case certificateMalformed = "matter.certificate.malformed"
    case certificateVersion = "matter.certificate.version"
    case certificateAlgorithm = "matter.certificate.signature-algorithm"
    case certificateSignatureEncoding = "matter.certificate.signature-encoding"
    case certificateKeyType = "matter.certificate.key-type"
    case certificateSerial = "matter.certificate.serial"
    case certificateValidity = "matter.certificate.validity"
    case certificateName = "matter.certificate.name"
    case certificateVendorProduct = "matter.certificate.vendor-product-id"
    case certificateDuplicateExtension = "matter.certificate.duplicate-extension"
    case certificateBasicConstraints = "matter.certificate.basic-constraints"
    case certificateKeyUsage = "matter.certificate.key-usage"
    case certificateSubjectKeyIdentifier = "matter.certificate.subject-key-id"
    case certificateAuthorityKeyIdentifier = "matter.certificate.authority-key-id"

    // The profile of PAA, PAI or DAC.
    case profileNullParameters = "matter.profile.null-parameters"
    case profileBasicConstraints = "matter.profile.basic-constraints"
    case profileKeyUsage = "matter.profile.key-usage"
    case profileSubjectKeyIdentifier = "matter.profile.subject-key-id"
    case profileAuthorityKeyIdentifier = "matter.profile.authority-key-id"
    case profileVendorID = "matter.profile.vendor-id"
    case profileProductID = "matter.profile.product-id"
    case profileNotSelfIssued = "matter.profile.not-self-issued"

    // The chain.
    case chainPAIMissing = "matter.chain.pai-missing"
    case chainDACVendor = "matter.chain.dac-vendor-id"
    case chainDACProduct = "matter.chain.dac-product-id"
    case chainPAANotFound = "matter.chain.paa-not-found"
    case chainPAIVendor = "matter.chain.pai-vendor-id"
    case chainDACExpired = "matter.chain.dac-not-valid"
    case chainDACIssuer = "matter.chain.dac-issuer"
    case chainPAIIssuer = "matter.chain.pai-issuer"
    case chainUnknownCritical = "matter.chain.unknown-critical-extension"
    case chainDACSignature = "matter.chain.dac-signature"
    case chainPAISignature = "matter.chain.pai-signature"
    case chainPAASignature = "matter.chain.paa-signature"
    case chainPAIExpired = "matter.chain.pai-not-valid"
    case chainPAAExpired = "matter.chain.paa-not-valid"

    // The last look before signing a certificate.
    case lintTooLarge = "matter.lint.too-large"
    case lintMalformed = "matter.lint.malformed"
    case lintVersion = "matter.lint.version"
    case lintSerial = "matter.lint.serial"
    case lintAlgorithm = "matter.lint.signature-algorithm"
    case lintIssuer = "matter.lint.issuer"
    case lintValidity = "matter.lint.validity"
    case lintSubject = "matter.lint.subject"
    case lintScope = "matter.lint.scope"
    case lintKey = "matter.lint.public-key"
    case lintBasicConstraints = "matter.lint.basic-constraints"
    case lintKeyUsage = "matter.lint.key-usage"
    case lintSubjectKeyIdentifier = "matter.lint.subject-key-id"
    case lintAuthorityKeyIdentifier = "matter.lint.authority-key-id"
    case lintExtraExtension = "matter.lint.extra-extension"

    // Issuing.
    case issuingSignature = "matter.issuing.signature"
    case serviceName = "matter.service.name"
    case serviceIssuer = "matter.service.issuer"
    case serviceProfile = "matter.service.profile"

    // A certificate request.
    case requestTooLarge = "matter.request.too-large"
    case requestMalformed = "matter.request.malformed"
    case requestVersion = "matter.request.version"
    case requestAlgorithm = "matter.request.signature-algorithm"
    case requestKeyType = "matter.request.key-type"
    case requestSignature = "matter.request.signature"
    case requestSubject = "matter.request.subject"
    case requestDuplicateAttribute = "matter.request.duplicate-attribute"
    case requestMissingAttribute = "matter.request.missing-attribute"
    case requestAttribute = "matter.request.attribute"
    case requestUnknownAttribute = "matter.request.unknown-attribute"

    // The Certification Declaration.
    case declarationTooLarge = "matter.declaration.too-large"
    case declarationEnvelope = "matter.declaration.envelope"
    case declarationVersion = "matter.declaration.cms-version"
    case declarationAlgorithm = "matter.declaration.algorithm"
    case declarationContentType = "matter.declaration.content-type"
    case declarationKeyIdentifier = "matter.declaration.signer-id"
    case declarationSignerUnknown = "matter.declaration.signer-unknown"
    case declarationSignature = "matter.declaration.signature"
    case declarationContent = "matter.declaration.content"
    case declarationRange = "matter.declaration.field-range"
    case declarationTestKey = "matter.declaration.test-key"
    case declarationSignerCertificate = "matter.declaration.signer-certificate"
    case declarationVendor = "matter.declaration.vendor-id"
    case declarationProduct = "matter.declaration.product-id"
    case declarationPAA = "matter.declaration.paa"

    // Onboarding.
    case onboardingBase38 = "matter.onboarding.base38"
    case onboardingPrefix = "matter.onboarding.prefix"
    case onboardingLength = "matter.onboarding.length"
    case onboardingVersion = "matter.onboarding.version"
    case onboardingField = "matter.onboarding.field"
    case onboardingDigits = "matter.onboarding.digits"
    case onboardingCheckDigit = "matter.onboarding.check-digit"
    case onboardingPasscode = "matter.onboarding.passcode"
    case onboardingDiscriminator = "matter.onboarding.discriminator"
    case onboardingRandom = "matter.onboarding.random-source"
    case spake2pParameters = "matter.spake2p.parameters"
    case spake2pScalar = "matter.spake2p.scalar"

    // Matter TLV.
    case tlvTooLarge = "matter.tlv.too-large"
    case tlvMalformed = "matter.tlv.malformed"

    // Device attestation.
    case attestationSignature = "matter.attestation.signature"
    case attestationElements = "matter.attestation.elements"
    case attestationNonce = "matter.attestation.nonce"
    case attestationChallenge = "matter.attestation.challenge"
}
