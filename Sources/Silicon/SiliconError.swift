public import Vocabulary

/// What can be wrong with firmware, debug credentials, factory data and sealed keys.
public enum SiliconError: String, ErrorCatalogue {
    case formatUnsupported = "firmware.format.unsupported"
    case firmwareTooLarge = "firmware.file.too-large"
    case firmwareMalformed = "firmware.image.malformed"
    case firmwareEncrypted = "firmware.encryption.unsupported"
    case firmwareSignatureUnsupported = "firmware.signature.unsupported"
    case firmwareUnsigned = "firmware.signature.missing"
    case firmwareWrongKey = "firmware.key.mismatch"
    case firmwareDigestWrong = "firmware.digest.mismatch"
    case firmwareSignatureWrong = "firmware.signature.invalid"
    case firmwareKeyInvalid = "firmware.key.invalid"

    case adacMalformed = "adac.message.malformed"
    case adacVersion = "adac.version.unsupported"
    case adacCryptosystem = "adac.cryptosystem.unsupported"
    case adacExtension = "adac.extension.unknown"
    case adacChainOrder = "adac.chain.order"
    case adacRootUnknown = "adac.root.unknown"
    case adacSignature = "adac.signature.invalid"
    case adacConstraint = "adac.constraint.mismatch"
    case adacUnbound = "adac.leaf.unbound"
    case adacPermission = "adac.permission.exceeded"
    case adacChallenge = "adac.challenge.absent"

    case factoryDataMalformed = "factory-data.encoding.malformed"
    case factoryDataField = "factory-data.field.invalid"
    case factoryDataSecret = "factory-data.secret.present"

    case receiptInvalid = "product-key.receipt.invalid"

    public var meaning: String {
        switch self {
        case .formatUnsupported: "Firmware of this format can't be verified by this release."
        case .firmwareTooLarge: "The firmware file is larger than 64 MiB."
        case .firmwareMalformed: "The firmware file is not a well-formed MCUboot image."
        case .firmwareEncrypted: "The firmware is encrypted, so its signature can't be verified without the OTA key."
        case .firmwareSignatureUnsupported: "The firmware is signed in a way other than ECDSA P-256."
        case .firmwareUnsigned: "The firmware carries no signature."
        case .firmwareWrongKey: "The firmware is signed with a key other than the secure-boot key named for it."
        case .firmwareDigestWrong: "The firmware's content is not what its digest says."
        case .firmwareSignatureWrong: "The firmware's signature does not verify."
        case .firmwareKeyInvalid: "The secure-boot key is not a P-256 public key."
        case .adacMalformed: "A debug certificate, token or packet is not well-formed."
        case .adacVersion: "A debug certificate, token or challenge has a version other than 1.0."
        case .adacCryptosystem: "A debug certificate or token does not use ECDSA P-256 with SHA-256."
        case .adacExtension: "A debug certificate or token carries an extension that nobody here understands."
        case .adacChainOrder: "A debug chain is not root, at most two intermediates, one leaf."
        case .adacRootUnknown: "The debug root is not the one fused into the chip."
        case .adacSignature: "A signature in the debug chain or token does not verify."
        case .adacConstraint: "A debug certificate is for another chip, product, lifecycle or owner."
        case .adacUnbound: "The debug leaf is not bound to one chip."
        case .adacPermission: "The debug permissions asked for are more than was approved, or none."
        case .adacChallenge: "No debug challenge is open, or it was used already."
        case .factoryDataMalformed: "Factory data is not in the encoding of its chip family."
        case .factoryDataField: "A field of the factory data is outside what the chip family can hold."
        case .factoryDataSecret: "Factory data holds a device key or a passcode, which must never be written."
        case .receiptInvalid: "The chip's receipt for a product key does not verify."
        }
    }

    public var remedy: String {
        switch self {
        case .formatUnsupported: "Use a chip family whose firmware format is supported; the detail names this one."
        case .firmwareTooLarge, .firmwareMalformed, .firmwareDigestWrong:
            "Build and sign the image again, and upload the file as the build left it."
        case .firmwareEncrypted, .firmwareSignatureUnsupported, .firmwareUnsigned:
            "Sign the plain image with ECDSA P-256 and upload that."
        case .firmwareWrongKey, .firmwareSignatureWrong: "Have the image signed with the product's secure-boot key."
        case .firmwareKeyInvalid: "Give the key as an uncompressed P-256 point or a PEM public key."
        case .adacMalformed, .adacVersion, .adacCryptosystem, .adacExtension, .adacChainOrder:
            "Read the challenge from the chip again; if it persists, compare the releases on both ends."
        case .adacRootUnknown, .adacConstraint, .adacUnbound:
            "Check that the unit belongs to the product and that its chip UID is the one asked for."
        case .adacSignature: "Start a new debug session and answer its new challenge."
        case .adacPermission: "Ask for the permissions that the batch's allowance names."
        case .adacChallenge: "Start a new debug session; a challenge is answered once."
        case .factoryDataMalformed, .factoryDataField: "Correct the field named in the detail in the product version."
        case .factoryDataSecret: "Let the chip make its own key, and write factory data without passcode."
        case .receiptInvalid: "Seal and install the key again; scrap the unit if it happens twice."
        }
    }
}
