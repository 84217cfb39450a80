public import Vocabulary

/// What people on the Factory Service's own machine may ask of it over its Unix socket.
public protocol FactoryOperation: LineOperation {}

/// Link, backlog, batches, alarms.
public enum GetFactoryStatus: FactoryOperation {
    public static let name = "factoryStatus"
    public typealias Request = Nothing

    public struct Alarm: Codable, Sendable, Hashable {
        /// `warning` or `critical`.
        public let severity: String
        public let code: String
        public let text: String
        public init(severity: String, code: String, text: String) {
            self.severity = severity
            self.code = code
            self.text = text
        }
    }

    public struct Reply: Codable, Sendable {
        /// Absent until the EdgeHSM was reached for the first time.
        public let edgeHSM: GetStatus.Reply?
        /// Why the EdgeHSM can't be reached now.
        public let linkRefusal: Refusal?
        public let orders: [WorkOrder]
        /// Journal entries stored here.
        public let journalStored: Int
        /// Size of the newest checkpoint stored here.
        public let checkpointSize: Int?
        public let labelRecords: Int
        public let events: Int
        public let alarms: [Alarm]
        public init(
            edgeHSM: GetStatus.Reply?,
            linkRefusal: Refusal?,
            orders: [WorkOrder],
            journalStored: Int,
            checkpointSize: Int?,
            labelRecords: Int,
            events: Int,
            alarms: [Alarm]
        ) {
            self.edgeHSM = edgeHSM
            self.linkRefusal = linkRefusal
            self.orders = orders
            self.journalStored = journalStored
            self.checkpointSize = checkpointSize
            self.labelRecords = labelRecords
            self.events = events
            self.alarms = alarms
        }
    }
}

/// Takes in a file as the inbox does.
public enum TakeFile: FactoryOperation {
    public static let name = "takeFile"

    public struct Request: Codable, Sendable {
        /// Absolute path of a regular file that the service may read.
        public let path: String
        public init(path: String) { self.path = path }
    }

    public struct Reply: Codable, Sendable {
        /// `package`, `firmware`, `downlink` or `certificates`.
        public let kind: String
        /// What came of it, in words.
        public let summary: String
        public init(kind: String, summary: String) {
            self.kind = kind
            self.summary = summary
        }
    }
}

/// Writes journal, label records and event log to a folder.
public enum ExportRecords: FactoryOperation {
    public static let name = "exportRecords"

    public struct Request: Codable, Sendable {
        /// Absolute path of an existing folder.
        public let folder: String
        public init(folder: String) { self.folder = folder }
    }

    public struct Reply: Codable, Sendable {
        /// Names of the files written.
        public let files: [String]
        /// Entries in the journal export.
        public let journalSize: Int
        public init(files: [String], journalSize: Int) {
            self.files = files
            self.journalSize = journalSize
        }
    }
}

/// Passes `prepareProduct` on to the EdgeHSM.
public enum PrepareProductHere: FactoryOperation {
    public static let name = "prepareProductHere"
    public typealias Request = PrepareProduct.Request
    public typealias Reply = PrepareProduct.Reply
}

/// Passes a station's CSR on to the EdgeHSM.
public enum RequestEnrolment: FactoryOperation {
    public static let name = "requestEnrolment"
    public typealias Request = ForwardStationRequest.Request
    public typealias Reply = ForwardStationRequest.Reply
}

/// Closes an authorization whose window is over.
public enum CloseBatch: FactoryOperation {
    public static let name = "closeBatch"
    public typealias Request = CloseAuthorization.Request
    public typealias Reply = CloseAuthorization.Reply
}
