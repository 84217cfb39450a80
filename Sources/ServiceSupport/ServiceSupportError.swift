public import Vocabulary

/// What can go wrong between a process and its surroundings: connections, certificates, configuration, files.
public enum ServiceSupportError: String, ErrorCatalogue {
    case connectFailed = "net.connect.failed"
    case connectionLost = "net.connection.lost"
    case timedOut = "net.request.timeout"
    case clientBusy = "net.client.busy"
    case clientClosed = "net.client.closed"
    case frameTooLarge = "net.frame.too-large"
    case replyTooLarge = "net.reply.too-large"
    case listenFailed = "net.listen.failed"
    case socketInUse = "net.listen.in-use"
    case peerRefused = "net.peer.refused"
    case tlsFailed = "tls.handshake.failed"
    case peerMalformed = "tls.peer.malformed"
    case peerUntrusted = "tls.peer.untrusted"
    case peerPurpose = "tls.peer.purpose"
    case peerNotYetValid = "tls.peer.not-yet-valid"
    case peerExpired = "tls.peer.expired"
    case peerName = "tls.peer.name"
    case credentialUnreadable = "tls.file.unreadable"
    case credentialExposed = "tls.file.exposed"
    case credentialMalformed = "tls.file.malformed"
    case credentialMismatch = "tls.file.mismatch"
    case configurationUnreadable = "config.file.unreadable"
    case configurationMalformed = "config.file.malformed"
    case configurationUnknownKey = "config.key.unknown"
    case configurationInvalid = "config.value.invalid"
    case credentialMissing = "process.credential.missing"
    case hardeningFailed = "process.hardening.failed"
    case readyUnwritable = "process.ready.unwritable"

    public var meaning: String {
        switch self {
        case .connectFailed: "The other side could not be reached, and nothing was sent."
        case .connectionLost: "The connection ended before the reply came, so the request may have been done."
        case .timedOut: "No reply came in time, so the request may have been done."
        case .clientBusy: "Too many requests wait for a connection."
        case .clientClosed: "The client was closed by its own program."
        case .frameTooLarge: "A message is larger than the protocol allows."
        case .replyTooLarge: "The answer would be larger than the protocol allows."
        case .listenFailed: "The address or socket path can not be listened on."
        case .socketInUse: "Another running process already answers on this socket path."
        case .peerRefused: "The peer may not speak to this service."
        case .tlsFailed: "The TLS handshake failed."
        case .peerMalformed: "The peer's certificate does not have the form that this system issues."
        case .peerUntrusted: "The peer's certificate was not issued by a trusted authority."
        case .peerPurpose: "The peer's certificate is not meant for this side of a connection."
        case .peerNotYetValid: "The peer's certificate, or its authority's, is not valid yet by this service's time."
        case .peerExpired: "The peer's certificate, or its authority's, has expired by this service's time."
        case .peerName: "The peer's certificate names somebody else than expected."
        case .credentialUnreadable: "A certificate or key file can not be read."
        case .credentialExposed: "A private key file can be read or changed by other users."
        case .credentialMalformed: "A certificate or key file does not hold what it should."
        case .credentialMismatch: "The private key does not belong to the certificate."
        case .configurationUnreadable: "The configuration file can not be read."
        case .configurationMalformed: "The configuration file is not the JSON that this program expects."
        case .configurationUnknownKey: "The configuration file has a key that this program does not know."
        case .configurationInvalid: "A configuration value has the wrong type or is missing."
        case .credentialMissing: "A credential that the service manager should pass is missing."
        case .hardeningFailed: "The process could not switch off core dumps."
        case .readyUnwritable: "The file that says that the service is ready can not be written."
        }
    }

    public var remedy: String {
        switch self {
        case .connectFailed: "Check address, port and the network, and that the other service runs."
        case .connectionLost, .timedOut: "Send the same request again: a repeated request is answered, not done twice."
        case .clientBusy: "Wait a moment and send the request again."
        case .clientClosed: "Start the program again."
        case .frameTooLarge, .replyTooLarge: "Ask for less in one message; the limit is in the detail."
        case .listenFailed: "Check that the address is free, the folder exists and the user may use it."
        case .socketInUse: "Stop the other process, or give this one a path of its own."
        case .peerRefused: "Check the peer's role and whether it was revoked."
        case .tlsFailed: "Check both sides' certificates and that both speak TLS 1.3."
        case .peerMalformed, .peerPurpose: "Issue the peer's certificate again from the right profile."
        case .peerUntrusted: "Check that both sides were enrolled at the same site and authority."
        case .peerNotYetValid: "Check the clock of this machine and the certificate's dates."
        case .peerExpired: "Renew the peer's certificate; check the clock of this machine."
        case .peerName: "Check the configured address and expected name of the other side."
        case .credentialUnreadable: "Check the path and that the service's user may read the file."
        case .credentialExposed: "Make the file readable by its owner alone (chmod 600)."
        case .credentialMalformed: "Put a PEM file of the named kind there."
        case .credentialMismatch: "Configure the certificate and the key of the same enrolment."
        case .configurationUnreadable: "Check the path and that the service's user may read the file."
        case .configurationMalformed: "Correct the file at the place in the detail."
        case .configurationUnknownKey: "Remove the key or correct its spelling."
        case .configurationInvalid: "Correct the value named in the detail."
        case .credentialMissing: "Pass it with LoadCredential= or LoadCredentialEncrypted= in the service unit."
        case .hardeningFailed: "Check the service unit's limits."
        case .readyUnwritable: "Check that the service's user may write into its folder and that the disk has room."
        }
    }

    public var isRetryable: Bool {
        switch self {
        case .connectFailed, .connectionLost, .timedOut, .clientBusy: true
        default: false
        }
    }
}
