import ArgumentParser
import Governance
import KeyCustody
import Statements
import Vocabulary

struct ManifestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manifest",
        abstract: "Build the content-addressed manifest of a product version and check that its parts fit."
    )

    @Argument(help: "Product description (JSON).", completion: .file())
    var file: String
    @Option(help: "Signed firmware.", completion: .file())
    var firmware: String
    @Option(help: "The OEM's secure-boot public key (hex, or PEM file).")
    var secureBootKey: String
    @Option(help: "Certification Declaration (CMS).", completion: .file())
    var cd: String
    @Option(help: "PAA certificate (DER).", completion: .file())
    var paa: String
    @Option(help: "ADAC debug root certificate.", completion: .file())
    var debugRoot: String
    @Option(help: "DER certificates of the silicon vendor's roots.", completion: .file())
    var vendorRoot: [String] = []
    @Option(help: "Token file of the portal token, for the check values.", completion: .file())
    var token: String
    @Option(help: "lab or production.")
    var profile: ProfileOption = .production
    @Option(name: .shortAndLong, help: "Manifest to write.")
    var out: String
    @OptionGroup var common: CommonOptions

    private struct Answer: Encodable {
        let manifest: Written
        let firmware: Digest256
        let firmwareProvesProduct: Bool
    }

    func run() async throws {
        let maker = ManifestMaker(
            try Files.reviewed(ProductDescription.self, "product description", file),
            parts: ManifestMaker.Parts(
                firmware: try StateFile.read(firmware, limit: 64 * 1024 * 1024),
                secureBootKey: try PublicKeyText.given(secureBootKey),
                certificationDeclaration: try StateFile.read(cd, limit: 4096),
                paa: try StateFile.read(paa, limit: 4096),
                debugRoot: try StateFile.read(debugRoot, limit: 8192),
                vendorRoots: try vendorRoot.map { try StateFile.read($0, limit: 4096) }
            ),
            profile: profile.profile
        )
        let result = try await PKCS11Access().withToken(Files.reference(token)) { try await maker.make(token: $0) }
        try StateFile.write(out, result.bytes)
        let answer = Answer(
            manifest: Written(file: out, digest: result.digest),
            firmware: result.manifest.firmware.digest,
            firmwareProvesProduct: result.firmwareProvesProduct
        )
        let proof =
            result.firmwareProvesProduct
            ? "the firmware's signed part names this product" : "the product is declared, not proven by the firmware"
        try Output.show(answer, "manifest \(answer.manifest.words)\n  \(proof)")
    }
}

struct ApprovalDraftCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approval-draft",
        abstract: "Make the unsigned approval of a product version, for the officers to sign."
    )

    @Argument(help: "Figures, allowances and rules (JSON).", completion: .file())
    var file: String
    @Option(help: "The manifest.", completion: .file())
    var manifest: String
    @Option(help: "The product's approval before this one.", completion: .file())
    var previous: String?
    @Option(name: .shortAndLong, help: "Envelope to write.")
    var out: String
    @OptionGroup var common: CommonOptions

    func run() throws {
        let draft = try Files.reviewed(ApprovalDraft.self, "draft of an approval", file)
        let envelope = try draft.envelope(
            manifest: StateFile.read(manifest, limit: Manifest.largest),
            previous: previous.map(Files.envelope)
        )
        let written = try Files.write(envelope, to: out)
        try Output.show(written, written.words)
    }
}

struct FirmwareSignCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "firmware-sign",
        abstract: "Sign firmware as an MCUboot image with the ceremony's firmware-signing key."
    )

    @Argument(help: "The firmware's body.", completion: .file())
    var file: String
    @Option(help: "Token file of the ceremony token.", completion: .file())
    var token: String
    @Option(help: "Name of the firmware-signing key.")
    var key: String
    @Option(help: "major.minor.revision or major.minor.revision+build")
    var version: String
    @Option(help: "Vendor id, four hexadecimal digits.")
    var vendor: String?
    @Option(help: "Product id, four hexadecimal digits.")
    var product: String?
    @Option(help: "Matter's software version number.")
    var softwareVersion: UInt32?
    @Option(help: "Octets of the image header.")
    var headerSize: UInt16 = 512
    @Option(name: .shortAndLong, help: "Image to write.")
    var out: String
    @OptionGroup var common: CommonOptions

    private struct Answer: Encodable {
        let image: Written
        let key: P256Point
    }

    func validate() throws {
        guard (vendor == nil) == (product == nil), (vendor == nil) == (softwareVersion == nil) else {
            throw ValidationError("--vendor, --product and --software-version go together.")
        }
    }

    func run() async throws {
        var signedProduct: FirmwareSigner.Product?
        if let vendor, let product, let softwareVersion {
            signedProduct = FirmwareSigner.Product(
                vendorID: VendorID(try FourDigits(text: vendor).value),
                productID: ProductID(try FourDigits(text: product).value),
                softwareVersion: softwareVersion
            )
        }
        let body = try StateFile.read(file, limit: 64 * 1024 * 1024)
        let name = try KeySlot(key)
        let (version, headerSize, product) = (version, headerSize, signedProduct)
        let (image, point) = try await PKCS11Access().withToken(Files.reference(token)) { token in
            try await FirmwareSigner.sign(
                body: body,
                version: version,
                product: product,
                headerSize: headerSize,
                key: name,
                token: token
            )
        }
        try StateFile.write(out, image)
        let answer = Answer(image: Written(file: out, digest: Digest256.of(image)), key: point)
        try Output.show(answer, "\(answer.image.words)\n  key \(point)")
    }
}
