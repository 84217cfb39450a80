import Statements
import Vocabulary

/// What the journal says of batches, products and stations, in memory: small, read by every request, rebuilt at start.
struct Catalogue: Sendable {
    /// A loaded batch without its product's certificates, which may come later.
    struct Loaded: Sendable {
        let authorization: ProductionAuthorization
        let approval: VersionApproval
        let manifest: Manifest
        let certificationDeclaration: [UInt8]?
        var completed = 0
    }

    struct Product: Sendable {
        /// A `ProductPreparation`.
        var preparation: Envelope?
        var certificates: CertificatesInstalled?
    }

    struct Station: Sendable, Hashable {
        let name: StationName
        let role: String
        let certificate: [UInt8]
        var isRevoked: Bool
    }

    private(set) var genesis: Genesis?
    private(set) var batches: [Digest256: Loaded] = [:]
    private(set) var products: [ProductName: Product] = [:]
    /// By SHA-256 of the certificate.
    private(set) var stations: [Digest256: Station] = [:]
    private(set) var isZeroised = false

    /// `document` finds a Certification Declaration by its digest.
    mutating func apply(_ entry: JournalEntry, document: (Digest256) throws -> [UInt8]?) throws {
        switch entry.event.body {
        case let body as Genesis: genesis = body
        case let body as AuthorizationLoaded: try load(body, document)
        case let body as Completed: batches[body.authorization]?.completed += 1
        case let body as ProductPrepared:
            let product = try ProductPreparation.read(payload: body.preparation.payload).product
            products[product, default: Product()].preparation = body.preparation
        case let body as CertificatesInstalled: products[body.product, default: Product()].certificates = body
        case let body as StationEnrolled:
            let fingerprint = Digest256.of(body.certificate.bytes)
            stations[fingerprint] = Station(
                name: body.name,
                role: body.role,
                certificate: body.certificate.bytes,
                isRevoked: false
            )
        case let body as StationRevoked: stations[body.fingerprint]?.isRevoked = true
        case is Zeroised: isZeroised = true
        default: break
        }
    }

    private mutating func load(_ body: AuthorizationLoaded, _ document: (Digest256) throws -> [UInt8]?) throws {
        let manifest = try Manifest(parsing: body.manifest.bytes)
        batches[body.authorization.statementID] = Loaded(
            authorization: try ProductionAuthorization.read(payload: body.authorization.payload),
            approval: try VersionApproval.read(payload: body.approval.payload),
            manifest: manifest,
            certificationDeclaration: try document(manifest.certificationDeclaration)
        )
    }

    /// Throws `edge.batch.unknown`, or `edge.batch.incomplete` where its Certification Declaration is lost.
    func batch(_ id: Digest256) throws -> Batch {
        guard let loaded = batches[id] else { throw Refusal(EdgeDaemonError.batchUnknown, id.hex) }
        guard let declaration = loaded.certificationDeclaration else {
            throw Refusal(EdgeDaemonError.documentMissing, "Certification Declaration of \(id.hex)")
        }
        return Batch(
            id: id,
            authorization: loaded.authorization,
            approval: loaded.approval,
            manifest: loaded.manifest,
            certificationDeclaration: declaration,
            certificates: products[loaded.authorization.product]?.certificates
        )
    }

    /// Throws `edge.station.*` unless this certificate was enrolled here under this name and role and not revoked.
    func requireStation(_ fingerprint: Digest256, name: String, role: String) throws {
        guard let station = stations[fingerprint], station.name.text == name, station.role == role else {
            throw Refusal(EdgeDaemonError.stationUnknown, "\(role)/\(name)")
        }
        guard !station.isRevoked else { throw Refusal(EdgeDaemonError.stationRevoked, "\(role)/\(name)") }
    }

    /// The newest certificate that is not revoked of this name; nil where there is none.
    func certificate(of name: StationName, for key: (Station) -> Bool) -> Station? {
        stations.values.first { $0.name == name && !$0.isRevoked && key($0) }
    }
}
