import Vocabulary

/// Reads the five entries that a device's life is made of, from exactly the octets in which they are written, without
/// `Codable`: an ingest reads one after the other.
///
/// Whatever is written otherwise (another order, space, an escape, another kind) is nil here and left to the decoder, so
/// this takes nothing that the decoder refuses and refuses nothing that it takes. A test holds both beside each other.
struct UsualEntry {
    private let octets: UnsafeBufferPointer<UInt8>
    private var place = 0

    private init(_ octets: UnsafeBufferPointer<UInt8>) { self.octets = octets }

    static func read(_ bytes: [UInt8]) -> JournalEntry? {
        guard bytes.count <= JournalEntry.largest else { return nil }
        return bytes.withUnsafeBufferPointer { octets in
            var reader = UsualEntry(octets)
            return reader.entry()
        }
    }

    private mutating func entry() -> JournalEntry? {
        guard take(#"{"body":{"#), let (body, kind) = body(), take(#"},"epoch":"#), let epoch: UInt64 = number(),
            take(#","kind":""#), take(kind), take(#"","sequence":"#), let sequence: Int = number(),
            take(#","time":"#), let time = time(), take("}"), place == octets.count
        else { return nil }
        return JournalEntry(sequence: sequence, epoch: epoch, time: time, event: JournalEvent(body: body))
    }

    // MARK: - Bodies

    private mutating func body() -> (any JournalBody, StaticString)? {
        if take(#""agreementKey":"#) { return issued().map { ($0, "issued") } }
        if take(#""attestation":"#) { return completed().map { ($0, "completed") } }
        guard take(#""authorization":"#), let authorization = digest() else { return nil }
        if take(#","factoryData":"#) { return factoryData(authorization).map { ($0, "factoryDataGiven") } }
        if take(#","fleet":"#) { return sealed(authorization).map { ($0, "keySealed") } }
        if take(#","permit":"#) { return permitted(authorization).map { ($0, "permitted") } }
        return nil
    }

    private mutating func issued() -> Issued? {
        guard let agreementKey = point(), take(#","authorization":"#), let authorization = digest(),
            take(#","chipUID":"#), let chip = chip(), take(#","commitment":"#), let commitment = digest(),
            take(#","dac":"#), let dac = base64(), take(#","deviceKey":"#), let deviceKey = digest(),
            take(#","generation":"#), let generation: UInt32 = number(), take(#","index":"#), let index: Int = number()
        else { return nil }
        var replaces: Digest256?
        if take(#","replaces":"#) {
            replaces = digest()
            guard replaces != nil else { return nil }
        }
        guard take(#","request":"#), let request = digest(), take(#","serial":"#), let serial = serial(),
            take(#","station":"#), let station: StationName = name(), take(#","unit":"#), let unit = digest()
        else { return nil }
        return Issued(
            authorization: authorization,
            unit: unit,
            chipUID: chip,
            generation: generation,
            index: index,
            serial: serial,
            dac: dac,
            deviceKey: deviceKey,
            replaces: replaces,
            request: request,
            agreementKey: agreementKey,
            commitment: commitment,
            station: station
        )
    }

    private mutating func completed() -> Completed? {
        guard let attestation = digest(), take(#","authorization":"#), let authorization = digest(),
            take(#","factoryData":"#), let data = digest(), take(#","firmware":"#), let firmware = digest(),
            let (station, unit) = stationAndUnit()
        else { return nil }
        return Completed(
            authorization: authorization,
            unit: unit,
            firmware: firmware,
            factoryData: data,
            attestation: attestation,
            station: station
        )
    }

    private mutating func factoryData(_ authorization: Digest256) -> FactoryDataGiven? {
        guard let data = digest(), let (station, unit) = stationAndUnit() else { return nil }
        return FactoryDataGiven(authorization: authorization, unit: unit, factoryData: data, station: station)
    }

    private mutating func sealed(_ authorization: Digest256) -> KeySealed? {
        guard let fleet = flag(), take(#","isRepeat":"#), let isRepeat = flag(), take(#","slot":"#),
            let slot: KeySlot = name(), let (station, unit) = stationAndUnit()
        else { return nil }
        return KeySealed(
            authorization: authorization,
            unit: unit,
            slot: slot,
            fleet: fleet,
            isRepeat: isRepeat,
            station: station
        )
    }

    private mutating func permitted(_ authorization: Digest256) -> Permitted? {
        guard let permit = digest(), let (station, unit) = stationAndUnit() else { return nil }
        return Permitted(authorization: authorization, unit: unit, permit: permit, station: station)
    }

    private mutating func stationAndUnit() -> (StationName, Digest256)? {
        guard take(#","station":"#), let station: StationName = name(), take(#","unit":"#), let unit = digest() else {
            return nil
        }
        return (station, unit)
    }

    // MARK: - Values

    /// These octets stand here; then they are passed.
    private mutating func take(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard octets.count - place >= count else { return false }
        for index in 0..<count where octets[place + index] != text.utf8Start[index] { return false }
        place += count
        return true
    }

    /// What stands between two quotes, if it is `count` octets; they are passed.
    private mutating func quoted(_ count: Int) -> UnsafeBufferPointer<UInt8>? {
        guard octets.count - place >= count + 2, octets[place] == UInt8(ascii: "\""),
            octets[place + count + 1] == UInt8(ascii: "\"")
        else { return nil }
        let start = place + 1
        place += count + 2
        return UnsafeBufferPointer(rebasing: octets[start..<start + count])
    }

    /// Plain ASCII between two quotes.
    private mutating func plain() -> UnsafeBufferPointer<UInt8>? {
        var end = place + 1
        while end < octets.count, octets[end] != UInt8(ascii: "\"") {
            let octet = octets[end]
            guard octet >= 0x20, octet < 0x7F, octet != UInt8(ascii: "\\") else { return nil }
            end += 1
        }
        return quoted(end - place - 1)
    }

    private mutating func digest() -> Digest256? { quoted(2 * Digest256.size).flatMap { Digest256(hexOctets: $0) } }
    private mutating func chip() -> ChipUID? { quoted(2 * ChipUID.size).flatMap { ChipUID(hexOctets: $0) } }
    private mutating func point() -> P256Point? { quoted(2 * P256Point.size).flatMap { P256Point(hexOctets: $0) } }
    private mutating func time() -> Instant? { quoted(20).flatMap { Instant(octets: $0) } }
    private mutating func base64() -> Octets? { plain().flatMap { Octets(base64Octets: $0) } }

    private mutating func name<Name: Identifier>() -> Name? {
        plain().flatMap { try? Name(String(decoding: $0, as: UTF8.self)) }
    }

    private mutating func serial() -> DeviceSerial? {
        plain().flatMap { try? DeviceSerial(String(decoding: $0, as: UTF8.self)) }
    }

    private mutating func flag() -> Bool? { take("true") ? true : take("false") ? false : nil }

    /// A whole number as `StrictJSON` takes it, without a sign.
    private mutating func number<Number: FixedWidthInteger>() -> Number? {
        let start = place
        var magnitude: UInt64 = 0
        while place < octets.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octets[place]) {
            magnitude = magnitude * 10 + UInt64(octets[place] - UInt8(ascii: "0"))
            guard magnitude <= StrictJSON.largestInteger else { return nil }
            place += 1
        }
        guard place > start, octets[start] != UInt8(ascii: "0") || place == start + 1 else { return nil }
        return Number(exactly: magnitude)
    }
}
