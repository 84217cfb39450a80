/// The steps of rework and re-provisioning around those of a unit, in their order.
public enum ServiceStep: String, Sendable, Codable, CaseIterable, Comparable {
    case identify
    /// The station notes that the device is being opened.
    case note
    case unlock
    /// Rework: the firmware is looked at, and written where it differs.
    case firmware
    /// Rework: the port closes.
    case reset
    /// Re-provisioning: the old generation ends.
    case release
    case report

    private var position: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    public static func < (left: Self, right: Self) -> Bool { left.position < right.position }
}

/// Where tests cut the power.
public typealias ServiceSeam = @Sendable (ServiceStep, StepMoment) async throws -> Void
