import Crypto
import LineProtocol
import Matter
import Programmers
import Silicon
import Statements
import Vocabulary

/// Another credential for a finished unit: who may ask for it, how often, and on whose word.
extension AttackBench {
    func attackRotations() async throws {
        try await load(await package("rho", BatchTerms(quantity: 2, rotations: 4)), as: "rho")
        try await load(await package("sigma", BatchTerms(quantity: 2, rotations: 1)), as: "sigma")
        let (device, other) = (SoftChip(), SoftChip())
        try await finish("rho", device)
        try await finish("rho", other)
        let first = device.renewed()
        var begun = try await beginRotation("rho", device)
        var request = try first.request(begun.nonce)
        try await attack(.rotationForeignKey) {
            try await rotate("rho", begun.unit, request, on: other.word(for: request))
        } mended: {
            try await rotate("rho", begun.unit, request, on: device.word(for: request))
        }
        let (old, word) = (request, try device.word(for: request))
        let second = first.renewed()
        begun = try await beginRotation("rho", first)
        request = try second.request(begun.nonce)
        try await rotate("rho", begun.unit, request, on: first.word(for: request))

        let third = second.renewed()
        begun = try await beginRotation("rho", second)
        request = try third.request(begun.nonce)
        // To whoever holds an old request and its proof, the unit's key before last would come back to life.
        try await attack(.rotationReplayed) {
            try await rotate("rho", begun.unit, old, on: word)
        } mended: {
            try await rotate("rho", begun.unit, request, on: second.word(for: request))
        }
        try await attackAllowance(third)
    }

    private func attackAllowance(_ device: SoftChip) async throws {
        let spare = SoftChip()
        try await finish("sigma", spare)
        let renewed = spare.renewed()
        let begun = try await beginRotation("sigma", spare)
        let request = try renewed.request(begun.nonce)
        try await rotate("sigma", begun.unit, request, on: spare.word(for: request))
        try await attack(.beyondRotations) {
            _ = try await beginRotation("sigma", renewed)
        } mended: {
            let last = device.renewed()
            let begun = try await beginRotation("rho", device)
            let request = try last.request(begun.nonce)
            try await rotate("rho", begun.unit, request, on: device.word(for: request))
        }
        try await load(await package("tau", BatchTerms(quantity: 2, rotations: 1)), as: "tau")
        let (opened, shut) = (SoftChip(), SoftChip())
        try await finish("tau", opened)
        try await finish("tau", shut)
        let challenge = ADACChallenge(vector: Nonce(validated: ChipUID.random().bytes + ChipUID.random().bytes))
        _ = try await answer(challenge, as: opened.uid, "tau")
        try await attack(.rotationOpened) {
            _ = try await beginRotation("tau", opened)
        } mended: {
            let renewed = shut.renewed()
            let begun = try await beginRotation("tau", shut)
            let request = try renewed.request(begun.nonce)
            try await rotate("tau", begun.unit, request, on: shut.word(for: request))
        }
    }

    /// All that makes a finished device of a chip in software.
    private func finish(_ batch: String, _ chip: SoftChip) async throws {
        _ = try await LoadStation(client: client("station"), authorization: loaded(batch)).work(.life, on: [chip])
    }

    private func beginRotation(_ batch: String, _ chip: SoftChip) async throws -> BeginUnit.Reply {
        try await client("station").ask(
            BeginUnit.self,
            .init(authorization: loaded(batch), chipUID: chip.uid, forRotation: true)
        )
    }

    private func rotate(_ batch: String, _ unit: Digest256, _ request: Octets, on word: RotationProof) async throws {
        let reply = try await client("station").ask(
            RotateCredential.self,
            .init(authorization: loaded(batch), unit: unit, request: request, vendorProof: nil, proof: word)
        )
        guard !reply.isRepeat else { throw Refusal(FactoryBoxError.unexpected, "a rotation that was made before") }
    }
}

extension SoftChip {
    /// The same chip with the next key.
    fileprivate func renewed() -> SoftChip { SoftChip(uid: uid) }

    /// What this chip's key says for the key of a request.
    fileprivate func word(for request: Octets) throws -> RotationProof {
        let parsed = try DeviceRequest(der: request.bytes)
        let message = RotationProof.message(
            chipUID: parsed.chipUID,
            newKey: parsed.publicKey,
            request: Digest256.of(request.bytes)
        )
        return RotationProof(
            replacedKey: P256Point(validated: Array(key.publicKey.x963Representation)),
            signature: try RawSignature(key.signature(for: message).rawRepresentation)
        )
    }
}
