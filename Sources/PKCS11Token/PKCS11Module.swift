import CPKCS11
import Glibc
import KeyCustody
import Synchronization
import Vocabulary

/// A PKCS#11 module that is loaded into this process, once for each path and for good.
///
/// Initialised with OS locking, so that sessions may be used from different threads. Never unloaded: many modules leave
/// threads or exit handlers behind. After `fork` nothing of it is valid in the child.
@safe
public final class PKCS11Module: Sendable {
    public let path: String
    nonisolated(unsafe) private let list: UnsafeMutablePointer<CK_FUNCTION_LIST>

    private static let loaded = Mutex<[String: PKCS11Module]>([:])

    /// Loads and initialises the module, or returns the one that is loaded. Blocks; throws `key.module.unloadable`.
    public static func load(path: String) throws -> PKCS11Module {
        let canonical = canonicalPath(path)
        return try loaded.withLock { modules in
            if let module = modules[canonical] { return module }
            let module = try PKCS11Module(path: canonical)
            modules[canonical] = module
            return module
        }
    }

    private let directories = Mutex<[UInt: TokenDirectory]>([:])

    /// The one lock of a slot, shared by all its sessions in this process.
    func directory(slot: UInt) -> TokenDirectory {
        directories.withLock { directories in
            if let directory = directories[slot] { return directory }
            let directory = TokenDirectory()
            directories[slot] = directory
            return directory
        }
    }

    var functions: CK_FUNCTION_LIST { unsafe list.pointee }

    private init(path: String) throws {
        guard let handle = unsafe dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            let reason = unsafe dlerror().map { unsafe String(cString: $0) } ?? path
            throw Refusal(KeyCustodyError.moduleUnloadable, reason)
        }
        guard let symbol = unsafe dlsym(handle, "C_GetFunctionList") else {
            throw Refusal(KeyCustodyError.moduleUnloadable, "no C_GetFunctionList in \(path)")
        }
        let getFunctionList = unsafe unsafeBitCast(symbol, to: CK_C_GetFunctionList.self)
        var list: UnsafeMutablePointer<CK_FUNCTION_LIST>?
        guard unsafe getFunctionList(&list) == CK_RV(CKR_OK), let list = unsafe list else {
            throw Refusal(KeyCustodyError.moduleUnloadable, "C_GetFunctionList of \(path) failed")
        }
        var arguments = unsafe CK_C_INITIALIZE_ARGS()
        unsafe arguments.flags = CK_FLAGS(CKF_OS_LOCKING_OK)
        let value = unsafe list.pointee.C_Initialize(&arguments)
        // Another library of this process may have initialised the same module already.
        guard value == CK_RV(CKR_OK) || value == CK_RV(CKR_CRYPTOKI_ALREADY_INITIALIZED) else {
            throw Refusal(
                KeyCustodyError.moduleUnloadable,
                PKCS11Failure(function: "C_Initialize", code: UInt(value)).text
            )
        }
        self.path = path
        unsafe self.list = list
    }

    private static func canonicalPath(_ path: String) -> String {
        guard let resolved = unsafe realpath(path, nil) else { return path }
        defer { unsafe free(resolved) }
        return unsafe String(cString: resolved)
    }
}

/// Calls that make, destroy or look for objects of one token, one at a time in this process.
///
/// SoftHSM2 2.6.1 rereads its directory when it looks for an object, and a key that another thread is just making then
/// fails with CKR_GENERAL_ERROR (seen). Operations with keys that were found run beside each other.
final class TokenDirectory: Sendable {
    private let lock = Mutex(())

    func exclusively<Result>(_ body: () throws -> Result) rethrows -> Result {
        try lock.withLock { _ in try body() }
    }
}

/// What a module says about one token.
struct TokenSlot: Sendable {
    let slot: UInt
    let label: String
    let manufacturer: String
    let model: String
    let serial: String
    let isInitialized: Bool
}

extension PKCS11Module {
    /// Most slots that are looked at.
    private static let mostSlots = 1024

    func slots() throws -> [TokenSlot] {
        var count: CK_ULONG = 0
        try check("C_GetSlotList", unsafe functions.C_GetSlotList(CK_BBOOL(CK_TRUE), nil, &count))
        guard count <= CK_ULONG(Self.mostSlots) else {
            throw Refusal(KeyCustodyError.inputOutOfRange, "\(count) slots, at most \(Self.mostSlots)")
        }
        // One more than announced: SoftHSM2 adds an empty slot while it counts.
        var ids = [CK_SLOT_ID](repeating: 0, count: Int(count) + 1)
        count = CK_ULONG(ids.count)
        try check("C_GetSlotList", unsafe functions.C_GetSlotList(CK_BBOOL(CK_TRUE), &ids, &count))
        return try ids.prefix(Int(min(count, CK_ULONG(ids.count)))).map { try information(slot: UInt($0)) }
    }

    /// Throws `key.token.unknown` or `key.token.ambiguous`.
    func slot(label: String) throws -> TokenSlot {
        let found = try slots().filter { $0.isInitialized && $0.label == label }
        guard let first = found.first else { throw Refusal(KeyCustodyError.tokenUnknown, label) }
        guard found.count == 1 else { throw Refusal(KeyCustodyError.tokenAmbiguous, label) }
        return first
    }

    func mechanisms(slot: UInt) throws -> Set<UInt> {
        var count: CK_ULONG = 0
        try check("C_GetMechanismList", unsafe functions.C_GetMechanismList(CK_SLOT_ID(slot), nil, &count))
        var list = [CK_MECHANISM_TYPE](repeating: 0, count: Int(min(count, 4096)))
        count = CK_ULONG(list.count)
        try check("C_GetMechanismList", unsafe functions.C_GetMechanismList(CK_SLOT_ID(slot), &list, &count))
        return Set(list.prefix(Int(count)).map { UInt($0) })
    }

    private func information(slot: UInt) throws -> TokenSlot {
        var info = CK_TOKEN_INFO()
        try check("C_GetTokenInfo", unsafe functions.C_GetTokenInfo(CK_SLOT_ID(slot), &info))
        return TokenSlot(
            slot: slot,
            label: unsafe withUnsafeBytes(of: info.label) { unsafe paddedText($0) },
            manufacturer: unsafe withUnsafeBytes(of: info.manufacturerID) { unsafe paddedText($0) },
            model: unsafe withUnsafeBytes(of: info.model) { unsafe paddedText($0) },
            serial: unsafe withUnsafeBytes(of: info.serialNumber) { unsafe paddedText($0) },
            isInitialized: info.flags & CK_FLAGS(CKF_TOKEN_INITIALIZED) != 0
        )
    }
}

/// PKCS#11 pads text with blanks; some modules with zeros.
private func paddedText(_ bytes: UnsafeRawBufferPointer) -> String {
    var characters = unsafe Array(bytes)
    while let last = characters.last, last == 0x20 || last == 0 { characters.removeLast() }
    return String(decoding: characters, as: UTF8.self)
}
