import Governance
import KeyCustody
import PortalCore
import PortalProtocol
import Silicon

/// Beside which field of the long forms a refusal belongs, where its code says so.
enum MakingFields {
    private static let byCode: [String: String] = [
        VersionError.productExists.rawValue: "product",
        VersionError.productFigures.rawValue: "lifetimeTotal",
        VersionError.versionExists.rawValue: "version",
        // The administrator makes a key for each version first.
        KeyCustodyError.nameUnknown.rawValue: "version",
        VersionError.versionPermissions.rawValue: "debugPermissions",
        GovernanceError.firmwareDiffers.rawValue: "firmware",
        GovernanceError.declarationDiffers.rawValue: "declaration",
        GovernanceError.identityMismatch.rawValue: "chipIdentity",
        VersionError.approvalExpiry.rawValue: "expiresAt",
    ]

    static func field(of problem: Problem) -> String? {
        if let field = byCode[problem.code] { return field }
        if problem.code.hasPrefix("firmware.") { return "firmware" }
        guard problem.code == VersionError.fileUnknown.rawValue else { return nil }
        return problem.detail?.hasPrefix("declaration") == true ? "declaration" : "firmware"
    }
}
