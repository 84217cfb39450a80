import FoundationEssentials
import HTTPTypes
import PortalPages
import PortalProtocol
import Silicon
import Statements
import Vocabulary

/// The long forms: a new product, a new version, an approval.
enum MakingController {
    private static let place = "/products/{product}/versions"

    static let routes: [PageRoute] = [
        PageRoute(.get, "/products/new", "newProduct") { look in
            try await look.api.require(.post, "/v1/products")
            return .page(try await newProduct(look, look.freshForm()))
        },
        PageRoute(.post, "/products/new", "createProduct", handler: createProduct),
        PageRoute(.get, "\(place)/new", "newVersion") { look in try await newVersion(look, nil, 200) },
        PageRoute(.post, "\(place)/new", "createVersion", handler: createVersion),
        PageRoute(.get, "\(place)/{version}/approval", "newApproval") { look in try await approval(look, nil, 200) },
        PageRoute(.post, "\(place)/{version}/approval", "proposeApproval", handler: propose),
    ]

    private static func integer(_ look: PageRequest, _ name: String) -> JSONValue? { FormNumber.value(look, name) }

    private static func text(_ look: PageRequest, _ name: String) -> JSONValue { .string(look.form[name] ?? "") }

    private static func minutes(_ look: PageRequest, _ name: String) -> JSONValue? {
        FormNumber.value(look, name, unit: 60)
    }

    private static func days(_ look: PageRequest, _ name: String) -> JSONValue? {
        FormNumber.value(look, name, unit: 86_400)
    }

    /// Base64 of a certificate given as PEM or base64.
    static func base64(_ text: String) -> [String] {
        if text.contains("-----BEGIN") {
            return text.split(separator: "-----BEGIN").compactMap { part in
                let lines = part.split(separator: "\n").dropFirst().prefix { !$0.contains("-----") }
                let joined = lines.joined().filter { !$0.isWhitespace }
                return joined.isEmpty ? nil : joined
            }
        }
        let lines = text.split(separator: "\n").map { $0.filter { !$0.isWhitespace } }.filter { !$0.isEmpty }
        return lines
    }

    // MARK: - A product

    private static func newProduct(_ look: PageRequest, _ form: FormState) async throws -> NewProductPage {
        NewProductPage(
            families: ChipFamily.allCases.map { family in
                (family.rawValue, family.hasVendorIdentity ? "has a vendor certificate" : "has no vendor certificate")
            },
            odms: try await People.organisations(look).filter { $0.kind == .odm },
            isFirst: look.query["first"] == "1",
            form: form
        )
    }

    @Sendable private static func createProduct(_ look: PageRequest) async throws -> PageAnswer {
        do {
            let slots = (look.form["keySlots"] ?? "").split(separator: ",").map { slot -> JSONValue in
                let name = slot.filter { !$0.isWhitespace }
                return .object([
                    "slot": .string(name.replacing("*", with: "")),
                    "kind": .string(name.hasSuffix("*") ? "fleet" : "perUnit"),
                ])
            }
            let number = { (name: String) in
                Int64(look.form[name] ?? "", radix: 16).map { JSONValue.integer($0) } ?? text(look, name)
            }
            let foundation: [String: JSONValue] = [
                "vendorID": number("vendorID"), "productID": number("productID"), "family": text(look, "family"),
                "secureBootKey": .string((look.form["secureBootKey"] ?? "").filter { !$0.isWhitespace }.lowercased()),
                "paa": .string(base64(look.form["paa"] ?? "").joined()),
                "debugRoot": .string(base64(look.form["debugRoot"] ?? "").joined()),
                "vendorRoots": .array(base64(look.form["vendorRoots"] ?? "").map { .string($0) }),
                "keySlots": .array(slots), "socClass": integer(look, "socClass") ?? 0,
                "debugPermissions": permissions(look), "serialPrefix": text(look, "serialPrefix"),
            ]
            let rules = [
                "chipIdentity": text(look, "chipIdentity"), "largestBatch": integer(look, "largestBatch"),
                "longestSilence": minutes(look, "longestSilence"), "longestWindow": days(look, "longestWindow"),
            ]
            .compactMapValues { $0 }
            let body = try PageBody([
                "product": text(look, "product"), "title": text(look, "title"), "foundation": .object(foundation),
                "lifetimeTotal": integer(look, "lifetimeTotal") ?? 0, "rules": .object(rules),
            ])
            let made = try await look.api.send(
                .post,
                "/v1/products",
                body.bytes,
                key: look.form["key"],
                as: Product.self
            )
            return .redirect(try await opened(made.message, look), told: .productCreated)
        } catch let problem as APIProblem {
            let form = look.refusedForm(problem.problem, errors: errors(problem.problem, look))
            return .page(try await newProduct(look, form), status: problem.problem.status)
        }
    }

