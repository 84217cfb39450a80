internal import Matter
public import Statements
internal import TransparencyLog
public import Vocabulary

/// An entry's octets with all that can be told from them alone: reading is most of a judge's work, needs no state, and
/// can be done for many entries at once.
public struct ReadEntry: Sendable {
    public let bytes: [UInt8]
    /// Hash of the Merkle leaf.
    public let leaf: Digest256
    /// Nil when it can't be read.
    public let entry: JournalEntry?
    /// Why it can't be read.
    public let refusal: Refusal?
    /// The DAC that the entry releases, if it is a certificate at all.
    let dac: Result<AttestationCertificate, Refusal>?
    /// The PAI key under which the DAC's signature was found right.
    let signer: P256Point?

    /// - Parameter issuers: keys of PAIs; a DAC's signature is verified here if it is by one of them, otherwise later.
    public init(_ bytes: [UInt8], issuers: [P256Point] = []) {
        self.bytes = bytes
        leaf = MerkleHash.leaf(bytes)
        do {
            entry = try JournalEntry(parsing: bytes)
            refusal = nil
        } catch {
            entry = nil
            refusal = error as? Refusal ?? Refusal(JournalError.entryMalformed)
        }
        let der =
            switch entry?.event.body {
            case let body as Issued: body.dac.bytes
            case let body as Rotated: body.dac.bytes
            default: [UInt8]?.none
            }
        dac = der.map { der in
            do { return .success(try AttestationCertificate(der: der)) } catch {
                return .failure(error as? Refusal ?? Refusal(JournalError.dacWrong))
            }
        }
        if case .success(let certificate) = dac {
            signer = issuers.first { certificate.isSigned(by: $0) }
        } else {
            signer = nil
        }
    }

    /// Serial number of the DAC, hexadecimal.
    var dacSerial: String? {
        guard case .success(let certificate) = dac else { return nil }
        return Hex.encode(certificate.serial)
    }
}

/// What one entry was found to be.
public struct JudgedEntry: Sendable {
    /// Where it stands in the journal, whatever it says itself.
    public let position: Int
    public let leaf: Digest256
    /// Nil when it can't be read.
    public let entry: JournalEntry?
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
}
