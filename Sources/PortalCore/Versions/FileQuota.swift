import Vocabulary

/// How much an organisation may keep that no version is made from yet, and for how long.
public enum FileQuota {
    public static let mostFiles = 256
    /// Octets: thirty-two images of the largest size.
    public static let mostOctets = 2 * 1_024 * 1_024 * 1_024
    /// Seconds after which a file that no version is made from is forgotten.
    public static let life: Int64 = 30 * 86_400
    /// Seconds for which a file on the disk may be nobody's: its upload may be going on.
    public static let strayLife: Int64 = 86_400

    /// Throws `portal.file.quota`.
    ///
    /// - Parameters:
    ///   - kept: files and octets of the organisation that no version is made from.
    ///   - size: of the next one; nil where nobody has said yet.
    public static func admit(kept: (files: Int, octets: Int), size: Int?) throws {
        guard kept.files < mostFiles, kept.octets + (size ?? 0) <= mostOctets else {
            throw Refusal(VersionError.fileQuota, "\(kept.files) files, \(kept.octets) octets without a version")
        }
    }
}