    /// The product's page, with its first ODM let in. The product is there already: where that is refused, its page asks
    /// again.
    private static func opened(_ product: Product, _ look: PageRequest) async throws -> String {
        let page = "/products/\(product.product.text)"
        guard let organisation = look.form["organisation"], !organisation.isEmpty else { return page }
        do {
            let body = try PageBody(["organisation": .string(organisation)])
            let key = look.form["key"].map { "\($0)-odm" }
            try await look.api.send(.post, "/v1\(page)/workspaces", body.bytes, key: key, as: Workspace.self)
            return page
        } catch is APIProblem { return "\(page)?do=workspace" }
    }

    /// Ticks and mask as one.
    private static func permissions(_ look: PageRequest) -> JSONValue {
        .string(
            DebugPermissionFields.mask(
                ticks: look.form[DebugPermissionFields.ticks] ?? "",
                rest: look.form[DebugPermissionFields.rest] ?? ""
            )
        )
    }

    /// The fields that a refusal is about: by its code, or those that its detail names.
    private static func errors(_ problem: Problem, _ look: PageRequest) -> [String: String] {
        MakingFields.errors(problem, entered: look.form)
    }

    // MARK: - A version

    private static func newVersion(_ look: PageRequest, _ refused: Problem?, _ status: Int) async throws -> PageAnswer {
        _ = try look.require()
        let api = "/v1/products/\(look.escapedParameter("product"))"
        try await look.api.require(.post, "\(api)/versions")
        let product = try await look.api.get(api, as: Product.self)
        let versions: [ProductVersion] = try await look.api.all("\(api)/versions")
        var values: [String: String] = [:]
        if let newest = versions.max(by: { $0.created.at < $1.created.at }) {
            let bytes = try await look.api.octets("\(api)/versions/\(newest.version.text)/manifest")
            if let manifest = try? JSONDecoder().decode(Manifest.self, from: Data(bytes)) {
                values = Self.values(manifest)
            }
        }
        let form = refused.map { look.refusedForm($0, errors: errors($0, look)) } ?? look.freshForm()
        return .page(
            NewVersionPage(product: product, values: values, host: look.host, form: form),
            status: status
        )
    }

    private static func values(_ manifest: Manifest) -> [String: String] {
        let data = manifest.factoryData
        return [
            "softwareVersion": String(manifest.firmware.softwareVersion), "firmware": manifest.firmware.digest.hex,
            "declaration": manifest.certificationDeclaration.hex,
            "deviceType": MakingFields.deviceType(manifest.deviceType),
            "chipIdentity": manifest.chipIdentity.rawValue, "flow": String(manifest.commissioning.flow),
            "discovery": String(manifest.commissioning.discovery),
            "iterations": String(manifest.commissioning.iterations),
            "debugPermissions": manifest.chipSecurity.debugPermissions, "encoding": data.encoding,
            "vendorName": data.vendorName, "productName": data.productName, "productLabel": data.productLabel,
            "productURL": data.productURL, "partNumber": data.partNumber,
            "hardwareVersion": String(data.hardwareVersion),
            "hardwareVersionString": data.hardwareVersionString,
        ]
    }

    @Sendable private static func createVersion(_ look: PageRequest) async throws -> PageAnswer {
        let product = look.escapedParameter("product")
        do {
            let body = try PageBody([
                "version": text(look, "version"), "deviceType": MakingFields.deviceType(look.form["deviceType"] ?? ""),
                "softwareVersion": integer(look, "softwareVersion"),
                "commissioning": .object(
                    [
                        "flow": integer(look, "flow"), "discovery": integer(look, "discovery"),
                        "iterations": integer(look, "iterations"),
                    ]
                    .compactMapValues { $0 }
                ),
                "factoryData": .object(
                    [
                        "encoding": text(look, "encoding"), "vendorName": text(look, "vendorName"),
                        "productName": text(look, "productName"), "productLabel": text(look, "productLabel"),
                        "productURL": text(look, "productURL"), "partNumber": text(look, "partNumber"),
                        "hardwareVersion": integer(look, "hardwareVersion"),
                        "hardwareVersionString": text(look, "hardwareVersionString"),
                    ].compactMapValues { $0 }
                ),
                "chipIdentity": text(look, "chipIdentity"), "debugPermissions": permissions(look),
                "firmware": text(look, "firmware"), "declaration": text(look, "declaration"),
            ])
            let made = try await look.api.send(
                .post,
                "/v1/products/\(product)/versions",
                body.bytes,
                key: look.form["key"],
                as: ProductVersion.self
            ).message
            return .redirect("/products/\(product)/versions/\(made.version.text)", told: .versionCreated)
        } catch let problem as APIProblem {
            return try await newVersion(look, problem.problem, problem.problem.status)
        }
    }

