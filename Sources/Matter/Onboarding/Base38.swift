internal import Vocabulary

/// Base 38 as QR codes use it (Matter 5.1.3.1): 3 octets make 5 characters, 2 make 4, 1 makes 2, least significant
/// character first.
enum Base38 {
    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-.".utf8)
    /// Characters for 0, 1, 2 and 3 octets.
    private static let characters = [0, 2, 4, 5]

    static func encode(_ octets: [UInt8]) -> String {
        var text: [UInt8] = []
        for start in stride(from: 0, to: octets.count, by: 3) {
            let group = octets[start..<min(start + 3, octets.count)]
            var number = group.reversed().reduce(0) { $0 << 8 | Int($1) }
            for _ in 0..<characters[group.count] {
                text.append(alphabet[number % 38])
                number /= 38
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Throws `matter.onboarding.base38` for another character, an impossible length, or a group whose number does not
    /// fit its octets.
    static func decode(_ text: some Sequence<UInt8>) throws -> [UInt8] {
        let text = Array(text)
        var octets: [UInt8] = []
        for start in stride(from: 0, to: text.count, by: 5) {
            let group = text[start..<min(start + 5, text.count)]
            guard let count = characters.firstIndex(of: group.count) else {
                throw Refusal(MatterError.onboardingBase38, "\(text.count) characters")
            }
            var number = 0
            for character in group.reversed() {
                guard let digit = alphabet.firstIndex(of: character) else {
                    throw Refusal(MatterError.onboardingBase38, "character code \(character)")
                }
                number = number * 38 + digit
            }
            guard number < 1 << (8 * count) else { throw Refusal(MatterError.onboardingBase38, "a group too large") }
            for index in 0..<count { octets.append(UInt8(number >> (8 * index) & 0xFF)) }
        }
        return octets
    }
}
