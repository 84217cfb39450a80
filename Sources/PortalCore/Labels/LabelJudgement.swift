import Matter
public import Statements
public import Vocabulary

/// The codes of one device, after they were held against its journal. Prints redacted.
public struct DisclosedLabel: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public let serial: DeviceSerial
    /// `MT:` and base-38 characters.
    public let qr: String
    /// 11 or 21 digits.
    public let manualCode: String

    public var description: String { "label of \(serial): <redacted>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Whether an opened label record is that of a journaled unit. The seal says nothing of who made it: anybody can seal to
/// the OEM, so what counts is the commitment that the EdgeHSM's journal holds.
public enum LabelJudgement {
    /// Throws `portal.label.differs` with the name of what differs, never its value.
    public static func judge(
        _ record: UnitLabelRecord,
        issued: Issued,
        manifest: Manifest
    ) throws -> DisclosedLabel {
        func require(_ holds: Bool, _ what: String) throws {
            guard holds else { throw Refusal(LabelDisclosureError.differs, "\(issued.serial): \(what)") }
        }
        try require(record.unit == issued.unit, "unit")
        try require(record.authorization == issued.authorization, "authorization")
        try require(record.chipUID == issued.chipUID, "chip UID")
        try require(record.serial == issued.serial, "serial")
        // What these refuse may hold a part of the code.
        guard let payload = try? OnboardingPayload(qrText: record.qr) else {
            throw Refusal(LabelDisclosureError.differs, "\(issued.serial): QR code")
        }
        try require(payload.qrText == record.qr, "QR code")
        try require(ManualPairingCode(payload).text == record.manualCode, "manual code")
        try require(payload.vendorID == manifest.vendorID && payload.productID == manifest.productID, "product")
        try require(payload.flow.rawValue == manifest.commissioning.flow, "commissioning flow")
        let opened = UInt32(exactly: manifest.commissioning.iterations).flatMap { iterations in
            try? record.commitment(
                passcode: payload.passcode.reveal(),
                discriminator: payload.discriminator.value,
                iterations: iterations
            )
        }
        try require(opened == issued.commitment, "commitment")
        return DisclosedLabel(serial: record.serial, qr: record.qr, manualCode: record.manualCode)
    }
}

/// How many labels are shown: enough for what gets damaged, and never the codes of a whole production.
public enum LabelBudget {
    /// Of one person, and of everybody in one organisation.
    public static let person = (most: 60, seconds: Int64(3_600))
    public static let organisation = (most: 300, seconds: Int64(86_400))

    /// Seconds to wait; nil where one more is within the budget.
    ///
    /// - Parameter latest: when the newest were shown within the budget's time, as many as it allows at most.
    public static func wait(_ latest: [Instant], _ budget: (most: Int, seconds: Int64), at now: Instant) -> Int64? {
        guard latest.count >= budget.most, let oldest = latest.min() else { return nil }
        return max(1, min(oldest + budget.seconds - now, budget.seconds))
    }
}
