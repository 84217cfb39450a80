internal import Foundation
internal import Matter
internal import Vocabulary

/// Judges onboarding codes and computes SPAKE2+ verifiers.
public enum OnboardingVerification {
    /// A QR code's text, of one device or of several joined with `*`. With several, the fields are numbered.
    public static func qr(_ text: String) -> Verdict {
        Verdict.judge(accepted: "The QR code is well-formed.") { fields in
            let payloads = try OnboardingPayload.all(inQRText: text)
            fields["payloads"] = String(payloads.count)
            for (index, payload) in payloads.enumerated() {
                let prefix = payloads.count == 1 ? "" : "\(index + 1)."
                fields[prefix + "vendorID"] = payload.vendorID.description
                fields[prefix + "productID"] = payload.productID.description
                fields[prefix + "flow"] = String(describing: payload.flow)
                fields[prefix + "discovery"] = String(payload.discovery.rawValue)
                fields[prefix + "discriminator"] = payload.discriminator.description
                fields[prefix + "passcode"] = String(payload.passcode.reveal())
                fields[prefix + "serialNumber"] = payload.serialNumber
                fields[prefix + "manualCode"] = ManualPairingCode(payload).printed
            }
        }
    }

    /// A manual pairing code of 11 or 21 digits, with or without dashes. A number that parsers take but no device may
    /// have is accepted with `passcodeAllowed` false.
    public static func manual(_ text: String) -> Verdict {
        Verdict.judge(accepted: "The manual pairing code is well-formed.") { fields in
            let code = try ManualPairingCode(text)
            fields["shortDiscriminator"] = String(code.shortDiscriminator)
            fields["passcode"] = String(code.revealPasscodeNumber())
            fields["passcodeAllowed"] = String(code.passcode != nil)
            fields["flow"] = code.isStandardFlow ? "standard" : "custom"
            fields["vendorID"] = code.vendorID?.description
            fields["productID"] = code.productID?.description
        }
    }

    /// The SPAKE2+ verifier as base64 in the field `verifier`. `salt` is base64 of 16 to 32 octets.
    public static func spake2p(passcode: String, salt: String, iterations: Int) -> Verdict {
        Verdict.judge(accepted: "The verifier was computed.") { fields in
            guard (1...8).contains(passcode.utf8.count), let number = UInt32(passcode) else {
                throw Refusal(MatterError.onboardingPasscode, "not a decimal number of at most 8 digits")
            }
            guard let octets = Data(base64Encoded: salt) else {
                throw Refusal(MatterError.spake2pParameters, "the salt is not base64")
            }
            let verifier = try SPAKE2PlusVerifier(
                passcode: Passcode(number),
                salt: Array(octets),
                iterations: iterations
            )
            fields["iterations"] = String(iterations)
            fields["verifier"] = verifier.octets.withBytes { Data($0).base64EncodedString() }
        }
    }
}
