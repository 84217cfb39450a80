import LineProtocol
import Statements
import Vocabulary

/// What the tests of a Factory Service send, and the line that they send it to.
protocol UsesFactoryLine {}

extension UsesFactoryLine {
    func package(
        edgeHSM: String = "edge-1",
        sealed: [UInt8] = [1, 2, 3],
        digest: Digest256? = nil
    ) throws
        -> [UInt8]
    {
        let content = ProductionPackage(
            edgeHSM: EdgeHSMID(validated: edgeHSM),
            authorization: .zero,
            sealed: digest ?? Digest256.of(sealed),
            encapsulated: P256Point(validated: [4] + [UInt8](repeating: 1, count: 64)),
            roleKeysVersion: 1,
            issuedAt: Instant(seconds: 5)
        )
        return try StatementCoding.encode(PackageFile(package: try content.unsigned(), sealed: Octets(sealed)))
    }

    func with(_ patience: Int = 0, _ body: (FactoryLine) async throws -> Void) async throws {
        let line = try await FactoryLine(firmwarePatience: patience)
        do {
            try await body(line)
        } catch {
            await line.close()
            throw error
        }
        await line.close()
    }

    func report(_ shift: String, _ authorization: Digest256, sealed: UInt8? = nil) -> ReportUnit.Request {
        let record = sealed.map {
            SealedRecord(
                encapsulated: P256Point(validated: [4] + [UInt8](repeating: 1, count: 64)),
                ciphertext: Octets([UInt8](repeating: $0, count: 64))
            )
        }
        return ReportUnit.Request(
            shift: shift,
            authorization: authorization,
            chipUID: ChipUID(validated: [UInt8](repeating: 2, count: 16)),
            unit: .zero,
            serial: nil,
            result: .passed,
            code: nil,
            site: 1,
            milliseconds: 10,
            labelRecord: record
        )
    }
}
