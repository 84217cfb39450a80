import EdgeHSMCore
import Statements
import Testing
import Vocabulary

@testable import EdgeHSMFixture

/// The refusal that `body` throws; a test failure where it throws none.
func refusal<Result>(sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Result) -> Refusal? {
    do {
        _ = try body()
        Issue.record("nothing was refused", sourceLocation: sourceLocation)
        return nil
    } catch let refusal as Refusal {
        return refusal
    } catch {
        Issue.record("\(error)", sourceLocation: sourceLocation)
        return nil
    }
}

/// By its code as it goes over the wire.
func expectRefused<Result>(
    _ code: String,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Result
) {
    let found = refusal(sourceLocation: sourceLocation, body)
    #expect(found?.code == code, "\(found?.detail ?? "")", sourceLocation: sourceLocation)
}

func expectRefused<Result>(
    _ code: some ErrorCatalogue,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Result
) {
    let found = refusal(sourceLocation: sourceLocation, body)
    #expect(found?.code == code.rawValue, "\(found?.detail ?? "")", sourceLocation: sourceLocation)
}
