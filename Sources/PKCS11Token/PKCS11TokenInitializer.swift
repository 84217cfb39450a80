import CPKCS11
import KeyCustody
import Vocabulary

/// Makes a new, empty token: for ceremonies and the demo.
public struct PKCS11TokenInitializer: Sendable {
    private let modulePath: String

    public init(modulePath: String) { self.modulePath = modulePath }

    /// Initialises the first slot that holds no initialised token (SoftHSM2 always offers one), sets the officer's PIN and
    /// lets the officer set the user's.
    ///
    /// Never touches an initialised token. Throws `key.name.taken` when a token of this label exists, `key.token.unknown`
    /// when no slot is free. Must not run beside another initialisation on the same machine.
    public func initialize(label: String, officerPIN: PINSource, userPIN: PINSource) async throws {
        guard (1...32).contains(label.utf8.count), label.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw Refusal(KeyCustodyError.configurationMalformed, "token label")
        }
        let officer = try officerPIN.read()
        let user = try userPIN.read()
        try await BlockingThread.run { [modulePath] in
            let module = try PKCS11Module.load(path: modulePath)
            let slots = try module.slots()
            guard !slots.contains(where: { $0.isInitialized && $0.label == label }) else {
                throw Refusal(KeyCustodyError.nameTaken, "token \(label)")
            }
            guard let free = slots.first(where: { !$0.isInitialized }) else {
                throw Refusal(KeyCustodyError.tokenUnknown, "no slot without an initialised token")
            }
            try module.initializeToken(slot: free.slot, label: label, officerPIN: officer)
            // The slot may have got another number.
            let made = try module.slot(label: label)
            let session = try Session(module: module, slot: made.slot, as: .officer, pin: officer)
            defer { session.logout() }
            try session.initializeUserPIN(user)
        }
    }
}

extension PKCS11Module {
    fileprivate func initializeToken(slot: UInt, label: String, officerPIN: Secret) throws {
        var padded = Array(label.utf8)
        padded += [UInt8](repeating: 0x20, count: max(0, 32 - padded.count))
        let value = unsafe officerPIN.withBytes { bytes in
            unsafe withWipedCopy(of: bytes) { pin in
                unsafe functions.C_InitToken(CK_SLOT_ID(slot), pin.baseAddress, CK_ULONG(pin.count), &padded)
            }
        }
        try check("C_InitToken", value)
    }
}

extension Session {
    fileprivate func initializeUserPIN(_ pin: Secret) throws {
        let value = unsafe pin.withBytes { bytes in
            unsafe withWipedCopy(of: bytes) { pin in
                unsafe functions.C_InitPIN(raw, pin.baseAddress, CK_ULONG(pin.count))
            }
        }
        try check("C_InitPIN", value)
    }
}
