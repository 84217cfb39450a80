public import Statements
public import Vocabulary

/// Closes an authorization after its notAfter; before that only the portal's status does.
public struct CloseCommand: EdgeCommand {
    public struct Grant: Sendable, Equatable {
        public let sequence: Int
        public let account: Checkpoint.Account
    }

    public let requester: String
    public let authorization: Digest256

    public init(requester: String, authorization: Digest256) {
        self.requester = requester
        self.authorization = authorization
    }

    public func decide(_ state: inout EdgeHSMState, _ turn: inout Turn) throws -> Grant {
        guard !state.durable.isZeroised else { throw Refusal(EdgeError.zeroised) }
        if state.live.time.isClockBehind { try state.requireServing() }
        let account = try state.authorization(authorization)
        guard !account.isClosed else { throw Refusal(EdgeError.authorizationClosed, authorization.hex) }
        guard turn.now > account.content.notAfter else {
            throw Refusal(EdgeError.closeTooEarly, "ends \(account.content.notAfter), now \(turn.now)")
        }
        try state.close(account, &turn)
        return Grant(
            sequence: state.durable.size - 1,
            account: try state.authorization(authorization).account
        )
    }
}

/// Journals the keys made for a product. For a prepared product, the same statement again: ask `preparation(of:)` first.
public struct RecordPreparation: EdgeCommand {
    public let requester: String
    /// A `ProductPreparation`, signed by this EdgeHSM's identity.
    public let preparation: Envelope

    public init(requester: String, preparation: Envelope) {
        self.requester = requester
        self.preparation = preparation
    }

    public func decide(_ state: inout EdgeHSMState, _ turn: inout Turn) throws -> Envelope {
        guard !state.durable.isZeroised else { throw Refusal(EdgeError.zeroised) }
        let verified = try Verified<ProductPreparation>(preparation, signedBy: state.durable.identity)
        guard verified.content.edgeHSM == state.durable.edgeHSM else { throw Refusal(EdgeError.wrongEdgeHSM) }
        if let existing = state.durable.products[verified.content.product]?.preparation { return existing }
        try state.emit(ProductPrepared(preparation: preparation), &turn)
        return preparation
    }
}

/// Journals the OEM's certificates for a prepared product. The daemon has verified that they certify the prepared keys.
///
/// They come by hands that nobody trusts, and nothing but the manifest says which PAA is the OEM's. So they do not change
/// while a batch of the product is open or a DAC is being signed; the same ones may come any number of times.
public struct RecordCertificates: EdgeCommand {
    public let requester: String
    public let certificates: ProductCertificates

    public init(requester: String, certificates: ProductCertificates) {
        self.requester = requester
        self.certificates = certificates
    }

    public func decide(_ state: inout EdgeHSMState, _ turn: inout Turn) throws {
        guard !state.durable.isZeroised else { throw Refusal(EdgeError.zeroised) }
        guard certificates.edgeHSM == state.durable.edgeHSM else {
            throw Refusal(EdgeError.wrongEdgeHSM, certificates.edgeHSM.text)
        }
        guard let product = state.durable.products[certificates.product], product.preparation != nil else {
            throw Refusal(EdgeError.productNotPrepared, certificates.product.text)
        }
        let body = CertificatesInstalled(
            product: certificates.product,
            paa: certificates.paa,
            pai: certificates.pai,
            debugRoot: certificates.debugRoot,
            debugIntermediate: certificates.debugIntermediate
        )
        guard product.certificates != body else { return }
        if let open = state.batchInWork(of: certificates.product) {
            throw Refusal(EdgeError.certificatesInUse, "batch \(open.content.batch)")
        }
        try state.emit(body, &turn)
    }
}

extension EdgeHSMState {
    /// An authorization of the product that is neither closed nor revoked, or under which a DAC is being signed.
    fileprivate func batchInWork(of product: ProductName) -> AuthorizationAccount? {
        let signing = Set(live.reservations.values.map(\.authorization))
        return durable.authorizations.values.first { account in
            account.content.product == product
                && (signing.contains(account.id) || !account.isClosed && revocation(of: account) == nil)
        }
    }

    /// No DAC is signed under another PAA than the approved version names, whoever installed it and when.
    func requireAuthority(_ account: AuthorizationAccount) throws {
        guard let certificates = durable.products[account.content.product]?.certificates else {
            throw Refusal(EdgeError.productNotPrepared, account.content.product.text)
        }
        guard try certificates.paa == manifest(of: account).paa else {
            throw Refusal(EdgeError.otherAuthority, account.content.product.text)
        }
    }
}

