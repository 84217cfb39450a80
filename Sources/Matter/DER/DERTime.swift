internal import SwiftASN1
internal import Vocabulary

extension DERReader {
    /// A validity time with whole seconds in UTC: UTCTime to the end of 2049, GeneralizedTime from 2050 on
    /// (RFC 5280 section 4.1.2.5). The other form for the same year is not DER and is refused.
    mutating func time() throws -> Instant {
        let node = try any()
        let content = Array(try DERReader.primitive(node, fault: fault))
        let text = String(decoding: content, as: UTF8.self)
        switch node.identifier {
        case .utcTime:
            guard content.count == 13 else { throw Refusal(fault, "UTCTime without seconds in UTC") }
            return try instant((text < "50" ? "20" : "19") + text)
        case .generalizedTime:
            guard content.count == 15, text >= "2050" else {
                throw Refusal(fault, "GeneralizedTime for a year before 2050, or without seconds in UTC")
            }
            return try instant(text)
        default:
            throw Refusal(fault, "a time that is neither UTCTime nor GeneralizedTime")
        }
    }

    /// `text` is YYYYMMDDHHMMSSZ.
    private func instant(_ text: String) throws -> Instant {
        let characters = Array(text.utf8)
        guard characters.count == 15 else { throw Refusal(fault, "a malformed time") }
        func part(_ range: Range<Int>) -> String { String(decoding: characters[range], as: UTF8.self) }
        let date = part(0..<4) + "-" + part(4..<6) + "-" + part(6..<8)
        let time = part(8..<10) + ":" + part(10..<12) + ":" + part(12..<15)
        do {
            return try Instant(date + "T" + time)
        } catch {
            throw Refusal(fault, "a malformed time, or one before 1970")
        }
    }
}
