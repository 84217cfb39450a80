internal import Statements
public import Vocabulary

/// One line of an evidence folder's `devices.jsonl`. Fields that are not named here are other readers'.
public struct ListedDevice: Codable, Sendable, Hashable {
    /// Longest line of a list, octets.
    public static let longestLine = 8_192

    public let serial: DeviceSerial
    public let chipUID: ChipUID
    public let factory: FactoryID
    public let batch: BatchName
    public let product: ProductName
    public let vid: UInt16
    public let pid: UInt16
    /// 12 bits.
    public let discriminator: UInt16
    /// Names of files below the folder, DER or PEM.
    public let dac: String
    public let pai: String
    public let cd: String
    public let qr: String
    public let manualCode: String

    /// Throws `verify.device.malformed`; `number` is the line's, from 1.
    public init(line: [UInt8], number: Int) throws {
        do {
            try StrictJSON.check(line, limit: Self.longestLine)
            self = try StatementCoding.decode(ListedDevice.self, from: line)
        } catch let refusal as Refusal {
            throw Refusal(VerifyError.deviceMalformed, "line \(number): \(refusal.detail)")
        }
        for name in [dac, pai, cd] where name.hasPrefix("/") || name.split(separator: "/").contains("..") {
            throw Refusal(VerifyError.deviceMalformed, "line \(number): \(name) lies outside the folder")
        }
    }
}

/// One line of an evidence folder's `attestation.jsonl`: what a finished device answered to a commissioner's question.
public struct AttestationAnswer: Decodable, Sendable, Hashable {
    public let serial: DeviceSerial
    public let nonce: Nonce
    /// Of the secure session, 16 octets.
    public let challenge: [UInt8]
    /// Attestation elements, TLV.
    public let elements: [UInt8]
    /// r ‖ s over elements ‖ challenge.
    public let signature: RawSignature

    private enum CodingKeys: String, CodingKey {
        case serial, nonce, challenge, elements, signature
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        serial = try container.decode(DeviceSerial.self, forKey: .serial)
        nonce = try container.decode(Nonce.self, forKey: .nonce)
        challenge = try Hex.decode(container.decode(String.self, forKey: .challenge))
        elements = try Hex.decode(container.decode(String.self, forKey: .elements))
        signature = try container.decode(RawSignature.self, forKey: .signature)
    }

    /// Throws `verify.attestation.malformed`; `number` is the line's, from 1.
    public init(line: [UInt8], number: Int) throws {
        do {
            try StrictJSON.check(line, limit: ListedDevice.longestLine)
            self = try StatementCoding.decode(AttestationAnswer.self, from: line)
        } catch let refusal as Refusal {
            throw Refusal(VerifyError.attestationMalformed, "line \(number): \(refusal.detail)")
        }
    }

    /// The answers of a file by their devices. Throws `verify.attestation.malformed`, `verify.device.duplicate`.
    public static func all(in file: [UInt8]) throws -> [DeviceSerial: AttestationAnswer] {
        var answers: [DeviceSerial: AttestationAnswer] = [:]
        for (number, line) in TextLines.numbered(file) {
            let answer = try AttestationAnswer(line: line, number: number)
            guard answers.updateValue(answer, forKey: answer.serial) == nil else {
                throw Refusal(VerifyError.deviceDuplicate, "two attestations of \(answer.serial)")
            }
        }
        return answers
    }
}

/// Lines of a JSON Lines file.
public enum TextLines {
    /// Lines that are not empty, with their numbers from 1.
    public static func numbered(_ file: [UInt8]) -> [(number: Int, line: [UInt8])] {
        file.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated()
            .filter { !$0.element.isEmpty }.map { ($0.offset + 1, Array($0.element)) }
    }
}
