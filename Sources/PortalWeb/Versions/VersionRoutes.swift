import HTTPTypes
import PortalCore
import PortalProtocol
import PortalStore
import Statements
import Vocabulary

/// Products, their key slots and files, and their versions from draft to lock.
public enum VersionRoutes {
    struct ProductPath: Codable, Sendable { let product: ProductName }
    struct VersionPath: Codable, Sendable {
        let product: ProductName
        let version: VersionName
    }
    struct KeyPath: Codable, Sendable {
        let product: ProductName
        let version: VersionName
        let slot: KeySlot
    }
    struct KeysQuery: Codable, Sendable { let version: VersionName }
    struct FilePath: Codable, Sendable { let digest: Digest256 }

    enum FirmwareKind: RawKind {
        static let contentType = "application/octet-stream"
        static let largest = 64 * 1_024 * 1_024
    }

    enum DeclarationKind: RawKind {
        static let contentType = "application/octet-stream"
        static let largest = 4_096
    }

    /// JSON octets that are what somebody's digest or signature covers, so they go out as they are kept.
    enum DocumentKind: RawKind {
        static let contentType = "application/json"
        static let largest = 0
    }

    enum ArchiveKind: RawKind {
        static let contentType = "application/x-tar"
        static let largest = 0
    }

    public static func routes(_ desk: VersionDesk) throws -> [any MountableRoute] {
        try products(desk) + keys(desk) + files(desk) + versions(desk) + officers(desk)
    }

    private static func products(_ desk: VersionDesk) throws -> [any MountableRoute] {
        [
            try Route(.get, "/v1/products", "listProducts", .products, "Products that the caller may see, by name.") {
                (context: MemberContext, call: Call<Nothing, PageQuery, NoBody>) in
                Answer(try await desk.products(context, call.query))
            },
            try Route(
                .post,
                "/v1/products",
                "createProduct",
                .products,
                "Creates a product on what stays fixed for it.",
                status: 201,
                demands: .idempotencyKey,
                refusals: [.codes(409, VersionError.productExists)] + VersionRefusals.foundation
            ) { (context: OEMAdminContext, call: Call<Nothing, Nothing, JSON<NewProduct>>) in
                try await desk.create(context, call.body)
            },
            try Route(.get, "/v1/products/{product}", "getProduct", .products, "One product.") {
                (context: MemberContext, call: ObjectCall<ProductPath>) in
                try await desk.product(context, call.path.product)
            },
            try Route(
                .patch,
                "/v1/products/{product}",
                "changeProduct",
                .products,
                "Changes title, lifetime total or rules. Approvals that are signed stay as they are.",
                demands: .ifMatch,
                refusals: [.codes(422, VersionError.productFigures)]
            ) { (context: OEMAdminContext, call: Call<ProductPath, Nothing, JSON<ProductChange>>) in
                try await desk.change(context, call.path.product, call.body)
            },
        ]
    }

    private static func keys(_ desk: VersionDesk) throws -> [any MountableRoute] {
        [
            try Route(
                .get,
                "/v1/products/{product}/keys",
                "listProductKeys",
                .products,
                "Custody and state of each slot's key for one version.",
                refusals: VersionRefusals.token
            ) { (context: MemberContext, call: Call<ProductPath, KeysQuery, NoBody>) in
                Answer(try await desk.keys(context, call.path.product, call.query.version))
            },
            try Route(
                .put,
                "/v1/products/{product}/keys/{version}/{slot}",
                "makeProductKey",
                .products,
                "Makes the slot's key for one version in the portal's token; a key that is there stays.",
                refusals: VersionRefusals.token + [.codes(422, VersionError.keySlotUnknown)]
            ) { (context: OEMAdminContext, call: ObjectCall<KeyPath>) in
                Answer(try await desk.makeKey(context, call.path.product, call.path.version, call.path.slot))
            },
        ]
    }

    private static func files(_ desk: VersionDesk) throws -> [any MountableRoute] {
        try file(.firmware, "firmware", "Firmware", FirmwareKind.self, desk)
            + file(.declaration, "declarations", "Declaration", DeclarationKind.self, desk)
    }

    private static func file<Kind: RawKind>(
        _ kind: StoredFileKind,
        _ folder: String,
        _ name: String,
        _ type: Kind.Type,
        _ desk: VersionDesk
    ) throws -> [any MountableRoute] {
        let path = "/v1/\(folder)/{digest}"
        return [
            try Route(
                .put,
                path,
                "put\(name)",
                .versions,
                "Takes a file whose SHA-256 stands in the address; at most \(type.largest) octets.",
                refusals: VersionRefusals.files
            ) { (context: EngineerContext, call: Call<FilePath, Nothing, Raw<Kind>>) in
                try await desk.take(context, kind, call.path.digest, call.body)
            },
            try Route(.get, path, "get\(name)", .versions, "A file that the caller's organisation uploaded.") {
                (context: MemberContext, call: ObjectCall<FilePath>) in
                try await desk.file(context, kind, call.path.digest, as: type)
            },
            try Route(.head, path, "head\(name)", .versions, "Whether a file is there, and its size.") {
                (context: MemberContext, call: ObjectCall<FilePath>) in
                try await desk.file(context, kind, call.path.digest, as: type)
            },
        ]
    }

