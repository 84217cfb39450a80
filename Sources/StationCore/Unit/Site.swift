public import LineProtocol
public import Programmers
public import Vocabulary

/// Everything that one programming site works with.
public struct Site: Sendable {
    /// From 1.
    public var number: Int
    public var edgeHSM: EdgeHSMID
    /// The EdgeHSM's identity key, as enrolled: it signs permits.
    public var identityKey: P256Point
    public var edge: StationLink
    public var chip: any Programmer
    public var desk: any LabelDesk
    public var firmware: FirmwareSource
    public var progress: any ProgressStore
    public var reports: any ReportBox
    public var retry: RetryPolicy
    public var now: @Sendable () -> Instant
    /// Where tests cut the power: called before and after each step.
    public var seam: @Sendable (UnitStep, StepMoment) async throws -> Void
    /// Told of each step as it begins, for displays.
    public var observer: @Sendable (UnitStep) -> Void

    public init(
        number: Int,
        edgeHSM: EdgeHSMID,
        identityKey: P256Point,
        edge: StationLink,
        chip: any Programmer,
        desk: any LabelDesk,
        firmware: FirmwareSource,
        progress: any ProgressStore,
        reports: any ReportBox,
        retry: RetryPolicy,
        now: @escaping @Sendable () -> Instant,
        seam: @escaping @Sendable (UnitStep, StepMoment) async throws -> Void = { _, _ in },
        observer: @escaping @Sendable (UnitStep) -> Void = { _ in }
    ) {
        self.number = number
        self.edgeHSM = edgeHSM
        self.identityKey = identityKey
        self.edge = edge
        self.chip = chip
        self.desk = desk
        self.firmware = firmware
        self.progress = progress
        self.reports = reports
        self.retry = retry
        self.now = now
        self.seam = seam
        self.observer = observer
    }

    /// One command to the chip, repeated while it is only out of reach: every command is idempotent.
    func chip<Value: Sendable>(_ command: @Sendable (any Programmer) async throws -> Value) async throws -> Value {
        try await retry.run { try await command(chip) }
    }
}

/// Takes reports for the Factory Service: what `add` returned from reaches it some day, also after a power cut.
public protocol ReportBox: Sendable {
    /// Throws `station.progress.unwritable`.
    func add(_ report: ReportUnit.Request) async throws
}
