/// Which new passwords are refused: short ones, and those that are tried first. No rules on kinds of characters, which
/// make passwords worse to keep in mind and no harder to find (NIST SP 800-63B section 3.1.1.2).
public enum PasswordRules {
    /// Characters.
    public static let shortest = 12

    /// Why a new password is refused; nil where it is good.
    ///
    /// - Parameter words: what an attacker knows: the person's name, the parts of the address, the organisation.
    public static func complaint(_ password: String, knowing words: [String]) -> String? {
        if password.count < shortest { return "at least \(shortest) characters are wanted" }
        let plain = fold(password)
        if Set(plain).count < 5 { return "too few different characters" }
        if isRun(plain) { return "characters in a row" }
        if isRepeated(plain) { return "one short piece again and again" }
        // What is left when the usual additions are cut off both ends.
        let core = fold(trim(password))
        if known.contains(core) || known.contains(plain) { return "one of those that are tried first" }
        let parts = words.flatMap { fold($0).split { !$0.isLetter && !$0.isNumber }.map(String.init) }
        let covered = parts.filter { $0.count >= 3 }.reduce(plain) { $0.replacing($1, with: "") }
        if covered.count < shortest / 2 { return "made of the person's or the organisation's own names" }
        return nil
    }

    /// Small letters, with the usual digits and signs read as the letters that they stand for.
    private static func fold(_ text: String) -> String {
        let pairs: [Character: Character] = [
            "0": "o", "1": "l", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "l",
        ]
        return String(text.lowercased().map { pairs[$0] ?? $0 })
    }

    /// Without digits and signs at both ends.
    private static func trim(_ text: String) -> String {
        func isAddition(_ character: Character) -> Bool { !character.isLetter }
        let front = text.drop(while: isAddition)
        return String(front.reversed().drop(while: isAddition).reversed())
    }

    /// `abcdefghijkl`, `qwertyuiop…`: in the order of the alphabet, of digits or of the keyboard, forwards or backwards.
    private static func isRun(_ text: String) -> Bool {
        let rows =
            ["abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "qwertzuiopasdfghjklyxcvbnm"].map(fold)
            + [fold("12345678901234567890")]
        return rows.contains { row in
            let line = row + row
            return line.contains(text) || String(line.reversed()).contains(text)
        }
    }

    private static func isRepeated(_ text: String) -> Bool {
        let characters = Array(text)
        return (1...max(1, characters.count / 3)).contains { period in
            characters.indices.allSatisfy { $0 < period || characters[$0] == characters[$0 - period] }
        }
    }

    /// Folded. Those of twelve characters and more that lists of leaked passwords begin with, and what they are made of.
    private static let known = Set(
        [
            "password", "passwordpassword", "mypassword", "thisismypassword", "passwort", "passwortpasswort",
            "changeme", "changemechangeme", "changemenow", "letmein", "letmeinletmein", "letmeinplease", "welcome",
            "welcomewelcome", "iloveyou", "iloveyouiloveyou", "administrator", "adminadminadmin", "superadministrator",
            "trustnoone", "opensesame", "secretsecret", "topsecret", "correcthorsebatterystaple",
            "correct horse battery staple", "qwerty123456", "123456qwerty", "1q2w3e4r5t6y", "1qaz2wsx3edc",
            "zaq12wsxcde3", "q1w2e3r4t5y6", "unbelievable", "manufacturing", "productionline", "factoryfactory",
            "securityofficer", "sunshine", "football", "baseball", "superman", "princess", "starwars", "whatever",
        ].map(fold)
    )
}