/// Journals that the local operator enrolled a station or a Factory Service.
public struct RecordEnrolment: EdgeCommand {
    public let requester: String
    public let name: StationName
    /// `station` or `service`.
    public let role: String
    /// DER, as issued by the site CA.
    public let certificate: Octets

    public init(requester: String, name: StationName, role: String, certificate: Octets) {
        self.requester = requester
        self.name = name
        self.role = role
        self.certificate = certificate
    }

    public func decide(_ state: inout EdgeHSMState, _ turn: inout Turn) throws {
        guard !state.durable.isZeroised else { throw Refusal(EdgeError.zeroised) }
        guard ["station", "service"].contains(role) else { throw Refusal(EdgeError.internalFault, "role") }
        // A name keeps its role for ever, so that attribution in the journal stays unambiguous.
        if let other = state.durable.peers.values.first(where: { $0.name == name && $0.role != role }) {
            throw Refusal(EdgeError.peerTaken, "\(name) is a \(other.role)")
        }
        try state.emit(StationEnrolled(name: name, role: role, certificate: certificate), &turn)
    }
}

/// A name's certificates are refused from here on: all of them, or the one named.
public struct RevokePeer: EdgeCommand {
    public let requester: String
    public let name: StationName
    /// SHA-256 of the only certificate meant, where the name goes on with another; nil: every one that it has.
    public let fingerprint: Digest256?

    public init(requester: String, name: StationName, fingerprint: Digest256? = nil) {
        self.requester = requester
        self.name = name
        self.fingerprint = fingerprint
    }

    public func decide(_ state: inout EdgeHSMState, _ turn: inout Turn) throws {
        let peers = state.durable.peers.filter { $0.value.name == name && (fingerprint ?? $0.key) == $0.key }
        guard !peers.isEmpty else {
            throw Refusal(EdgeError.peerUnknown, "\(name) \(fingerprint?.hex ?? "")")
        }
        let valid = peers.filter { !$0.value.isRevoked }.keys.sorted()
        guard !valid.isEmpty else { return }
        guard !state.durable.isZeroised else { throw Refusal(EdgeError.zeroised) }
        for certificate in valid { try state.emit(StationRevoked(name: name, fingerprint: certificate), &turn) }
        for hold in state.live.holds.all where hold.station == name { state.live.holds.remove(hold.unit) }
        turn.demand(.beforeAcknowledging)
    }
}

/// Journals that the keys are to be destroyed; destroy them after commit and anchor.
public struct ZeroiseCommand: EdgeCommand {
    public let requester: String
    /// Must be this EdgeHSM's id.
    public let edgeHSM: EdgeHSMID
    public let reason: String

    public init(requester: String, edgeHSM: EdgeHSMID, reason: String) {
        self.requester = requester
        self.edgeHSM = edgeHSM
        self.reason = reason.kept(octets: 200)
    }

    public func decide(_ state: inout EdgeHSMState, _ turn: inout Turn) throws {
        guard edgeHSM == state.durable.edgeHSM else {
            throw Refusal(EdgeError.wrongEdgeHSM, "this is \(state.durable.edgeHSM)")
        }
        guard !state.durable.isZeroised else { return }
        state.live.reservations = [:]
        state.live.holds.removeAll()
        try state.emit(Zeroised(reason: reason), &turn)
        turn.demand(.beforeAcknowledging)
    }
}

/// Offers a fresh nonce for an officers' clock-reset order; the one before is void. Memory only.
public struct OfferClockReset: EdgeCommand {
    public let requester: String
    public let nonce: Nonce

    public init(requester: String, nonce: Nonce) {
        self.requester = requester
        self.nonce = nonce
    }

    public func decide(_ state: inout EdgeHSMState, _ turn: inout Turn) throws { state.live.clockResetNonce = nonce }
}

/// Counts a refusal that was decided outside the core: a malformed CSR, a wrong role, a lint.
public struct NoteRefusal: EdgeCommand {
    public let requester: String
    public let code: String

    public init(requester: String, code: String) {
        self.requester = requester
        self.code = code
    }

    public func decide(_ state: inout EdgeHSMState, _ turn: inout Turn) throws {
        state.live.refusals.count(code, of: requester, at: turn.now)
    }
}

/// Journals the refusals of the minutes that are over; ask every few seconds, and with `all` before a clean stop.
public struct FlushRefusals: EdgeCommand {
    public let requester = "edgehsmd"
    public let all: Bool

    public init(all: Bool = false) { self.all = all }

    public func decide(_ state: inout EdgeHSMState, _ turn: inout Turn) throws {
        guard !state.durable.isZeroised, state.live.anchor != nil else { return }
        for body in state.live.refusals.drain(at: turn.now, all: all) { try state.emit(body, &turn) }
    }
}
