public import Statements
public import Vocabulary

/// A Factory Service asks for its certificate with the one-time code: `POST /v1/join` at the people's listener.
public struct JoinRequest: SyncMessage {
    public let code: String
    /// Name of the Factory Service, the certificate's common name.
    public let service: StationName
    /// PKCS#10, DER, P-256, at most 2 KiB.
    public let csr: Octets

    public init(code: String, service: StationName, csr: Octets) {
        self.code = code
        self.service = service
        self.csr = csr
    }

    public func validate() throws {
        try requireMessage((16...64).contains(code.utf8.count), "code")
        try requireMessage((64...2_048).contains(csr.bytes.count), "CSR of \(csr.bytes.count) octets")
    }
}

/// A Factory Service renews its certificate over sync: `POST /sync/v1/renew`. The request is over the key that it has.
public struct RenewRequest: SyncMessage {
    public let csr: Octets

    public init(csr: Octets) { self.csr = csr }

    public func validate() throws {
        try requireMessage((64...2_048).contains(csr.bytes.count), "CSR of \(csr.bytes.count) octets")
    }
}

/// The Factory Service's certificate: O = factory, OU = `factory`, CN = service.
public struct JoinReply: SyncMessage {
    public let factory: FactoryID
    /// DER, leaf first, then the enrolment authority.
    public let certificates: [Octets]
    public let notAfter: Instant

    public init(factory: FactoryID, certificates: [Octets], notAfter: Instant) {
        self.factory = factory
        self.certificates = certificates
        self.notAfter = notAfter
    }

    public func validate() throws {
        try requireMessage((1...4).contains(certificates.count), "\(certificates.count) certificates")
        try requireMessage(certificates.allSatisfy { (64...8_192).contains($0.bytes.count) }, "a certificate's size")
    }
}
