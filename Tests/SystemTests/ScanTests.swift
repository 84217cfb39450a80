import FactoryBox
import Foundation
import Testing

extension SystemTests {
    /// I6.
    @Test(
        "I6: no device or product key and no PIN in clear outside token and chip",
        .enabled(if: KeyScan.isPermitted, "the kernel forbids reading a child's memory here")
    )
    func noKeyOrPINOutsideTokenAndChip() async throws {
        try await withTemporaryFolder { folder in
            let report = try await KeyScan(directory: folder).play()
            #expect(report.moments.count >= 4)
            #expect(report.findings.isEmpty)
            #expect(report.blindSpots.isEmpty, "a scan that does not find its canary proves nothing")
            for moment in report.moments {
                #expect(moment.secrets >= 20, "\(moment.name)")
                #expect(moment.patterns >= 7 * moment.secrets, "\(moment.name)")
                for place in moment.places { #expect(place.bytes > 0, "\(moment.name): \(place.name)") }
            }
        }
    }
}
