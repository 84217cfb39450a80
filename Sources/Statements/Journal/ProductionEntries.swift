public import Vocabulary

/// A batch was loaded. Both envelopes are kept whole, so that anybody can judge its scope from the journal alone.
public struct AuthorizationLoaded: JournalBody {
    public static let kind = "authorizationLoaded"
    public let authorization: Envelope
    public let approval: Envelope
    /// The manifest's exact octets.
    public let manifest: Octets
    /// Statement id of the package.
    public let package: Digest256
    /// Key ids of the officers who signed the approval.
    public let officers: [Digest256]
    /// Key id.
    public let authorizer: Digest256

    public init(
        authorization: Envelope,
        approval: Envelope,
        manifest: Octets,
        package: Digest256,
        officers: [Digest256],
        authorizer: Digest256
    ) {
        self.authorization = authorization
        self.approval = approval
        self.manifest = manifest
        self.package = package
        self.officers = officers
        self.authorizer = authorizer
    }
}

/// An authorization that was never loaded is void for ever.
public struct AuthorizationTombstoned: JournalBody {
    public static let kind = "authorizationTombstoned"
    public let authorization: Digest256
    public let statement: Digest256

    public init(authorization: Digest256, statement: Digest256) {
        self.authorization = authorization
        self.statement = statement
    }
}

/// A DAC was issued: one unit counts, unless it replaces a re-provisioned one.
public struct Issued: JournalBody {
    public static let kind = "issued"
    public let authorization: Digest256
    public let unit: Digest256
    public let chipUID: ChipUID
    public let generation: UInt32
    /// 0-based position among the consumed units of the batch; a re-provisioned unit keeps its own.
    public let index: Int
    public let serial: DeviceSerial
    /// DER.
    public let dac: Octets
    /// Key id (SHA-256 of the SubjectPublicKeyInfo) of the certified key.
    public let deviceKey: Digest256
    /// The unit whose re-provisioning this issue fulfils; absent: a new unit that counts.
    public let replaces: Digest256?
    /// SHA-256 of the CSR.
    public let request: Digest256
    public let agreementKey: P256Point
    /// SHA-256(blind ‖ unit secrets), blind of 128 random bits.
    public let commitment: Digest256
    public let station: StationName

    public init(
        authorization: Digest256,
        unit: Digest256,
        chipUID: ChipUID,
        generation: UInt32,
        index: Int,
        serial: DeviceSerial,
        dac: Octets,
        deviceKey: Digest256,
        replaces: Digest256?,
        request: Digest256,
        agreementKey: P256Point,
        commitment: Digest256,
        station: StationName
    ) {
        self.authorization = authorization
        self.unit = unit
        self.chipUID = chipUID
        self.generation = generation
        self.index = index
        self.serial = serial
        self.dac = dac
        self.deviceKey = deviceKey
        self.replaces = replaces
        self.request = request
        self.agreementKey = agreementKey
        self.commitment = commitment
        self.station = station
    }
}

/// Unit secrets were given to the station that programs the unit.
public struct FactoryDataGiven: JournalBody {
    public static let kind = "factoryDataGiven"
    public let authorization: Digest256
    public let unit: Digest256
    public let factoryData: Digest256
    public let station: StationName

    public init(authorization: Digest256, unit: Digest256, factoryData: Digest256, station: StationName) {
        self.authorization = authorization
        self.unit = unit
        self.factoryData = factoryData
        self.station = station
    }
}

/// A product key was sealed to a chip.
public struct KeySealed: JournalBody {
    public static let kind = "keySealed"
    public let authorization: Digest256
    public let unit: Digest256
    public let slot: KeySlot
    /// True: the fleet key itself; false: a key derived for this unit.
    public let fleet: Bool
    /// True when this unit had the key of this slot before: an exception's units count once.
    public let isRepeat: Bool
    public let station: StationName

    public init(
        authorization: Digest256,
        unit: Digest256,
        slot: KeySlot,
        fleet: Bool,
        isRepeat: Bool,
        station: StationName
    ) {
        self.authorization = authorization
        self.unit = unit
        self.slot = slot
        self.fleet = fleet
        self.isRepeat = isRepeat
        self.station = station
    }
}

/// Leave to program was given.
public struct Permitted: JournalBody {
    public static let kind = "permitted"
    public let authorization: Digest256
    public let unit: Digest256
    public let permit: Digest256
    public let station: StationName

    public init(authorization: Digest256, unit: Digest256, permit: Digest256, station: StationName) {
        self.authorization = authorization
        self.unit = unit
        self.permit = permit
        self.station = station
    }
}

/// A unit was finished and checked.
public struct Completed: JournalBody {
    public static let kind = "completed"
    public let authorization: Digest256
    public let unit: Digest256
    /// Read back.
    public let firmware: Digest256
    /// Read back.
    public let factoryData: Digest256
    /// SHA-256(elements ‖ signature).
    public let attestation: Digest256
    public let station: StationName

