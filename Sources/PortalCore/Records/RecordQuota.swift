/// How much of what a Factory Service tells beside the journal a portal keeps: nothing proves it, so a factory must not
/// fill the portal's disk with it.
public enum RecordQuota {
    /// Sources of one factory: a new one begins with each new or restored storage of a Factory Service.
    public static let mostSources = 64
    /// Label records of a factory that nobody granted anything yet.
    private static let fewLabels = 10_000

    /// Label records of one factory: each unit that it was granted may come twice, for re-provisioned ones have another.
    ///
    /// - Parameter granted: units of all its batches.
    public static func mostLabels(granted: Int) -> Int {
        let (twice, overflows) = granted.multipliedReportingOverflow(by: 2)
        return overflows || granted < 0 ? fewLabels : max(twice, twice &+ fewLabels)
    }
}
