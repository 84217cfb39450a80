import CPKCS11
import KeyCustody
import Vocabulary

/// An object of a token, as this session names it.
struct ObjectHandle: Hashable, Sendable { let raw: UInt }

/// One logged-in session: blocking, synchronous, for one thread at a time. `SessionActor` keeps it there.
///
/// Everything thrown is a `PKCS11Failure` or a `Refusal`.
final class Session {
    enum User {
        case user
        case officer
        case nobody
    }

    let module: PKCS11Module
    let slot: UInt
    let raw: CK_SESSION_HANDLE
    let directory: TokenDirectory
    /// Handles of keys by label, cleared whenever a key was destroyed anywhere in this process.
    var handles: [String: ObjectHandle] = [:]
    var handlesAge: UInt64 = 0

    var functions: CK_FUNCTION_LIST { module.functions }

    init(module: PKCS11Module, slot: UInt, as user: User, pin: Secret?) throws {
        var raw: CK_SESSION_HANDLE = 0
        try check(
            "C_OpenSession",
            unsafe module.functions.C_OpenSession(
                CK_SLOT_ID(slot),
                CK_FLAGS(CKF_SERIAL_SESSION | CKF_RW_SESSION),
                nil,
                nil,
                &raw
            )
        )
        self.module = module
        self.slot = slot
        self.raw = raw
        self.directory = module.directory(slot: slot)
        guard let pin, user != .nobody else { return }
        // A throw from here runs deinit, which closes the session.
        try login(user == .user ? UInt(CKU_USER) : UInt(CKU_SO), pin)
    }

    deinit { _ = functions.C_CloseSession(raw) }

    private func login(_ type: UInt, _ pin: Secret) throws {
        let value = unsafe pin.withBytes { bytes in
            unsafe withWipedCopy(of: bytes) { copy in
                unsafe functions.C_Login(raw, CK_USER_TYPE(type), copy.baseAddress, CK_ULONG(copy.count))
            }
        }
        // Login is one state for all sessions of the process; another session of ours was first.
        if value == CK_RV(CKR_USER_ALREADY_LOGGED_IN) { return }
        try check("C_Login", value)
    }

    func logout() { _ = functions.C_Logout(raw) }

    /// Ends every session of the token in this process, this one too: what a reset of the device does. Recovery is tested
    /// with it.
    func closeAllOfToken() { _ = functions.C_CloseAllSessions(CK_SLOT_ID(slot)) }

    /// False when the token forgot this session or its login.
    func isLoggedIn() -> Bool {
        var info = CK_SESSION_INFO()
        guard unsafe functions.C_GetSessionInfo(raw, &info) == CK_RV(CKR_OK) else { return false }
        return info.state == CK_STATE(CKS_RW_USER_FUNCTIONS)
    }
}

/// The C interface takes PINs and data by a mutable pointer; this copy is wiped after the call.
func withWipedCopy<Result>(
    of bytes: UnsafeRawBufferPointer,
    _ body: (UnsafeMutableBufferPointer<UInt8>) throws -> Result
) rethrows -> Result {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 1)
    defer {
        unsafe copy.wipe()
        unsafe copy.deallocate()
    }
    unsafe copy.copyMemory(from: bytes)
    let octets = unsafe UnsafeMutableBufferPointer(rebasing: copy.bindMemory(to: UInt8.self)[0..<bytes.count])
    return try unsafe body(octets)
}

// MARK: - Objects

extension Session {
    /// Handles of all objects that match, at most `limit`.
    func find(_ template: [Attribute], limit: Int) throws -> [ObjectHandle] {
        try directory.exclusively { try findNow(template, limit: limit) }
    }

    private func findNow(_ template: [Attribute], limit: Int) throws -> [ObjectHandle] {
        try unsafe withTemplate(template) { pointer, count in
            try check("C_FindObjectsInit", unsafe functions.C_FindObjectsInit(raw, pointer, count))
        }
        defer { _ = functions.C_FindObjectsFinal(raw) }
        var found: [ObjectHandle] = []
        while found.count < limit {
            var batch = [CK_OBJECT_HANDLE](repeating: 0, count: min(64, limit - found.count))
            var count: CK_ULONG = 0
            try check(
                "C_FindObjects",
                unsafe functions.C_FindObjects(raw, &batch, CK_ULONG(batch.count), &count)
            )
            guard count > 0 else { break }
            found += batch.prefix(Int(count)).map { ObjectHandle(raw: UInt($0)) }
        }
        return found
    }

