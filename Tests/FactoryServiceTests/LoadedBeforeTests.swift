import Foundation
import LineProtocol
import Statements
import Synchronization
import TestSupport
import Testing
import Vocabulary

@testable import FactoryService

/// The power may go between a load and the filing of the package.
@Suite(.serialized) struct LoadedBeforeTests: UsesFactoryLine {
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
