internal import ArgumentParser
internal import Vocabulary

/// The time at which something is judged.
struct MomentOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Judge DACs' validity at this time, RFC 3339: 2026-11-22T15:04:05Z or 2026-11-22T16:04:05.5+01:00.",
            valueName: "time"
        )
    )
    var at: String?

    func validate() throws { _ = try instant() }

    func instant() throws -> Instant? {
        try at.map { text in
            do { return try Instant(rfc3339: text) } catch {
                throw ValidationError("--at is not a time of RFC 3339 like 2026-11-22T15:04:05Z")
            }
        }
    }
}