    /// The value of one attribute, at most `largest` octets. For values that are no secret.
    func attribute(_ object: ObjectHandle, _ type: UInt, largest: Int = 64 * 1024) throws -> [UInt8] {
        let octets = try attributeLength(object, type, largest: largest)
        var value = [UInt8](repeating: 0, count: octets)
        let length = try unsafe value.withUnsafeMutableBytes { bytes in
            try unsafe readAttribute(object, type, into: bytes)
        }
        return Array(value.prefix(length))
    }

    /// The value of one attribute straight into wiped memory.
    func secretAttribute(_ object: ObjectHandle, _ type: UInt, largest: Int) throws -> Secret {
        let octets = try attributeLength(object, type, largest: largest)
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(octets, 1), alignment: 1)
        defer {
            unsafe memory.wipe()
            unsafe memory.deallocate()
        }
        let length = try unsafe readAttribute(object, type, into: memory)
        return unsafe Secret(memory[0..<min(length, octets)])
    }

    func flag(_ object: ObjectHandle, _ attribute: KeyAttribute) throws -> Bool {
        try self.attribute(object, attribute.number, largest: 1) == [1]
    }

    func create(_ template: [Attribute]) throws -> ObjectHandle {
        var object: CK_OBJECT_HANDLE = 0
        try unsafe withTemplate(template) { pointer, count in
            try directory.exclusively {
                try check("C_CreateObject", unsafe functions.C_CreateObject(raw, pointer, count, &object))
            }
        }
        return ObjectHandle(raw: UInt(object))
    }

    func setAttributes(_ object: ObjectHandle, _ template: [Attribute]) throws {
        try unsafe withTemplate(template) { pointer, count in
            try check(
                "C_SetAttributeValue",
                unsafe functions.C_SetAttributeValue(raw, CK_OBJECT_HANDLE(object.raw), pointer, count)
            )
        }
    }

    func copy(_ object: ObjectHandle, _ template: [Attribute]) throws -> ObjectHandle {
        var copy: CK_OBJECT_HANDLE = 0
        try unsafe withTemplate(template) { pointer, count in
            try directory.exclusively {
                try check(
                    "C_CopyObject",
                    unsafe functions.C_CopyObject(raw, CK_OBJECT_HANDLE(object.raw), pointer, count, &copy)
                )
            }
        }
        return ObjectHandle(raw: UInt(copy))
    }

    func destroy(_ object: ObjectHandle) throws {
        try directory.exclusively {
            try check("C_DestroyObject", functions.C_DestroyObject(raw, CK_OBJECT_HANDLE(object.raw)))
        }
    }

    private func attributeLength(_ object: ObjectHandle, _ type: UInt, largest: Int) throws -> Int {
        var attribute = unsafe CK_ATTRIBUTE(type: CK_ATTRIBUTE_TYPE(type), pValue: nil, ulValueLen: 0)
        try check(
            "C_GetAttributeValue",
            unsafe functions.C_GetAttributeValue(raw, CK_OBJECT_HANDLE(object.raw), &attribute, 1)
        )
        guard unsafe attribute.ulValueLen <= CK_ULONG(largest) else {
            throw PKCS11Failure(function: "C_GetAttributeValue", code: UInt(CKR_ATTRIBUTE_VALUE_INVALID))
        }
        return unsafe Int(attribute.ulValueLen)
    }

    private func readAttribute(
        _ object: ObjectHandle,
        _ type: UInt,
        into memory: UnsafeMutableRawBufferPointer
    ) throws -> Int {
        var attribute = unsafe CK_ATTRIBUTE(
            type: CK_ATTRIBUTE_TYPE(type),
            pValue: memory.baseAddress,
            ulValueLen: CK_ULONG(memory.count)
        )
        try check(
            "C_GetAttributeValue",
            unsafe functions.C_GetAttributeValue(raw, CK_OBJECT_HANDLE(object.raw), &attribute, 1)
        )
        return unsafe min(Int(attribute.ulValueLen), memory.count)
    }
}
