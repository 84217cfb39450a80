public import PortalProtocol
public import Statements
public import Vocabulary

/// What a file that somebody brought turned out to be, judged by its content and not by its name.
public enum InboxFile: Sendable {
    case package(PackageFile)
    case downlink(DownlinkBundle)
    case certificates(ProductCertificates)
    case firmware(Digest256)
    case state(SyncState)

    /// Largest file of any kind, in octets: a firmware image.
    public static let largest = 64 * 1024 * 1024
    /// Largest package that fits a frame to the EdgeHSM, in octets.
    public static let largestPackage = 180 * 1024

    private struct Shape: Decodable {
        let package: Envelope?
        let status: Envelope?
        let roleKeys: [Envelope]?
        let pai: Octets?
        let format: String?
    }

    /// Strictly parsed; what needs keys to be verified is verified by the EdgeHSM.
    ///
    /// - Parameters:
    ///   - wanted: digests of the firmware of this site's batches.
    ///   - edgeHSM: the box that files must name.
    /// Throws `factory.inbox.*`, `factory.firmware.unwanted` and a `StatementError`.
    public init(_ bytes: [UInt8], wanted: Set<Digest256>, edgeHSM: EdgeHSMID) throws {
        guard let first = bytes.first else { throw Refusal(FactoryError.fileEmpty) }
        guard bytes.count <= Self.largest else { throw Refusal(FactoryError.fileTooLarge, "\(bytes.count) octets") }
        let digest = Digest256.of(bytes)
        if wanted.contains(digest) {
            self = .firmware(digest)
            return
        }
        guard first == UInt8(ascii: "{") else { throw Refusal(FactoryError.firmwareUnwanted, digest.hex) }
        self = try Self.statement(bytes, edgeHSM)
    }

    private static func statement(_ bytes: [UInt8], _ edgeHSM: EdgeHSMID) throws -> InboxFile {
        guard bytes.count <= DownlinkBundle.largest else {
            throw Refusal(FactoryError.fileTooLarge, "\(bytes.count) octets")
        }
        try StrictJSON.check(bytes, limit: DownlinkBundle.largest)
        let shape = try StatementCoding.decode(Shape.self, from: bytes)
        if let outside = shape.package {
            guard bytes.count <= largestPackage else {
                throw Refusal(FactoryError.fileTooLarge, "package of \(bytes.count) octets, limit \(largestPackage)")
            }
            let file = try PackageFile(parsing: bytes)
            guard outside.payloadType == ProductionPackage.payloadType else {
                throw Refusal(StatementError.wrongType, String(outside.payloadType.prefix(80)))
            }
            let package = try ProductionPackage.read(payload: outside.payload)
            try requireBox(package.edgeHSM, edgeHSM)
            guard package.sealed == Digest256.of(file.sealed.bytes) else {
                throw Refusal(StatementError.inconsistent, "the sealed part is not the one that was signed")
            }
            return .package(file)
        }
        if shape.pai != nil {
            let certificates = try ProductCertificates(parsing: bytes)
            try requireBox(certificates.edgeHSM, edgeHSM)
            return .certificates(certificates)
        }
        if shape.format == SyncState.format {
            let state = try SyncState(parsing: bytes)
            guard state.edges.contains(where: { $0.edgeHSM == edgeHSM }) else {
                throw Refusal(FactoryError.wrongBox, "\(edgeHSM) is not in it")
            }
            return .state(state)
        }
        guard shape.status != nil || shape.roleKeys != nil else { throw Refusal(FactoryError.fileKind) }
        let bundle = try DownlinkBundle(parsing: bytes)
        if let status = bundle.status {
            guard status.payloadType == PortalStatus.payloadType else {
                throw Refusal(StatementError.wrongType, String(status.payloadType.prefix(80)))
            }
            try requireBox(try PortalStatus.read(payload: status.payload).edgeHSM, edgeHSM)
        }
        return .downlink(bundle)
    }

    private static func requireBox(_ found: EdgeHSMID, _ own: EdgeHSMID) throws {
        guard found == own else { throw Refusal(FactoryError.wrongBox, "\(found) instead of \(own)") }
    }

    public var kind: String {
        switch self {
        case .package: "package"
        case .downlink: "downlink"
        case .certificates: "certificates"
        case .firmware: "firmware"
        case .state: "state"
        }
    }
}
