public import Vocabulary

/// The chip's side of ADAC: one session, from AuthStart to the token. A value without clock or randomness of its own.
///
/// A challenge dies with the first token, the first refused certificate, a new AuthStart, or a close.
public struct ADACTargetSession: Sendable {
    /// What a handled packet means to the chip.
    public enum Effect: Hashable, Sendable {
        case none
        case granted(ADACPermissions)
        case closed
    }

    /// What can be asked of this chip, apart from certificates.
    public struct Description: Sendable {
        /// Without a fused debug root nothing can be authenticated.
        public let target: ADACTarget?
        public let socID: ChipUID
        public let socClass: UInt32
        public let lifecycle: UInt16
        public let hardwarePermissions: ADACPermissions

        public init(
            target: ADACTarget?,
            socID: ChipUID,
            socClass: UInt32,
            lifecycle: UInt16,
            hardwarePermissions: ADACPermissions
        ) {
            self.target = target
            self.socID = socID
            self.socClass = socClass
            self.lifecycle = lifecycle
            self.hardwarePermissions = hardwarePermissions
        }
    }

    private var challenge: ADACChallenge?
    private var certificates: [ADACCertificate] = []

    public init() {}

    /// - Parameter fresh: 32 octets from the chip's random generator, used only by AuthStart.
    /// - Throws: `adac.*` with the reason why a packet is refused; `response(to:)` turns it into a status.
    public mutating func handle(
        _ packet: [UInt8],
        chip: Description,
        fresh: () -> Nonce
    ) throws -> (
        ADACResponse, Effect
    ) {
        let request = try ADACRequest(parsing: packet)
        switch request.command {
        case .discovery: return try (discovery(request, chip), .none)
        case .authStart: return try (start(request, chip, fresh), .none)
        case .authResponse: return try authenticate(request, chip)
        case .closeSession, .lockDebug:
            forget()
            return (ADACResponse(.success), .closed)
        case .resumeBoot, .lifecycleChange: return (ADACResponse(.unsupported), .none)
        case nil: return (ADACResponse(.invalidCommand), .none)
        }
    }

    public mutating func forget() {
        challenge = nil
        certificates = []
    }

    private func discovery(_ request: ADACRequest, _ chip: Description) throws -> ADACResponse {
        guard request.data.isEmpty else { throw ADACEncoding.malformed("discovery") }
        let records = [
            ADACRecord(.version, ADACEncoding.version), ADACRecord(.socClass, chip.socClass.littleEndianBytes),
            ADACRecord(.socID, chip.socID.bytes), ADACRecord(.hardwarePermissions, chip.hardwarePermissions.bytes),
            ADACRecord(.lifecycle, chip.lifecycle.littleEndianBytes),
            ADACRecord(.tokenFormats, ADACRecord.Kind.token.rawValue.littleEndianBytes),
            ADACRecord(.certificateFormats, ADACRecord.Kind.certificate.rawValue.littleEndianBytes),
            ADACRecord(.cryptosystems, [ADACEncoding.p256]),
        ]
        return ADACResponse(.success, data: records.flatMap(\.encoded))
    }

    private mutating func start(
        _ request: ADACRequest,
        _ chip: Description,
        _ fresh: () -> Nonce
    ) throws
        -> ADACResponse
    {
        guard request.data.isEmpty else { throw ADACEncoding.malformed("AuthStart") }
        guard chip.target != nil else { throw Refusal(SiliconError.adacRootUnknown, "no debug root is fused") }
        forget()
        let new = ADACChallenge(vector: fresh())
        challenge = new
        return ADACResponse(.success, data: new.encoded)
    }

    private mutating func authenticate(_ request: ADACRequest, _ chip: Description) throws -> (ADACResponse, Effect) {
        guard let challenge, let target = chip.target else { throw Refusal(SiliconError.adacChallenge) }
        let held = certificates
        // Whatever happens next, a failed session is over: only a good certificate puts it back.
        forget()
        let records = try ADACRecord.parse(request.data)
        guard records.count == 1, let record = records.first else { throw ADACEncoding.malformed("fragment") }
        switch record.kind {
        case .certificate:
            let certificate = try ADACCertificate(parsing: record.value)
            guard held.count < ADACChain.mostIntermediates + 2 else { throw Refusal(SiliconError.adacChainOrder) }
            certificates = held + [certificate]
            self.challenge = challenge
            return (ADACResponse(.needMoreData), .none)
        case .token:
            let chain = try ADACChain(certificates: held, token: ADACToken(parsing: record.value))
            let granted = try chain.verify(for: target, challenge: challenge) & chip.hardwarePermissions
            guard !granted.isEmpty else { throw Refusal(SiliconError.adacPermission, "not offered by the chip") }
            return (ADACResponse(.success), .granted(granted))
        default: throw ADACEncoding.malformed("fragment type")
        }
    }
}
