import Foundation
import Vocabulary

/// Looks until `ready` says so; throws `box.story.unexpected` where that takes longer than `seconds`. Returns the seconds
/// that it took.
@discardableResult
func eventually(
    _ what: String,
    within seconds: Double = 60,
    every pause: Duration = .milliseconds(100),
    isolation: isolated (any Actor)? = #isolation,
    _ ready: () async throws -> Bool
) async throws -> Double {
    let start = ContinuousClock.now
    while try await !ready() {
        guard ContinuousClock.now - start < .seconds(seconds) else {
            throw Refusal(FactoryBoxError.unexpected, "not within \(Int(seconds)) s: \(what)")
        }
        try await Task.sleep(for: pause)
    }
    return (ContinuousClock.now - start) / .seconds(1)
}
