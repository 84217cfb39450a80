public import LineProtocol

/// Printer and scanner of one site. A label holds the passcode: it goes to the printer and nowhere else.
public protocol LabelDesk: Sendable {
    /// Prints the label; repeating it prints the same label again. Throws `station.label.unwritable`.
    func printLabel(_ label: LabelContent) async throws
    /// What the scanner reads from the QR code on the device in the fixture.
    func scanLabel(_ label: LabelContent) async throws -> String
}
