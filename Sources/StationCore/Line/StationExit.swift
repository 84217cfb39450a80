public import Vocabulary

/// What a station's commands end with after a refusal.
public enum StationExit {
    /// 2: its configuration is wrong; 3: no unit could be begun now; 1: this unit is not finished, as in a run of units.
    public static func status(_ refusal: Refusal) -> Int32 {
        let configuration = ["config.", "tls.file.", "station.scanner.missing", "station.scanner.address"]
        if configuration.contains(where: refusal.code.hasPrefix) { return 2 }
        return switch FailureKind(refusal) {
        case .retry, .stopLine: 3
        case .startOver, .leaveOpen, .giveUp: 1
        }
    }
}
