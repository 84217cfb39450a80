public import Statements
public import Vocabulary

/// Loads a package file.
public enum LoadPackage: ServiceOperation {
    public static let name = "load"

    public struct Request: Codable, Sendable {
        /// The octets of a `PackageFile`; at most 180 KiB, so that the frame fits.
        public let package: Octets
        public init(package: Octets) { self.package = package }
    }

    public struct Reply: Codable, Sendable {
        public let authorization: Digest256
        public let product: ProductName
        public let batch: BatchName
        public let quantity: Int
        public init(authorization: Digest256, product: ProductName, batch: BatchName, quantity: Int) {
            self.authorization = authorization
            self.product = product
            self.batch = batch
            self.quantity = quantity
        }
    }
}

/// What an EdgeHSM says of itself.
public enum GetStatus: ServiceOperation, OperatorOperation {
    public static let name = "status"
    public typealias Request = Nothing

    public struct Batch: Codable, Sendable, Hashable {
        public enum State: String, Codable, Sendable {
            case waiting
            case open
            case ended
            case revoked
            case closed
        }
        public let authorization: Digest256
        public let product: ProductName
        public let batch: BatchName
        public let manifest: Digest256
        public let firmware: Digest256
        public let firmwareSize: Int
        public let family: String
        public let vendorID: VendorID
        public let productID: ProductID
        public let keySlots: [KeySlot]
        public let state: State
        public let notBefore: Instant
        public let notAfter: Instant
        public let account: Checkpoint.Account
        public let completed: Int
        public let debugUnlocksLeft: Int
        public let reprovisionsLeft: Int
        public let rotationsLeft: Int
        /// Statement id of the package that brought the batch.
        public let package: Digest256
        public init(
            authorization: Digest256,
            product: ProductName,
            batch: BatchName,
            manifest: Digest256,
            firmware: Digest256,
            firmwareSize: Int,
            family: String,
            vendorID: VendorID,
            productID: ProductID,
            keySlots: [KeySlot],
            state: State,
            notBefore: Instant,
            notAfter: Instant,
            account: Checkpoint.Account,
            completed: Int,
            debugUnlocksLeft: Int,
            reprovisionsLeft: Int,
            rotationsLeft: Int,
            package: Digest256
        ) {
            self.authorization = authorization
            self.product = product
            self.batch = batch
            self.manifest = manifest
            self.firmware = firmware
            self.firmwareSize = firmwareSize
            self.family = family
            self.vendorID = vendorID
            self.productID = productID
            self.keySlots = keySlots
            self.state = state
            self.notBefore = notBefore
            self.notAfter = notAfter
            self.account = account
            self.completed = completed
            self.debugUnlocksLeft = debugUnlocksLeft
            self.reprovisionsLeft = reprovisionsLeft
            self.rotationsLeft = rotationsLeft
            self.package = package
        }
    }

    public struct Reply: Codable, Sendable {
        public let edgeHSM: EdgeHSMID
        public let factory: FactoryID
        public let softwareVersion: String
        public let time: Instant
        public let epoch: UInt64
        public let journalSize: Int
        public let roleKeysVersion: Int
        public let roleKeysExpireAt: Instant
        /// Fresh, for a clock-reset order; absent while none is outstanding.
        public let clockResetNonce: Nonce?
        /// Why nothing is issued at present; absent when all is well.
        public let stopped: Refusal?
        /// Seconds: the strictest rule of the open batches. Without a word of the portal for longer, no new units of
        /// them; absent where none has such a rule.
        public let longestSilence: Int64?
        public let batches: [Batch]
        public init(
            edgeHSM: EdgeHSMID,
            factory: FactoryID,
            softwareVersion: String,
            time: Instant,
            epoch: UInt64,
            journalSize: Int,
            roleKeysVersion: Int,
            roleKeysExpireAt: Instant,
            clockResetNonce: Nonce?,
            stopped: Refusal?,
            longestSilence: Int64? = nil,
            batches: [Batch]
        ) {
            self.edgeHSM = edgeHSM
            self.factory = factory
            self.softwareVersion = softwareVersion
            self.time = time
            self.epoch = epoch
            self.journalSize = journalSize
            self.roleKeysVersion = roleKeysVersion
            self.roleKeysExpireAt = roleKeysExpireAt
            self.clockResetNonce = clockResetNonce
            self.stopped = stopped
            self.longestSilence = longestSilence
            self.batches = batches
        }
    }
}

