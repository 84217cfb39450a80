/// How long a whole body may take, however it trickles. A silent connection ends earlier, by the idle timeout.
public struct BodyDeadlines: Sendable, Hashable {
    /// Of messages and forms.
    public let message: Duration
    /// Of files.
    public let file: Duration

    public init(message: Duration, file: Duration) { (self.message, self.file) = (message, file) }

    public static let usual = BodyDeadlines(message: .seconds(60), file: .seconds(1_800))
}
