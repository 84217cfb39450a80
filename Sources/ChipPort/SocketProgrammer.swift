import NIOCore
public import Programmers
public import Silicon
public import Vocabulary

/// A programmer that speaks to a chip's port over a socket; connects when first used, and again after a break.
///
/// A break or timeout in the middle of a call throws `programmer.chip.disconnected` or `programmer.chip.timeout`; the
/// step may or may not have happened, and since steps are idempotent the caller repeats it.
public actor SocketProgrammer: Programmer {
    private let address: ChipAddress
    private let timeout: TimeAmount
    private var connection: ChipConnection?
    private var lastID: UInt64 = 0

    /// - Parameter timeout: for connecting and for each answer.
    public init(_ address: ChipAddress, timeout: Duration = .seconds(10)) {
        self.address = address
        self.timeout = TimeAmount(timeout)
    }

    public func close() async {
        await connection?.close()
        connection = nil
    }

    private func ask(_ request: ChipRequest) async throws -> ChipReply {
        lastID += 1
        let id = lastID
        let body = try ChipFrame(id: id, body: request).encoded()
        let connection = try await connected()
        let answer = try await connection.call(body, timeout: timeout)
        let reply = try ChipFrame<ChipReply>.decode(answer)
        if case .refused(let refusal) = reply.body { throw refusal }
        guard reply.id == id else { throw Refusal(ProgrammerError.unexpectedReply, "id") }
        return reply.body
    }

    private func connected() async throws -> ChipConnection {
        if let connection, connection.isActive { return connection }
        let new = try await ChipConnection.open(address, timeout: timeout)
        // Another call may have connected while this one waited: keep one connection only.
        if let connection, connection.isActive {
            await new.close()
            return connection
        }
        connection = new
        return new
    }

    private func expect<Value>(_ request: ChipRequest, _ value: (ChipReply) -> Value?) async throws -> Value {
        guard let value = try await value(ask(request)) else { throw Refusal(ProgrammerError.unexpectedReply) }
        return value
    }

    private func expectDone(_ request: ChipRequest) async throws {
        guard case .done = try await ask(request) else { throw Refusal(ProgrammerError.unexpectedReply) }
    }
}

extension SocketProgrammer {
    public func identify() async throws -> ChipIdentity {
        try await expect(.identify) { if case .identity(let identity) = $0 { identity } else { nil } }
    }

    public func status() async throws -> ChipStatus {
        try await expect(.status) { if case .status(let status) = $0 { status } else { nil } }
    }

    public func generateKeys(nonce: Nonce) async throws -> [UInt8] { try await csr(.generateKeys(nonce: nonce)) }
    public func attest(nonce: Nonce) async throws -> [UInt8] { try await csr(.attest(nonce: nonce)) }

    private func csr(_ request: ChipRequest) async throws -> [UInt8] {
        try await expect(request) { if case .csr(let der) = $0 { der.bytes } else { nil } }
    }

    public func vendorAttest() async throws -> VendorAttestation {
        try await expect(.vendorAttest) { if case .vendorAttestation(let proof) = $0 { proof } else { nil } }
    }

    public func writeFactoryData(_ encoded: [UInt8]) async throws {
        try await expectDone(.writeFactoryData(blob: Blob(encoded)))
    }

    public func writeCredentials(_ credentials: ChipCredentials) async throws {
        try await expectDone(.writeCredentials(credentials: credentials))
    }

    public func installSealedKey(_ delivery: SealedKeyDelivery) async throws -> ProductKeyReceipt {
        try await expect(.installSealedKey(delivery: delivery)) {
            if case .receipt(let receipt) = $0 { receipt } else { nil }
        }
    }

    public func writeFirmware(offset: UInt32, total: UInt32, chunk: [UInt8]) async throws {
        try await expectDone(.writeFirmware(offset: offset, total: total, chunk: Blob(chunk)))
    }

    public func readBack(_ region: ChipRegion, offset: UInt32, length: UInt32) async throws -> [UInt8] {
        try await expect(.readBack(region: region, offset: offset, length: length)) {
            if case .content(let blob) = $0 { blob.bytes } else { nil }
        }
    }

    public func digest(_ region: ChipRegion) async throws -> RegionDigest {
        try await expect(.digest(region: region)) { if case .digest(let digest) = $0 { digest } else { nil } }
    }

    public func setSecurityFeatures(_ features: SecurityFeatures) async throws {
        try await expectDone(.setSecurityFeatures(features: features))
    }

    public func lockDebug() async throws { try await expectDone(.lockDebug) }
    public func wipe(_ scope: WipeScope) async throws { try await expectDone(.wipe(scope: scope)) }

    public func adac(_ packet: [UInt8]) async throws -> [UInt8] {
        try await expect(.adac(packet: Blob(packet))) { if case .packet(let blob) = $0 { blob.bytes } else { nil } }
    }

    public func attestationSignature(
        nonce: Nonce,
        challenge: AttestationChallenge,
        timestamp: UInt32
    ) async throws
        -> AttestationAnswer
    {
        try await expect(.attestationSignature(nonce: nonce, challenge: challenge, timestamp: timestamp)) {
            if case .attestation(let answer) = $0 { answer } else { nil }
        }
    }

    public func prepareRotation(nonce: Nonce) async throws -> RotationRequest {
        try await expect(.prepareRotation(nonce: nonce)) {
            if case .rotation(let request) = $0 { request } else { nil }
        }
    }

    public func stageRotation(
        _ certificates: RotatedCertificates,
        nonce: Nonce,
        challenge: AttestationChallenge,
        timestamp: UInt32
    ) async throws
        -> AttestationAnswer
    {
        let request = ChipRequest.stageRotation(
            certificates: certificates,
            nonce: nonce,
            challenge: challenge,
            timestamp: timestamp
        )
        return try await expect(request) { if case .attestation(let answer) = $0 { answer } else { nil } }
    }

    public func switchCredential(to key: Digest256) async throws { try await expectDone(.switchCredential(key: key)) }
    public func reset() async throws { try await expectDone(.reset) }
}