    // MARK: - An approval

    private static func approval(_ look: PageRequest, _ refused: Problem?, _ status: Int) async throws -> PageAnswer {
        _ = try look.require()
        let api = "/v1/products/\(look.escapedParameter("product"))"
        try await look.api.require(.put, "\(api)/versions/\(look.escapedParameter("version"))/approval")
        let product = try await look.api.get(api, as: Product.self)
        let version = try await look.api.reply(
            "\(api)/versions/\(look.escapedParameter("version"))",
            as: ProductVersion.self
        )
        let quota = try await look.api.get("\(api)/quota", as: ProductQuota.self)
        let allotted = Dictionary(
            quota.edges.map { ($0.edgeHSM, $0.allotment) },
            uniquingKeysWith: { first, _ in first }
        )
        let factories = try await People.factories(look)
        let edges: [EdgeSummary] = try await look.api.all("/v1/edges")
        let tag = version.tag
        let current = try await proposal(version.message, "\(api)/versions/\(look.escapedParameter("version"))", look)
        return .page(
            ApprovalPage(
                product: product,
                version: version.message.version,
                current: current,
                before: current == nil ? try await before(version.message, api, look) : nil,
                places: edges.map {
                    ($0.id, factories[$0.factory]?.name ?? $0.factory.text, allotted[$0.id] ?? 0, $0.halted)
                },
                expires: String((look.time + 180 * 86_400).description.prefix(16)),
                form: refused.map { look.refusedForm($0, errors: errors($0, look), tag: tag) }
                    ?? look.freshForm(tag: tag)
            ),
            status: status
        )
    }

    /// What is proposed already, which the form then changes.
    private static func proposal(
        _ version: ProductVersion,
        _ api: String,
        _ look: PageRequest
    ) async throws
        -> VersionApproval?
    {
        guard version.approval != nil else { return nil }
        return try VersionApproval.read(payload: Envelope(parsing: await look.api.octets("\(api)/approval")).payload)
    }

    /// The product's newest approval that binds: what the next one starts from.
    private static func before(
        _ version: ProductVersion,
        _ api: String,
        _ look: PageRequest
    ) async throws -> VersionApproval? {
        let chain: [ChainedApproval] = try await look.api.optionalAll("\(api)/approvals") ?? []
        let newest = chain.filter { $0.version != version.version }.max { $0.sequence < $1.sequence }
        return try newest.map { try VersionApproval.read(payload: $0.approval.payload) }
    }

    @Sendable private static func propose(_ look: PageRequest) async throws -> PageAnswer {
        let version = "/products/\(look.escapedParameter("product"))/versions/\(look.escapedParameter("version"))"
        do {
            let allotments = look.form.keys.filter { $0.hasPrefix("edge-") }.sorted().compactMap { name -> JSONValue? in
                guard let units = integer(look, name), units != .integer(0) else { return nil }
                return .object(["edgeHSM": .string(String(name.dropFirst(5))), "units": units])
            }
            let product = try await look.api.get("/v1/products/\(look.escapedParameter("product"))", as: Product.self)
            // What was not changed is the product's own, to the second.
            let own = product.rules.longestWindow
            let isOwn = own.map { look.form["longestWindow"] == String($0 / 86_400) } ?? false
            let rules = [
                "longestWindow": isOwn ? own.map { .integer($0) } : days(look, "longestWindow"),
                "chipIdentity": .string(product.rules.chipIdentity.rawValue),
                "largestBatch": integer(look, "largestBatch"), "longestSilence": minutes(look, "longestSilence"),
            ]
            .compactMapValues { $0 as JSONValue? }
            let body = try PageBody([
                "lifetimeTotal": integer(look, "lifetimeTotal"), "allotments": .array(allotments),
                "allowances": .object(
                    [
                        "debugUnlocks": integer(look, "debugUnlocks"), "reprovisions": integer(look, "reprovisions"),
                        "rotations": integer(look, "rotations"),
                    ]
                    .compactMapValues { $0 }
                ),
                "rules": .object(rules), "expiresAt": .string("\((look.form["expiresAt"] ?? "").prefix(16)):00Z"),
            ])
            try await look.api.send(
                .put,
                "/v1\(version)/approval",
                body.bytes,
                tag: look.form["tag"],
                as: ProductVersion.self
            )
            return .redirect("\(version)?tab=statement", told: .approvalProposed)
        } catch let problem as APIProblem {
            return try await approval(look, problem.problem, problem.problem.status)
        }
    }
}