/// Applies a downlink bundle. What does not fit a frame goes in several requests, in the bundle's order.
public enum ApplyDownlink: ServiceOperation {
    public static let name = "applyDownlink"
    /// Most octets of envelopes in one request, so that the frame fits.
    public static let largestPart = 240 * 1024

    public struct Request: Codable, Sendable {
        public let bundle: DownlinkBundle
        public init(bundle: DownlinkBundle) { self.bundle = bundle }
    }

    public struct Reply: Codable, Sendable {
        public let roleKeysVersion: Int
        public let newRevocations: Int
        public let closed: Int
        /// Refusals of parts that did not hold beside a status that did, the first `mostPassedOver`; absent: none.
        public let passedOver: [Refusal]?

        public static let mostPassedOver = 16

        public init(roleKeysVersion: Int, newRevocations: Int, closed: Int, passedOver: [Refusal] = []) {
            self.roleKeysVersion = roleKeysVersion
            self.newRevocations = newRevocations
            self.closed = closed
            self.passedOver = passedOver.isEmpty ? nil : Array(passedOver.prefix(Self.mostPassedOver))
        }
    }
}

/// Makes the keys of a product in the EdgeHSM and returns the CSRs; for a prepared product, the same statement again.
public enum PrepareProduct: ServiceOperation {
    public static let name = "prepareProduct"

    public struct Request: Codable, Sendable {
        public let product: ProductName
        public let vendorID: VendorID
        public let productID: ProductID
        public init(product: ProductName, vendorID: VendorID, productID: ProductID) {
            self.product = product
            self.vendorID = vendorID
            self.productID = productID
        }
    }

    public struct Reply: Codable, Sendable {
        /// A `ProductPreparation`.
        public let preparation: Envelope
        public init(preparation: Envelope) { self.preparation = preparation }
    }
}

/// Installs the certificates of a prepared product.
public enum InstallCertificates: ServiceOperation {
    public static let name = "installCertificates"
    public typealias Reply = Nothing

    public struct Request: Codable, Sendable {
        public let certificates: ProductCertificates
        public init(certificates: ProductCertificates) { self.certificates = certificates }
    }
}

/// Journal entries from a position on, as many as fit a frame.
public enum ReadJournal: ServiceOperation, OperatorOperation {
    public static let name = "readJournal"

    public struct Request: Codable, Sendable {
        public let from: Int
        public let limit: Int
        public init(from: Int, limit: Int) {
            self.from = from
            self.limit = limit
        }
    }

    public struct Reply: Codable, Sendable {
        /// Exact octets of each entry.
        public let entries: [Octets]
        public let size: Int
        public init(entries: [Octets], size: Int) {
            self.entries = entries
            self.size = size
        }
    }
}

/// A signed checkpoint of now; of a zeroised EdgeHSM its last one.
public enum GetCheckpoint: ServiceOperation, OperatorOperation {
    public static let name = "checkpoint"
    public typealias Request = Nothing

    public struct Reply: Codable, Sendable {
        /// A `Checkpoint`.
        public let checkpoint: Envelope
        public init(checkpoint: Envelope) { self.checkpoint = checkpoint }
    }
}

/// Closes an authorization after its notAfter; before that only the portal's status closes one.
public enum CloseAuthorization: ServiceOperation {
    public static let name = "close"

    public struct Request: Codable, Sendable {
        public let authorization: Digest256
        public init(authorization: Digest256) { self.authorization = authorization }
    }

    public struct Reply: Codable, Sendable {
        /// Position of the `closed` entry.
        public let sequence: Int
        public let account: Checkpoint.Account
        public init(sequence: Int, account: Checkpoint.Account) {
            self.sequence = sequence
            self.account = account
        }
    }
}

/// Hands in a station's TLS CSR; the local operator decides on it.
public enum ForwardStationRequest: ServiceOperation {
    public static let name = "forwardStationRequest"

    public struct Request: Codable, Sendable {
        public let name: StationName
        /// PKCS#10, DER, at most 2 KiB.
        public let request: Octets
        public init(name: StationName, request: Octets) {
            self.name = name
            self.request = request
        }
    }

    public struct Reply: Codable, Sendable {
        /// SHA-256 of the CSR, to be compared by the operator with what the station's screen shows.
        public let fingerprint: Digest256
        /// DER, leaf first, once enrolled.
        public let certificates: [Octets]?
        public init(fingerprint: Digest256, certificates: [Octets]?) {
            self.fingerprint = fingerprint
            self.certificates = certificates
        }
    }
}
