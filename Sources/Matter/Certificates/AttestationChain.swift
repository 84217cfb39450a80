public import Vocabulary

/// What the judge of a chain found.
public struct AttestationJudgement: Sendable, Hashable {
    /// Nil when the chain is good.
    public let refusal: Refusal?
    /// The reference implementation's AttestationVerificationResult: 0 is success.
    public let sdkNumber: Int
    /// The trust anchor that was used, once it was found.
    public let paa: AttestationCertificate?
}

/// Checks DAC → PAI → PAA (Matter 6.2.3.1), in the order of the reference implementation.
public enum AttestationChain {
    /// Throws the refusal of `judge`; returns the trust anchor.
    @discardableResult
    public static func verify(
        dac: AttestationCertificate,
        pai: AttestationCertificate,
        paas: [AttestationCertificate],
        at now: Instant? = nil
    ) throws -> AttestationCertificate {
        var progress = Progress()
        return try check(dac: dac, pai: pai, paas: paas, at: now, &progress)
    }

    /// Judges certificates as they came. Each is held to `AttestationCertificate.sizeLimit`.
    ///
    /// The PAI and the PAA must be valid at the DAC's notBefore, not today. The DAC itself is judged at `now`; nil
    /// means that there is no clock, and then only the issuing time counts.
    public static func judge(
        dac: [UInt8],
        pai: [UInt8]?,
        paas: [AttestationCertificate],
        at now: Instant? = nil
    ) -> AttestationJudgement {
        var progress = Progress()
        do {
            guard let pai else { throw Refusal(MatterError.chainPAIMissing) }
            progress.stage = 203
            let intermediate = try AttestationCertificate(der: pai)
            try intermediate.check(as: .pai)
            progress.stage = 303
            let leaf = try AttestationCertificate(der: dac)
            _ = try check(dac: leaf, pai: intermediate, paas: paas, at: now, &progress)
            return AttestationJudgement(refusal: nil, sdkNumber: 0, paa: progress.paa)
        } catch let refusal as Refusal {
            let number = MatterError(rawValue: refusal.code)?.sdkNumber ?? progress.stage
            return AttestationJudgement(refusal: refusal, sdkNumber: number, paa: progress.paa)
        } catch {
            let refusal = Refusal(MatterError.certificateMalformed)
            return AttestationJudgement(refusal: refusal, sdkNumber: progress.stage, paa: progress.paa)
        }
    }

    /// Was `evaluated` valid at the moment from which `reference` is (its notBefore)?
    public static func wasValid(
        _ evaluated: AttestationCertificate,
        whenIssuing reference: AttestationCertificate
    )
        -> Bool
    { evaluated.isValid(at: reference.notBefore) }

    /// Where the check stands: the number that a fault without a number of its own gets, and what was found so far.
    private struct Progress {
        var stage = 303
        var paa: AttestationCertificate?
    }

    private static func check(
        dac: AttestationCertificate,
        pai: AttestationCertificate,
        paas: [AttestationCertificate],
        at now: Instant?,
        _ progress: inout Progress
    ) throws -> AttestationCertificate {
        progress.stage = 203
        try pai.check(as: .pai)
        progress.stage = 303
        try dac.check(as: .dac)
        try checkScope(dac: dac, pai: pai)
        let paa = try anchor(of: pai, in: paas)
        progress.paa = paa
        progress.stage = 105
        try paa.check(as: .paa)
        try checkScope(pai: pai, paa: paa)
        if let now, !dac.isValid(at: now) {
            throw Refusal(MatterError.chainDACExpired, "valid \(dac.notBefore) to \(dac.notAfter), judged at \(now)")
        }
        try checkLinks(dac: dac, pai: pai, paa: paa)
        return paa
    }

    static func checkScope(dac: AttestationCertificate, pai: AttestationCertificate) throws {
        guard dac.vendorID == pai.vendorID else {
            throw Refusal(MatterError.chainDACVendor, differ(dac.vendorID, pai.vendorID))
        }
        guard pai.productID == nil || pai.productID == dac.productID else {
            throw Refusal(MatterError.chainDACProduct, differ(dac.productID, pai.productID))
        }
    }

    static func checkScope(pai: AttestationCertificate, paa: AttestationCertificate) throws {
        guard paa.vendorID == nil || paa.vendorID == pai.vendorID else {
            throw Refusal(MatterError.chainPAIVendor, differ(pai.vendorID, paa.vendorID))
        }
    }

    /// The PAA whose key identifier the PAI names; among several, the one that also has the issuer's name.
    static func anchor(
        of pai: AttestationCertificate,
        in paas: [AttestationCertificate]
    ) throws -> AttestationCertificate {
        let candidates = paas.filter { $0.subjectKeyIdentifier == pai.authorityKeyIdentifier }
        guard let paa = candidates.first(where: { $0.subject == pai.issuer }) ?? candidates.first else {
            throw Refusal(MatterError.chainPAANotFound, Hex.encode(pai.authorityKeyIdentifier ?? []))
        }
        return paa
    }

    private static func checkLinks(
        dac: AttestationCertificate,
        pai: AttestationCertificate,
        paa: AttestationCertificate
    ) throws {
        try checkName(dac: dac, pai: pai)
        try checkName(pai: pai, paa: paa)
        try checkCritical([dac, pai, paa])
        try checkSignature(dac: dac, pai: pai)
        try checkSignatures(pai: pai, paa: paa)
        try checkValidity(pai: pai, paa: paa, whenIssuing: dac)
    }

    static func checkName(dac: AttestationCertificate, pai: AttestationCertificate) throws {
        guard dac.issuer == pai.subject, dac.authorityKeyIdentifier == pai.subjectKeyIdentifier else {
            throw Refusal(MatterError.chainDACIssuer)
        }
    }

    static func checkName(pai: AttestationCertificate, paa: AttestationCertificate) throws {
        guard pai.issuer == paa.subject else { throw Refusal(MatterError.chainPAIIssuer) }
    }

    static func checkCritical(_ certificates: [AttestationCertificate]) throws {
        for certificate in certificates {
            guard let unknown = certificate.extensions.unknownCritical.first else { continue }
            throw Refusal(MatterError.chainUnknownCritical, Hex.encode(unknown))
        }
    }

    static func checkSignature(dac: AttestationCertificate, pai: AttestationCertificate) throws {
        guard dac.isSigned(by: pai.publicKey) else { throw Refusal(MatterError.chainDACSignature) }
    }

    static func checkSignatures(pai: AttestationCertificate, paa: AttestationCertificate) throws {
        guard pai.isSigned(by: paa.publicKey) else { throw Refusal(MatterError.chainPAISignature) }
        guard paa.isSigned(by: paa.publicKey) else { throw Refusal(MatterError.chainPAASignature) }
    }

    static func checkValidity(
        pai: AttestationCertificate,
        paa: AttestationCertificate,
        whenIssuing dac: AttestationCertificate
    ) throws {
        guard wasValid(pai, whenIssuing: dac) else {
            throw Refusal(MatterError.chainPAIExpired, "at \(dac.notBefore)")
        }
        guard wasValid(paa, whenIssuing: dac) else {
            throw Refusal(MatterError.chainPAAExpired, "at \(dac.notBefore)")
        }
    }

    private static func differ(
        _ left: (any CustomStringConvertible)?,
        _ right: (any CustomStringConvertible)?
    )
        -> String
    { "\(left?.description ?? "none") and \(right?.description ?? "none")" }
}
