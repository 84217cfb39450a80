internal import Matter
public import Statements
internal import TransparencyLog
public import Vocabulary

/// An entry's octets with all that can be told from them alone: reading is most of a judge's work, needs no state, and
/// can be done for many entries at once.
public struct ReadEntry: Sendable {
    /// By reference: entries are handed on many times, and a certificate is many fields.
    private final class Content: Sendable {
        let bytes: [UInt8]
        let leaf: Digest256
        let entry: JournalEntry?
        let refusal: Refusal?
        let dac: Result<AttestationCertificate, Refusal>?
        let signer: P256Point?

        init(
            _ bytes: [UInt8],
            _ read: Result<JournalEntry, Refusal>,
            _ dac: Result<AttestationCertificate, Refusal>?,
            signer: P256Point?
        ) {
            self.bytes = bytes
            leaf = MerkleHash.leaf(bytes)
            switch read {
            case .success(let entry): (self.entry, refusal) = (entry, nil)
            case .failure(let refusal): (entry, self.refusal) = (nil, refusal)
            }
            self.dac = dac
            self.signer = signer
        }

        init(_ other: Content, signer: P256Point) {
            bytes = other.bytes
            leaf = other.leaf
            entry = other.entry
            refusal = other.refusal
            dac = other.dac
            self.signer = signer
        }
    }

    private let content: Content
    /// The entry installs certificates, accepts RoleKeys, applies officers' orders or sets the clock back: what whoever
    /// keeps journals takes note of beside units. Beside the content, because chunks are searched for the few such entries.
    public let isGovernance: Bool

    public var bytes: [UInt8] { content.bytes }
    /// Hash of the Merkle leaf.
    public var leaf: Digest256 { content.leaf }
    /// Nil when it can't be read.
    public var entry: JournalEntry? { content.entry }
    /// Its event and its time alone, which cost less to hand out.
    public var event: JournalEvent? { content.entry?.event }
    public var time: Instant? { content.entry?.time }
    /// Why it can't be read.
    public var refusal: Refusal? { content.refusal }
    /// The DAC that the entry releases, if it is a certificate at all.
    var dac: Result<AttestationCertificate, Refusal>? { content.dac }
    /// The PAI key under which the DAC's signature was found right.
    var signer: P256Point? { content.signer }

    /// - Parameter issuers: of PAIs; a DAC's signature is verified here if it is by one of them, otherwise later.
    public init(_ bytes: [UInt8], issuers: IssuerKeys = []) {
        let read: Result<JournalEntry, Refusal>
        do { read = .success(try JournalEntry(parsing: bytes)) } catch {
            read = .failure(error as? Refusal ?? Refusal(JournalError.entryMalformed))
        }
        let entry = try? read.get()
        isGovernance =
            entry.map {
                $0.event.is(CertificatesInstalled.self) || $0.event.is(RoleKeysAccepted.self)
                    || $0.event.is(OrderApplied.self) || $0.event.is(ClockReset.self)
            } ?? false
        let dac = Self.der(in: entry).map { der -> Result<AttestationCertificate, Refusal> in
            do { return .success(try AttestationCertificate(der: der)) } catch {
                return .failure(error as? Refusal ?? Refusal(JournalError.dacWrong))
            }
        }
        content = Content(bytes, read, dac, signer: issuers.signer(of: try? dac?.get()))
    }

    /// The same entry with its DAC's signature verified, where these keys are its issuer's.
    public func verified(with issuers: IssuerKeys) -> ReadEntry {
        guard signer == nil, case .success(let certificate) = dac, let signer = issuers.signer(of: certificate) else {
            return self
        }
        return ReadEntry(Content(content, signer: signer), isGovernance: isGovernance)
    }

    private init(_ content: Content, isGovernance: Bool) {
        (self.content, self.isGovernance) = (content, isGovernance)
    }

    /// The PAI that this entry installs.
    public var installedPAI: [UInt8]? {
        isGovernance ? entry?.event.content(as: CertificatesInstalled.self)?.pai.bytes : nil
    }

    private static func der(in entry: JournalEntry?) -> [UInt8]? {
        guard let event = entry?.event else { return nil }
        return event.content(as: Issued.self)?.dac.bytes ?? event.content(as: Rotated.self)?.dac.bytes
    }

    /// Serial number of the DAC, hexadecimal.
    var dacSerial: String? {
        guard case .success(let certificate) = dac else { return nil }
        return Hex.encode(certificate.serial)
    }
}

/// Keys of PAIs, read once for many DACs.
public struct IssuerKeys: Sendable, ExpressibleByArrayLiteral {
    private let keys: [VerifyingKey]

    public init(arrayLiteral points: P256Point...) { self.init(points) }

    public init(_ points: [P256Point]) { keys = points.map { VerifyingKey($0) } }

    /// Of PAIs as they were installed; what is no certificate has no key.
    public init(pais: [[UInt8]]) {
        self.init(pais.compactMap { try? AttestationCertificate(der: $0).publicKey })
    }

    /// The key that made a DAC's signature.
    func signer(of dac: AttestationCertificate?) -> P256Point? {
        guard let dac else { return nil }
        return keys.first { dac.isSigned(by: $0) }?.point
    }
}

/// What one entry was found to be.
public struct JudgedEntry: Sendable {
    /// Where it stands in the journal, whatever it says itself.
    public let position: Int
    let read: ReadEntry
    /// What is wrong with it.
    public let findings: [JournalAudit.Finding]
    /// The unit that it is about, as it is afterwards.
    public let unit: JudgedUnit?
    /// Another unit that changed with it: the one that a reissue replaces.
    public let replaced: JudgedUnit?
    /// The stage of `unit` before; nil when it is new.
    public let stageBefore: JudgedUnit.Stage?
    /// The authorization that it names, with the account afterwards.
    public let batch: JudgedBatch?
    /// The DAC that it released.
    public let credential: JudgedCredential?

    public var leaf: Digest256 { read.leaf }
    /// Nil when it can't be read.
    public var entry: JournalEntry? { read.entry }
    public var event: JournalEvent? { read.event }
    public var time: Instant? { read.time }
}
