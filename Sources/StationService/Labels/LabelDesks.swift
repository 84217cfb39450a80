import Labels
public import LineProtocol
public import StationCore
import Synchronization
import Vocabulary

/// A site's printer and its scanner: what comes back was read from the label itself.
public struct ScannedDesk: LabelDesk {
    private let spool: LabelSpool
    private let scanner: LabelScanner

    public init(_ spool: LabelSpool, scanner: LabelScanner) {
        self.spool = spool
        self.scanner = scanner
    }

    public func printLabel(_ label: LabelContent) async throws { _ = try await spool.write(label) }
    public func scanLabel(_ label: LabelContent) async throws -> String { try await scanner.read() }
}

/// A laboratory without a scanner: what comes back is what the printer was told to draw, remembered from the moment of
/// printing, since a spooler takes its files when it likes. It proves the form that was printed and nothing of the device.
public final class LabDesk: LabelDesk {
    private let spool: LabelSpool
    private let printed = Mutex<[String: String]>([:])

    public init(_ spool: LabelSpool) { self.spool = spool }

    public func printLabel(_ label: LabelContent) async throws {
        let zpl = try await spool.write(label)
        printed.withLock { $0 = [label.serial.text: zpl] }
    }

    public func scanLabel(_ label: LabelContent) async throws -> String {
        guard let zpl = printed.withLock({ $0.removeValue(forKey: label.serial.text) }) else {
            throw Refusal(StationError.labelMismatch, "no label of \(label.serial) was printed")
        }
        guard let code = ZPLReader.code(in: zpl) else {
            throw Refusal(StationError.labelMismatch, "no code in the label of \(label.serial)")
        }
        return code
    }
}

/// A place where no label is printed or scanned.
struct NoDesk: LabelDesk {
    func printLabel(_ label: LabelContent) throws { throw Refusal(StationError.scannerMissing, "no labels here") }
    func scanLabel(_ label: LabelContent) throws -> String {
        throw Refusal(StationError.scannerMissing, "no labels here")
    }
}
