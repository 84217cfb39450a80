import PortalProtocol

/// What scrypt (RFC 7914) costs. Kept with each password, so that it can be raised: a password that was kept at a lower
/// cost is kept anew when it is next typed in.
public struct PasswordCost: Sendable, Hashable {
    /// Base-2 logarithm of N.
    public let logN: Int
    public let blockSize: Int
    public let parallelism: Int

    /// N = 2¹⁵, r = 8, p = 3: 32 MiB, about a quarter of a second. One of the equivalents that OWASP names as its least
    /// (Password Storage Cheat Sheet), with the memory that lets two run beside everything else.
    public static let usual = PasswordCost(validated: 15, 8, 3)

    private init(validated logN: Int, _ blockSize: Int, _ parallelism: Int) {
        (self.logN, self.blockSize, self.parallelism) = (logN, blockSize, parallelism)
    }

    /// Nil for what would take more than 128 MiB, or what scrypt does not have.
    public init?(logN: Int, blockSize: Int, parallelism: Int) {
        guard (1...20).contains(logN), (1...32).contains(blockSize), (1...16).contains(parallelism),
            128 * blockSize << logN <= 128 << 20
        else { return nil }
        self.init(validated: logN, blockSize, parallelism)
    }

    public var rounds: Int { 1 << logN }

    /// No less memory, and no less work altogether.
    public func isAtLeast(_ other: PasswordCost) -> Bool {
        blockSize << logN >= other.blockSize << other.logN
            && blockSize * parallelism << logN >= other.blockSize * other.parallelism << other.logN
    }
}

/// A password as it is kept: `$scrypt-hmac$ln=15,r=8,p=3$SALT$TAG`, salt and tag in base64url.
///
/// The tag is HMAC-SHA256, under a key that never leaves the portal's token, of what scrypt made of password and salt: a
/// stolen database alone lets nobody try passwords.
public struct PasswordRecord: Sendable, Hashable {
    public static let saltSize = 16
    public static let tagSize = 32
    private static let scheme = "scrypt-hmac"

    public let cost: PasswordCost
    public let salt: [UInt8]
    public let tag: [UInt8]

    public init(cost: PasswordCost, salt: [UInt8], tag: [UInt8]) {
        (self.cost, self.salt, self.tag) = (cost, salt, tag)
    }

    public var text: String {
        "$\(Self.scheme)$ln=\(cost.logN),r=\(cost.blockSize),p=\(cost.parallelism)"
            + "$\(Base64URL.encode(salt))$\(Base64URL.encode(tag))"
    }

    /// Nil for anything that `text` would not have written.
    public init?(text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == Self.scheme,
            let salt = Base64URL.decode(String(parts[3])),
            let tag = Base64URL.decode(String(parts[4])), salt.count == Self.saltSize, tag.count == Self.tagSize
        else { return nil }
        let figures = parts[2].split(separator: ",").compactMap { pair in
            pair.split(separator: "=").last.flatMap { Int($0) }
        }
        guard figures.count == 3,
            let cost = PasswordCost(logN: figures[0], blockSize: figures[1], parallelism: figures[2])
        else { return nil }
        self.init(cost: cost, salt: salt, tag: tag)
        guard self.text == text else { return nil }
    }
}
