import Matter
import Silicon
import Statements
import Vocabulary

/// A unit's factory data in the vendor's encoding. The same octets each time, since the permit names their digest.
enum FactoryDataBuilder {
    static func encode(
        _ unit: IssuedUnit,
        secrets: UnitSecrets,
        batch: Batch,
        pai: [UInt8]
    ) throws -> [UInt8] {
        let shared = batch.manifest.factoryData
        guard shared.encoding == "nordic-cbor" else { throw Refusal(ExecutionError.factoryDataFormat, shared.encoding) }
        let verifier = try secrets.verifier(iterations: batch.manifest.commissioning.iterations)
        return try NordicFactoryData(
            serialNumber: unit.serial,
            vendorID: batch.manifest.vendorID,
            productID: batch.manifest.productID,
            vendorName: shared.vendorName,
            productName: shared.productName,
            manufacturingDate: String(unit.issuedAt.description.prefix(10)),
            hardwareVersion: shared.hardwareVersion,
            hardwareVersionText: shared.hardwareVersionString,
            dac: unit.dac,
            pai: pai,
            spake2pIterations: UInt32(batch.manifest.commissioning.iterations),
            spake2pSalt: secrets.salt,
            spake2pVerifier: verifier.octets.withBytes { Array($0) },
            discriminator: secrets.discriminator.value,
            rotatingDeviceID: secrets.rotatingID,
            productLabel: shared.productLabel.nonEmpty,
            productURL: shared.productURL.nonEmpty,
            partNumber: shared.partNumber.nonEmpty
        ).encoded()
    }
}

extension String {
    fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
