public import Silicon
import Vocabulary

/// ADAC from the station's side: fetch a challenge, hand in the answer.
extension Programmer {
    /// Starts a debug session; an earlier challenge of this chip dies.
    public func startDebugSession() async throws -> ADACChallenge {
        let response = try await exchange(ADACRequest(.authStart))
        guard response.status == .success else { throw Self.refused(response.status) }
        return try ADACChallenge(parsing: response.data)
    }

    /// Sends certificates and token. Throws `programmer.debug.refused` with the chip's status.
    public func openDebugPort(_ chain: ADACChain) async throws {
        for (index, packet) in chain.packets.enumerated() {
            let response = try await ADACResponse(parsing: adac(packet))
            let expected: ADACStatus = index == chain.certificates.count ? .success : .needMoreData
            guard response.status == expected else { throw Self.refused(response.status) }
        }
    }

    private func exchange(_ request: ADACRequest) async throws -> ADACResponse {
        try await ADACResponse(parsing: adac(request.encoded))
    }

    private static func refused(_ status: ADACStatus) -> Refusal {
        Refusal(ProgrammerError.debugRefused, "ADAC status \(status)")
    }
}
