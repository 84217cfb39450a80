public import Vocabulary

/// Which devices are listed; what is absent does not matter.
public struct DeviceQuery: Codable, Sendable, Hashable {
    public let stage: UnitStage?
    public let batch: BatchID?
    public let factory: FactoryID?
    /// Certified between these, both included, by the EdgeHSMs' trusted time.
    public let from: Instant?
    public let to: Instant?
    public let limit: PageLimit?
    public let cursor: PageCursor?

    public init(
        stage: UnitStage? = nil,
        batch: BatchID? = nil,
        factory: FactoryID? = nil,
        from: Instant? = nil,
        to: Instant? = nil,
        limit: PageLimit? = nil,
        cursor: PageCursor? = nil
    ) {
        (self.stage, self.batch, self.factory, self.from, self.to) = (stage, batch, factory, from, to)
        (self.limit, self.cursor) = (limit, cursor)
    }
}

/// What stands on a device's label, opened for somebody who may see it and held against its journal. The codes hold the
/// passcode: whoever reads them can commission the device. Prints redacted.
public struct UnitLabel: Codable, Sendable, Hashable {
    public let unit: UnitReference
    public let serial: DeviceSerial
    /// Matter onboarding payload: `MT:` and base-38 characters.
    public let qr: String
    /// 11 or 21 digits.
    public let manualCode: String
    /// SVG 1.1 of the QR code: numbers and path commands alone, no text of anybody's.
    public let picture: String

    public init(unit: UnitReference, serial: DeviceSerial, qr: String, manualCode: String, picture: String) {
        (self.unit, self.serial, self.qr) = (unit, serial, qr)
        (self.manualCode, self.picture) = (manualCode, picture)
    }
}

extension UnitLabel: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "label of \(serial): <redacted>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
