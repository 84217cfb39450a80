// Two threads add to one counter, under a contended `Mutex` or under nothing: the sanitizer must report the second only.
import Foundation
import Synchronization

final class Shared: @unchecked Sendable {
    let guarded = Mutex(0)
    var bare = 0
}

let shared = Shared()
let unguarded = CommandLine.arguments.contains("unguarded")
DispatchQueue.concurrentPerform(iterations: 8) { _ in
    for _ in 0..<20_000 {
        shared.guarded.withLock { $0 += 1 }
        if unguarded { shared.bare += 1 }
    }
}
print(shared.guarded.withLock { $0 })
