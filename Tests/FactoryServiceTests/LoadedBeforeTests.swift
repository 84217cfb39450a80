import Foundation
import LineProtocol
import Statements
import Synchronization
import TestSupport
import Testing
import Vocabulary

@testable import FactoryService

/// The power may go between a load and the filing of the package.
@Suite(.serialized) struct LoadedBeforeTests {
    private func package(
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

    private func with(_ patience: Int = 0, _ body: (FactoryLine) async throws -> Void) async throws {
        let line = try await FactoryLine(firmwarePatience: patience)
        do {
            try await body(line)
        } catch {
            await line.close()
            throw error
        }
        await line.close()
    }

    private func report(_ shift: String, _ authorization: Digest256, sealed: UInt8? = nil) -> ReportUnit.Request {
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

    @Test(
        "a package that was loaded before its file was put away is done; another one for the same authorization is not"
    )
    func loadedBefore() async throws {
        try await with { line in
            let (same, other) = (try package(), try package(sealed: [4, 5]))
            let id = try PackageFile(parsing: same).package.statementID
            line.edge.state.withLock {
                $0.batches = [Sample.batch(package: id)]
                $0.loadRefusal = Refusal(EdgeCode.alreadyLoaded, "batch")
            }
            try line.drop(same, "same")
            try line.drop(other, "other")
            await line.rounds()
            #expect(try line.inbox("done") == ["same"])
            #expect(try line.inbox("refused").sorted() == ["other", "other.why"])
            let why = try String(contentsOfFile: line.configuration.inbox + "/refused/other.why", encoding: .utf8)
            #expect(why.hasPrefix("edge.authorization.already-loaded\n"))
        }
    }
}

/// A code of the EdgeHSM, which no module of the Factory Service knows.
private enum EdgeCode: String, ErrorCatalogue {
    case alreadyLoaded = "edge.authorization.already-loaded"
    var meaning: String { rawValue }
    var remedy: String { "" }
}
