public import Statements
public import Vocabulary

/// A batch that stations may work on.
public struct WorkOrder: Codable, Sendable, Hashable {
    public let batch: GetStatus.Batch
    /// True when the Factory Service holds the firmware file.
    public let hasFirmware: Bool
    public init(batch: GetStatus.Batch, hasFirmware: Bool) {
        self.batch = batch
        self.hasFirmware = hasFirmware
    }
}

/// The site's work orders.
public enum ListWorkOrders: WorkOperation {
    public static let name = "workOrders"
    public typealias Request = Nothing

    public struct Reply: Codable, Sendable {
        public let orders: [WorkOrder]
        public init(orders: [WorkOrder]) { self.orders = orders }
    }
}

/// A piece of a firmware file.
public enum ReadFirmware: WorkOperation {
    public static let name = "readFirmware"
    /// Largest piece, in octets: base64 of it fits a frame.
    public static let largestPiece = 128 * 1024

    public struct Request: Codable, Sendable {
        public let digest: Digest256
        public let offset: Int
        public let length: Int
        public init(digest: Digest256, offset: Int, length: Int) {
            self.digest = digest
            self.offset = offset
            self.length = length
        }
    }

    public struct Reply: Codable, Sendable {
        public let piece: Octets
        public let total: Int
        public init(piece: Octets, total: Int) {
            self.piece = piece
            self.total = total
        }
    }
}

/// Starts a shift at a station: who works there.
public enum SignIn: WorkOperation {
    public static let name = "signIn"

    public struct Request: Codable, Sendable {
        public let operatorName: String
        public init(operatorName: String) { self.operatorName = operatorName }
    }

    public struct Reply: Codable, Sendable {
        /// Goes with every event of the shift.
        public let shift: String
        public init(shift: String) { self.shift = shift }
    }
}

/// What happened to a unit at a station, and its sealed label record. Unproven: the journal is the proof.
public enum ReportUnit: WorkOperation {
    public static let name = "reportUnit"
    public typealias Reply = Nothing

    public struct Request: Codable, Sendable {
        public enum Result: String, Codable, Sendable {
            case begun
            case passed
            case failed
            case reworked
            case rotated
        }
        public let shift: String
        public let authorization: Digest256
        public let chipUID: ChipUID
        public let unit: Digest256?
        public let serial: DeviceSerial?
        public let result: Result
        /// Error code where it failed.
        public let code: String?
        public let site: Int
        public let milliseconds: Int
        public let labelRecord: SealedRecord?
        public init(
            shift: String,
            authorization: Digest256,
            chipUID: ChipUID,
            unit: Digest256?,
            serial: DeviceSerial?,
            result: Result,
            code: String?,
            site: Int,
            milliseconds: Int,
            labelRecord: SealedRecord?
        ) {
            self.shift = shift
            self.authorization = authorization
            self.chipUID = chipUID
            self.unit = unit
            self.serial = serial
            self.result = result
            self.code = code
            self.site = site
            self.milliseconds = milliseconds
            self.labelRecord = labelRecord
        }
    }
}
