import Glibc
import Vocabulary

/// The steps at which a virtual chip can lose power.
public enum VirtualChipCutPoint: String, CaseIterable, Sendable, Codable {
    case generateKeys = "generate-keys"
    case attest
    case writeFactoryData = "write-factory-data"
    case writeCredentials = "write-credentials"
    case installSealedKey = "install-sealed-key"
    case writeFirmware = "write-firmware"
    case setSecurityFeatures = "set-security-features"
    case lockDebug = "lock-debug"
    case wipe
    case adac
    case attestation
    case prepareRotation = "prepare-rotation"
    case stageRotation = "stage-rotation"
    case switchCredential = "switch-credential"
    case reset

    /// Steps that change what the chip stores.
    public var writes: Bool { ![.adac, .attestation, .reset].contains(self) }
}

/// When, within a step.
public enum VirtualChipCutMoment: String, CaseIterable, Sendable, Codable {
    /// Nothing is done yet.
    case before
    /// Half of the write is on the medium; the new state is not in place.
    case midWrite = "mid-write"
    /// The write is durable; no answer has been given.
    case afterWrite = "after-write"
}

/// A planned power cut: the process kills itself with SIGKILL. Text form: `STEP[:MOMENT][@COUNT]`, where the moment is
/// `before` unless given and COUNT is the occurrence of the step at which to cut, from 1.
public struct VirtualChipCut: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The environment variable that programs read it from.
    public static let environmentVariable = "OBIS_CHIP_CUT_AT"

    public let point: VirtualChipCutPoint
    public let moment: VirtualChipCutMoment
    public let occurrence: Int

    public init(_ point: VirtualChipCutPoint, _ moment: VirtualChipCutMoment, occurrence: Int = 1) {
        self.point = point
        self.moment = moment
        self.occurrence = occurrence
    }

    /// Throws `chip.power-cut.malformed`.
    public init(_ text: String) throws {
        let malformed = Refusal(VirtualChipError.cutMalformed, String(text.prefix(80)))
        let counted = text.split(separator: "@", omittingEmptySubsequences: false)
        let parts = counted[0].split(separator: ":", omittingEmptySubsequences: false)
        guard counted.count <= 2, parts.count <= 2, let point = VirtualChipCutPoint(rawValue: String(parts[0])),
            let moment = parts.count == 2 ? VirtualChipCutMoment(rawValue: String(parts[1])) : .before,
            let occurrence = counted.count == 2 ? Int(counted[1]) : 1, (1...1_000_000).contains(occurrence),
            point.writes || moment != .midWrite
        else { throw malformed }
        self.init(point, moment, occurrence: occurrence)
    }

    public var description: String { "\(point.rawValue):\(moment.rawValue)@\(occurrence)" }

    /// Every place there is, once.
    public static let all: [VirtualChipCut] = VirtualChipCutPoint.allCases.flatMap { point in
        VirtualChipCutMoment.allCases.filter { point.writes || $0 != .midWrite }.map { VirtualChipCut(point, $0) }
    }
}

/// Counts the steps and ends the process at the planned one.
struct PowerSupply {
    private let cut: VirtualChipCut?
    private var passed = 0

    init(cut: VirtualChipCut?) { self.cut = cut }

    mutating func reach(_ point: VirtualChipCutPoint, _ moment: VirtualChipCutMoment) {
        guard let cut, cut.point == point, cut.moment == moment else { return }
        passed += 1
        if passed == cut.occurrence { kill(getpid(), SIGKILL) }
    }
}