    private static func versions(_ desk: VersionDesk) throws -> [any MountableRoute] {
        let place = "/v1/products/{product}/versions"
        return [
            try Route(.get, place, "listVersions", .versions, "Versions of a product, by name.") {
                (context: MemberContext, call: Call<ProductPath, PageQuery, NoBody>) in
                Answer(try await desk.versions(context, call.path.product, call.query))
            },
            try Route(
                .post,
                place,
                "createVersion",
                .versions,
                "Makes a version's manifest from description, firmware and declaration, and checks all against all.",
                status: 201,
                demands: .idempotencyKey,
                refusals: [.codes(409, VersionError.versionExists)] + VersionRefusals.manifest
            ) { (context: EngineerContext, call: Call<ProductPath, Nothing, JSON<NewVersion>>) in
                try await desk.create(context, call.path.product, call.body)
            },
            try Route(.get, "\(place)/{version}", "getVersion", .versions, "One version.") {
                (context: MemberContext, call: ObjectCall<VersionPath>) in
                try await desk.version(context, call.path)
            },
            try Route(.get, "\(place)/{version}/manifest", "getManifest", .versions, "The manifest's own octets.") {
                (context: MemberContext, call: ObjectCall<VersionPath>) in
                try await desk.manifest(context, call.path)
            },
            try Route(
                .get,
                "\(place)/{version}/review",
                "reviewVersion",
                .versions,
                "Everything that an officer looks at: the difference to the version locked last, evidence, approval.",
                refusals: [.codes(503, VersionError.fileStorage)]
            ) { (context: MemberContext, call: ObjectCall<VersionPath>) in
                Answer(try await desk.review(context, call.path))
            },
            try Route(
                .post,
                "\(place)/{version}/submit",
                "submitVersion",
                .versions,
                "Hands a draft to the officers.",
                demands: .ifMatch,
                refusals: [.codes(409, VersionError.versionState)]
            ) { (context: EngineerContext, call: ObjectCall<VersionPath>) in
                try await desk.submit(context, call.path)
            },
        ]
    }

    private static func officers(_ desk: VersionDesk) throws -> [any MountableRoute] {
        let place = "/v1/products/{product}/versions/{version}"
        return [
            try Route(
                .post,
                "\(place)/reject",
                "rejectVersion",
                .versions,
                "Refuses a submitted version for good, with a reason.",
                demands: .ifMatch,
                refusals: [.codes(409, VersionError.versionState)]
            ) { (context: SecurityOfficerContext, call: Call<VersionPath, Nothing, JSON<VersionRejection>>) in
                try await desk.reject(context, call.path, call.body.reason)
            },
            try Route(
                .put,
                "\(place)/approval",
                "draftApproval",
                .versions,
                "Proposes the approval that the officers will sign.",
                demands: .ifMatch,
                refusals: VersionRefusals.draft
            ) { (context: SecurityOfficerContext, call: Call<VersionPath, Nothing, JSON<ApprovalTerms>>) in
                try await desk.draftApproval(context, call.path, call.body)
            },
            try Route(
                .get,
                "\(place)/approval",
                "getApproval",
                .versions,
                "The approval's envelope, the file for `obis approve`.",
                refusals: [.codes(404, VersionError.approvalMissing)]
            ) { (context: OEMReaderContext, call: ObjectCall<VersionPath>) in
                try await desk.approval(context, call.path)
            },
            try Route(
                .get,
                "\(place)/approval/files",
                "getSigningFiles",
                .versions,
                "All that `obis approve` takes, as one tar: the approval, the newest RoleKeys, the approval before it.",
                refusals: [.codes(404, VersionError.approvalMissing), .web(IdentityError.noRoleKeys)]
            ) { (context: OEMReaderContext, call: ObjectCall<VersionPath>) in
                try await desk.signingFiles(context, call.path)
            },
            try Route(
                .get,
                "/v1/products/{product}/approvals",
                "listApprovals",
                .versions,
                "The product's chain of approvals, oldest first: what obis approve takes as --previous."
            ) { (context: OEMReaderContext, call: Call<ProductPath, PageQuery, NoBody>) in
                Answer(try await desk.approvals(context, call.path.product, call.query))
            },
            try Route(
                .post,
                "\(place)/approval/signatures",
                "addApprovalSignatures",
                .versions,
                "Brings the envelope with officers' signatures; with the m-th of them the version is locked.",
                refusals: VersionRefusals.signatures
            ) { (context: SecurityOfficerContext, call: Call<VersionPath, Nothing, JSON<Envelope>>) in
                try await desk.sign(context, call.path, call.body)
            },
        ]
    }
}
