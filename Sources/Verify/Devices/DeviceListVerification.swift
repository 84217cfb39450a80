internal import Matter
internal import Statements
public import Vocabulary

/// Judges the devices of a list one after the other: each by itself, by its own answer to a commissioner's question and
/// by what journals recorded of it where these are given, and against those before it, so that no two are one.
public struct DeviceListVerification: Sendable {
    /// The files that a line names, DER or PEM.
    public struct Files: Sendable {
        public let dac: [UInt8]
        public let pai: [UInt8]
        public let cd: [UInt8]

        public init(dac: [UInt8], pai: [UInt8], cd: [UInt8]) {
            self.dac = dac
            self.pai = pai
            self.cd = cd
        }
    }

    /// What one device alone has.
    private enum Trait: Hashable {
        case serial(DeviceSerial)
        case chip(ChipUID)
        case dac(Digest256)
        case key(Digest256)
        /// A certificate's serial number is unique for its issuer (RFC 5280 section 4.1.2.2).
        case certificate(issuer: Digest256, serial: [UInt8])

        var name: String {
            switch self {
            case .serial: "serial"
            case .chip: "chip"
            case .dac: "DAC"
            case .key: "key"
            case .certificate: "serial number of the DAC"
            }
        }
    }

    private let paas: [[UInt8]]
    private let now: Instant?
    private let answers: [DeviceSerial: AttestationAnswer]?
    private let records: RecordedDevices?
    private var owners: [Trait: DeviceSerial] = [:]
    private var devices = 0

    /// - Parameters:
    ///   - paas: trusted PAA files, DER or PEM.
    ///   - now: when DACs are judged; nil: no clock.
    ///   - answers: of every device of the list; nil: none are judged.
    ///   - records: what journals say of every device of the list; nil: none are asked.
    public init(
        paas: [[UInt8]],
        at now: Instant?,
        answers: [DeviceSerial: AttestationAnswer]? = nil,
        records: RecordedDevices? = nil
    ) {
        self.paas = paas
        self.now = now
        self.answers = answers
        self.records = records
    }

    /// Never throws: whatever is wrong is the verdict, whose field `device` is the serial.
    public mutating func judge(_ device: ListedDevice, _ files: Files) -> Verdict {
        let (vendorID, productID) = (VendorID(device.vid), ProductID(device.pid))
        let alone = DeviceVerification(
            attestation: AttestationVerification(
                paas: paas,
                pai: files.pai,
                dac: files.dac,
                declaration: .init(envelope: files.cd, vendorID: vendorID, productID: productID),
                at: now
            ),
            vendorID: vendorID,
            productID: productID,
            discriminator: device.discriminator,
            qr: device.qr,
            manualCode: device.manualCode
        ).verdict()
        let fields = alone.fields.merging(["device": device.serial.text]) { $1 }
        guard alone.accepted else { return Verdict(refused: alone.code, reason: alone.reason, fields: fields) }
        do {
            try compare(device, files)
            devices += 1
            return Verdict(accepted: fields, reason: alone.reason)
        } catch {
            let refusal = error as? Refusal ?? Refusal(VerifyError.unexpected, "\(error)")
            return Verdict(refused: refusal, fields: fields)
        }
    }

    /// After the last device.
    public func finish() -> Verdict {
        Verdict.judge(accepted: "Every device of the list is right.") { fields in
            fields["devices"] = String(devices)
            fields["attested"] = answers.map { String($0.count) } ?? "no attestations"
            fields["recorded"] = records == nil ? "no journal" : String(devices)
            guard devices > 0 else { throw Refusal(VerifyError.noDevices) }
            if let stranger = answers?.keys.filter({ owners[.serial($0)] == nil }).min(by: { $0.text < $1.text }) {
                throw Refusal(VerifyError.attestationUnknown, stranger.text)
            }
        }
    }

    private mutating func compare(_ device: ListedDevice, _ files: Files) throws {
        let der = try EncodedInput.der(files.dac)
        let dac = try AttestationCertificate(der: der)
        try records?.check(device, dac: der)
        if let answers { try check(answers[device.serial], of: device, key: dac.publicKey, files) }
        let issuer = Digest256.of(try EncodedInput.der(files.pai))
        let traits: [Trait] = [
            .serial(device.serial), .chip(device.chipUID), .dac(Digest256.of(der)), .key(dac.publicKey.keyID),
            .certificate(issuer: issuer, serial: dac.serial),
        ]
        for trait in traits {
            if let other = owners.updateValue(device.serial, forKey: trait) {
                throw Refusal(VerifyError.deviceDuplicate, "\(trait.name) of \(other) and \(device.serial)")
            }
        }
    }

    /// The signature is of the key in this device's DAC, so another device's DAC or answer can't stand here.
    private func check(
        _ answer: AttestationAnswer?,
        of device: ListedDevice,
        key: P256Point,
        _ files: Files
    ) throws {
        guard let answer else { throw Refusal(VerifyError.attestationMissing, device.serial.text) }
        let elements = try AttestationElements.verify(
            elements: answer.elements,
            signature: answer.signature,
            challenge: answer.challenge,
            nonce: answer.nonce,
            key: key
        )
        guard try elements.declaration == EncodedInput.der(files.cd) else {
            throw Refusal(VerifyError.attestationDeclaration, device.serial.text)
        }
    }
}
