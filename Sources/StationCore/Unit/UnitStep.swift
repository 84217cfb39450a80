/// The steps of one unit, in their order. What can't be undone comes last: everything is written, read back and labelled
/// before the secure-boot and debug fuses are burnt; the device attests itself under them before the debug port is
/// locked, and the EdgeHSM hears `complete` when the lock was seen to hold.
public enum UnitStep: String, Sendable, Codable, CaseIterable, Comparable {
    case identify
    case begin
    case keys
    case vendorProof
    case issue
    case factoryData
    case seal
    case permit
    case firmware
    case writeFactoryData
    case credentials
    case productKeys
    case readBack
    case printLabel
    case scanLabel
    case features
    case attest
    case lock
    case checkLock
    case complete
    case report

    public var position: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    public static func < (left: Self, right: Self) -> Bool { left.position < right.position }
}

/// Where in a step something may break.
public enum StepMoment: String, Sendable, CaseIterable {
    case before
    case after
}
