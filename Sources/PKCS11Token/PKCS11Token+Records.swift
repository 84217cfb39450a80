import CPKCS11
import KeyCustody
import Vocabulary

// Data objects: small records whose value can't be changed, only created and destroyed.
extension PKCS11Token {
    private static let largestRecord = 64 * 1024
    private static let mostRecords = 4096

    public func records(_ label: String) async throws -> [[UInt8]] {
        let label = try Self.checked(label)
        return try await pool.run { session in
            try session.records(label, limit: Self.mostRecords).compactMap { object in
                try session.readable(object, largest: Self.largestRecord)
            }
        }
    }

    public func createRecord(_ label: String, _ value: [UInt8]) async throws {
        let label = try Self.checked(label)
        guard (1...Self.largestRecord).contains(value.count) else {
            throw Refusal(KeyCustodyError.inputOutOfRange, "record of \(value.count) octets")
        }
        try await pool.run(.ordered) { session in
            _ = try session.create([
                Attribute(CKA_CLASS, .number(UInt(CKO_DATA))), Attribute(CKA_TOKEN, .flag(true)),
                Attribute(CKA_PRIVATE, .flag(true)), Attribute(CKA_MODIFIABLE, .flag(false)),
                Attribute(CKA_COPYABLE, .flag(false)), Attribute(CKA_APPLICATION, .bytes(Array("obis".utf8))),
                Attribute(CKA_LABEL, .bytes(Array(label.utf8))), Attribute(CKA_VALUE, .bytes(value)),
            ])
        }
    }

    /// Also destroys data objects without any label: what a create that was killed half-way leaves behind.
    public func pruneRecords(_ label: String, keeping keep: @escaping @Sendable ([UInt8]) -> Bool) async throws {
        let label = try Self.checked(label)
        try await pool.run(.ordered) { session in
            for object in try session.records(label, limit: Self.mostRecords) {
                if let value = try session.readable(object, largest: Self.largestRecord), keep(value) { continue }
                try session.destroyIfThere(object)
            }
            for object in try session.unnamedRecords(limit: Self.mostRecords) { try session.destroyIfThere(object) }
        }
    }

    private static func checked(_ label: String) throws -> String {
        let allowed = label.utf8.allSatisfy { (0x21...0x7e).contains($0) }
        guard allowed, (1...64).contains(label.utf8.count) else {
            throw Refusal(KeyCustodyError.nameMalformed, "record label")
        }
        return label
    }
}

extension Session {
    fileprivate func records(_ label: String, limit: Int) throws -> [ObjectHandle] {
        try find(Session.named(label) + [Attribute(CKA_CLASS, .number(UInt(CKO_DATA)))], limit: limit)
    }

    fileprivate func unnamedRecords(limit: Int) throws -> [ObjectHandle] {
        let template = [Attribute(CKA_CLASS, .number(UInt(CKO_DATA))), Attribute(CKA_TOKEN, .flag(true))]
        return try find(template, limit: limit).filter { object in
            do {
                return try attribute(object, UInt(CKA_LABEL)).isEmpty
            } catch let failure as PKCS11Failure where !failure.meansDeviceIsGone {
                return true
            }
        }
    }

    /// Nil for an object that can't be read; a failing device is still an error.
    fileprivate func readable(_ object: ObjectHandle, largest: Int) throws -> [UInt8]? {
        do {
            let value = try attribute(object, UInt(CKA_VALUE), largest: largest)
            return value.isEmpty ? nil : value
        } catch let failure as PKCS11Failure where !failure.meansDeviceIsGone {
            return nil
        }
    }

    fileprivate func destroyIfThere(_ object: ObjectHandle) throws {
        do {
            try destroy(object)
        } catch let failure as PKCS11Failure where failure.isStaleHandle {
            return
        }
    }
}