    public init(
        authorization: Digest256,
        unit: Digest256,
        firmware: Digest256,
        factoryData: Digest256,
        attestation: Digest256,
        station: StationName
    ) {
        self.authorization = authorization
        self.unit = unit
        self.firmware = firmware
        self.factoryData = factoryData
        self.attestation = attestation
        self.station = station
    }
}

/// A unit was given up; what was issued stays counted.
public struct Failed: JournalBody {
    public static let kind = "failed"
    public let authorization: Digest256
    public let unit: Digest256
    public let chipUID: ChipUID
    /// The generation that ended.
    public let generation: UInt32
    /// True when the unit had been completed.
    public let wasCompleted: Bool
    public let reason: String
    public let station: StationName

    public init(
        authorization: Digest256,
        unit: Digest256,
        chipUID: ChipUID,
        generation: UInt32,
        wasCompleted: Bool,
        reason: String,
        station: StationName
    ) {
        self.authorization = authorization
        self.unit = unit
        self.chipUID = chipUID
        self.generation = generation
        self.wasCompleted = wasCompleted
        self.reason = reason
        self.station = station
    }
}

/// A debug challenge was answered.
public struct DebugUnlocked: JournalBody {
    public static let kind = "debugUnlocked"
    public let authorization: Digest256
    /// The newest unit of this chip under the authorization; when it was completed, it has to be completed again.
    public let unit: Digest256
    public let chipUID: ChipUID
    public let wasCompleted: Bool
    /// 16 octets in hexadecimal.
    public let permissions: String
    public let challenge: Digest256
    /// True when the open port can read the key store.
    public let exposed: Bool
    public let station: StationName

    public init(
        authorization: Digest256,
        unit: Digest256,
        chipUID: ChipUID,
        wasCompleted: Bool,
        permissions: String,
        challenge: Digest256,
        exposed: Bool,
        station: StationName
    ) {
        self.authorization = authorization
        self.unit = unit
        self.chipUID = chipUID
        self.wasCompleted = wasCompleted
        self.permissions = permissions
        self.challenge = challenge
        self.exposed = exposed
        self.station = station
    }
}

/// A chip was released for a new provisioning.
public struct Reprovisioned: JournalBody {
    public static let kind = "reprovisioned"
    public let authorization: Digest256
    /// The unit that ended.
    public let unit: Digest256
    public let chipUID: ChipUID
    /// The generation that ended.
    public let generation: UInt32
    public let wasCompleted: Bool
    public let station: StationName

    public init(
        authorization: Digest256,
        unit: Digest256,
        chipUID: ChipUID,
        generation: UInt32,
        wasCompleted: Bool,
        station: StationName
    ) {
        self.authorization = authorization
        self.unit = unit
        self.chipUID = chipUID
        self.generation = generation
        self.wasCompleted = wasCompleted
        self.station = station
    }
}

/// A credential was replaced.
public struct Rotated: JournalBody {
    public static let kind = "rotated"
    public let authorization: Digest256
    public let unit: Digest256
    public let chipUID: ChipUID
    public let dac: Octets
    /// Key id of the newly certified key.
    public let deviceKey: Digest256
    /// SHA-256 of the CSR.
    public let request: Digest256
    /// By the key of the DAC that ended with this entry.
    public let proof: RotationProof
    public let station: StationName

    public init(
        authorization: Digest256,
        unit: Digest256,
        chipUID: ChipUID,
        dac: Octets,
        deviceKey: Digest256,
        request: Digest256,
        proof: RotationProof,
        station: StationName
    ) {
        self.authorization = authorization
        self.unit = unit
        self.chipUID = chipUID
        self.dac = dac
        self.deviceKey = deviceKey
        self.request = request
        self.proof = proof
        self.station = station
    }
}

/// An authorization was closed; what remained is returned.
public struct Closed: JournalBody {
    public static let kind = "closed"
    public let authorization: Digest256
    public let granted: Int
    public let issued: Int
    public let burned: Int
    public let returned: Int

    public init(authorization: Digest256, granted: Int, issued: Int, burned: Int, returned: Int) {
        self.authorization = authorization
        self.granted = granted
        self.issued = issued
        self.burned = burned
        self.returned = returned
    }
}

/// Refusals, aggregated by station, code and minute.
public struct Refused: JournalBody {
    public static let kind = "refused"
    /// Common name of the peer, or the local role.
    public let station: String
    public let code: String
    public let minute: Instant
    public let count: Int

    public init(station: String, code: String, minute: Instant, count: Int) {
        self.station = station
        self.code = code
        self.minute = minute
        self.count = count
    }
}
