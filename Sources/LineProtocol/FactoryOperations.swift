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
        /// The link to the portal; absent where none is configured.
        public let portal: PortalReport?
        public let forecasts: [Forecast]
        public let alarms: [Alarm]
        public init(
            edgeHSM: GetStatus.Reply?,
            linkRefusal: Refusal?,
            orders: [WorkOrder],
            journalStored: Int,
            checkpointSize: Int?,
            labelRecords: Int,
            events: Int,
            portal: PortalReport? = nil,
            forecasts: [Forecast] = [],
            alarms: [Alarm]
        ) {
            self.edgeHSM = edgeHSM
            self.linkRefusal = linkRefusal
            self.orders = orders
            self.journalStored = journalStored
            self.checkpointSize = checkpointSize
            self.labelRecords = labelRecords
            self.events = events
            self.portal = portal
            self.forecasts = forecasts
            self.alarms = alarms
        }
    }
}

/// The link to the portal, and what has not gone up yet.
public struct PortalReport: Codable, Sendable, Hashable {
    /// `host:port` of the portal's sync listener.
    public let address: String
    /// By this machine's clock; absent before the first contact since the start.
    public let lastContact: Instant?
    /// Why the last look failed; absent while the link is up.
    public let refusal: Refusal?
    /// Journal entries, label records and events here that the portal is not known to have stored.
    public let entries: Int
    public let labels: Int
    public let events: Int
    /// Octets of HTTP since the start, without TLS.
    public let octetsUp: Int
    public let octetsDown: Int
    /// End of the Factory Service's certificate for the portal.
    public let certificateEnds: Instant?
    /// Files that the portal offers and this site refused, with the reason.
    public let refusedFiles: [String]

    public init(
        address: String,
        lastContact: Instant?,
        refusal: Refusal?,
        entries: Int,
        labels: Int,
        events: Int,
        octetsUp: Int,
        octetsDown: Int,
        certificateEnds: Instant?,
        refusedFiles: [String]
    ) {
        self.address = address
        self.lastContact = lastContact
        self.refusal = refusal
        self.entries = entries
        self.labels = labels
        self.events = events
        self.octetsUp = octetsUp
        self.octetsDown = octetsDown
        self.certificateEnds = certificateEnds
        self.refusedFiles = refusedFiles
    }
}

/// When a batch stops the line, at the rate of the last minutes.
public struct Forecast: Codable, Sendable, Hashable {
    public enum Reason: String, Codable, Sendable {
        /// No unit is left.
        case quota
        /// The window closes.
        case window
    }
    public let authorization: Digest256
    public let batch: BatchName
    public let remaining: Int
    /// Units begun an hour, of the last minutes; absent while none was.
    public let unitsPerHour: Int?
    /// Seconds until new units stop, and what stops them.
    public let stopsIn: Int64
    public let reason: Reason

    public init(
        authorization: Digest256,
        batch: BatchName,
        remaining: Int,
        unitsPerHour: Int?,
        stopsIn: Int64,
        reason: Reason
    ) {
        self.authorization = authorization
        self.batch = batch
        self.remaining = remaining
        self.unitsPerHour = unitsPerHour
        self.stopsIn = stopsIn
        self.reason = reason
    }
}

/// Syncs with the portal at once; answers when all is exchanged.
public enum SyncNow: FactoryOperation {
    public static let name = "syncNow"
    public typealias Request = Nothing
    public typealias Reply = PortalReport
}

/// Writes what the portal lacks as a file of uploads for a stick.
public enum BundleRecords: FactoryOperation {
    public static let name = "bundleRecords"

    public struct Request: Codable, Sendable {
        /// Absolute path of an existing folder.
        public let folder: ShortText<4096>
        /// True: from the first record on, whatever the portal is known to have.
        public let all: Bool
        public init(folder: String, all: Bool) {
            self.folder = ShortText(keeping: folder)
            self.all = all
        }
    }

    public struct Reply: Codable, Sendable {
        /// Name of the file written.
        public let file: String
        public let entries: Int
        public let labels: Int
        public let events: Int
        public init(file: String, entries: Int, labels: Int, events: Int) {
            self.file = file
            self.entries = entries
            self.labels = labels
            self.events = events
        }
    }
}

/// Takes in a file as the inbox does.
public enum TakeFile: FactoryOperation {
    public static let name = "takeFile"

    public struct Request: Codable, Sendable {
        /// Absolute path of a regular file that the service may read.
        public let path: ShortText<4096>
        public init(path: String) { self.path = ShortText(keeping: path) }
    }

    public struct Reply: Codable, Sendable {
        /// `package`, `firmware`, `downlink`, `certificates` or `state`.
        public let kind: String
        /// What came of it, in words.
        public let summary: String
        /// Refusals of what did not hold in a file that was taken; absent: none.
        public let passedOver: [Refusal]?
        public init(kind: String, summary: String, passedOver: [Refusal]? = nil) {
            self.kind = kind
            self.summary = summary
            self.passedOver = passedOver
        }
    }
}

/// Writes journal, label records and event log to a folder.
public enum ExportRecords: FactoryOperation {
    public static let name = "exportRecords"

    public struct Request: Codable, Sendable {
        /// Absolute path of an existing folder.
        public let folder: ShortText<4096>
        public init(folder: String) { self.folder = ShortText(keeping: folder) }
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

/// Writes the proof that one entry stands in the journal, for whoever trusts neither this service nor its files.
public enum ExportProof: FactoryOperation {
    public static let name = "exportProof"

    public enum Subject: Codable, Sendable, Hashable {
        /// The `closed` entry of a batch, by its name or its authorization's id.
        case closing(batch: String)
        /// The newest `allotmentReleased` entry of a product.
        case release(product: ProductName)
    }

    public struct Request: Codable, Sendable {
        public let subject: Subject
        /// Absolute path of the file, an `InclusionFile`.
        public let path: ShortText<4096>
        public init(subject: Subject, path: String) {
            self.subject = subject
            self.path = ShortText(keeping: path)
        }
    }

    public struct Reply: Codable, Sendable {
        public let index: Int
        /// Entries under the checkpoint.
        public let size: Int
        /// The closed authorization, or the order that was carried out.
        public let id: Digest256
        public init(index: Int, size: Int, id: Digest256) {
            self.index = index
            self.size = size
            self.id = id
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
