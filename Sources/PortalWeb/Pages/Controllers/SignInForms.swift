import PortalPages
import PortalProtocol
import Vocabulary

/// What forms of accounts share: what comes back, and in whose words.
extension PageRequest {
    /// A field without the spaces that come with copying.
    func entered(_ name: String) -> String {
        String((form[name] ?? "").drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }

    /// The form as it comes back. What is secret is typed again.
    ///
    /// - Parameters:
    ///   - fields: which field a refusal's code belongs to.
    ///   - secrets: fields beside the passwords that are empty again.
    func returned(
        _ problem: Problem,
        fields: KeyValuePairs<any WebError, String> = [:],
        secrets: Set<String> = [],
        tag: String? = nil
    ) -> FormState {
        let named = fields.first { $0.key.code == problem.code }?.value ?? malformedField(problem)
        let told = problem.forPeople(beside: named)
        let hidden = secrets.union(["password", "current", "new", "recoveryCode"])
        var errors: [String: String] = [:]
        if let named {
            errors[named] =
                problem.code == PortalProtocolError.malformedRequest.rawValue
                ? FieldWords.wanted(named) : [told.detail, told.title].compactMap { $0 }.first.map(FieldWords.sentence)
        }
        let key = problem.code == PortalError.keyReused.rawValue ? nil : form["key"]
        return FormState(
            values: form.filter { !hidden.contains($0.key) },
            errors: errors,
            problem: told,
            key: key ?? PageForm.newKey(),
            tag: tag ?? form["tag"],
            csrf: session?.csrf ?? ""
        )
    }

    /// The field that the API could not read.
    private func malformedField(_ problem: Problem) -> String? {
        guard problem.code == PortalProtocolError.malformedRequest.rawValue, let detail = problem.detail else {
            return nil
        }
        let words = Set(detail.prefix { $0 != ":" }.split { !$0.isLetter }.map(String.init))
        return form.keys.sorted().first {
            words.contains($0) && !["do", "id", "key", "tag", "csrf", "next"].contains($0)
        }
    }
}

extension WebError where Self: RawRepresentable, RawValue == String {
    var code: String { rawValue }
}

enum FieldWords {
    /// What a field takes.
    static func wanted(_ field: String) -> String {
        switch field {
        case "email": "An address like name@example.com."
        case "code": "The code as it was shown, all of it."
        case "recoveryCode": "Four groups of four letters and digits."
        case "password", "new", "current": "It is not filled in, or has characters that can't be typed."
        case "days": "A whole number of days, as few and as many as it says."
        case "roles", "scopes": "Choose at least one."
        case "officer": "Small letters, digits and dashes, as in RoleKeys."
        default: "1 to 128 characters on one line."
        }
    }

    static func sentence(_ text: String) -> String {
        let start = text.prefix(1).uppercased() + text.dropFirst()
        return start.last.map { ".!?".contains($0) } == true ? start : start + "."
    }
}

extension Problem {
    /// In words for somebody in a browser: the API's remedies speak to programs.
    func forPeople(beside field: String?) -> Problem {
        switch code {
        case PortalError.throttled.rawValue:
            let seconds = detail.flatMap { Int($0.prefix { $0.isNumber }) } ?? 60
            let wait = seconds < 120 ? "\(seconds) seconds" : "\((seconds + 59) / 60) minutes"
            return saying(title: "Too many wrong attempts.", remedy: "Wait \(wait), then try again.")
        case PortalProtocolError.malformedRequest.rawValue:
            return saying(
                title: "Something is not filled in right.",
                remedy: field != nil ? "Correct what is marked." : "Look at all fields again."
            )
        case IdentityError.codeRefused.rawValue:
            return saying(title: title, remedy: "Check that it is all there, or ask for a new one.")
        case PortalError.preconditionFailed.rawValue:
            return saying(
                title: "Somebody has changed this since you opened it.",
                remedy:
                    "Where it differs from yours, what is there now stands beside the field; what you save replaces it."
            )
        case AccountError.wrongProof.rawValue:
            return field == "code"
                ? saying(
                    title: "The code is wrong, or was used before.",
                    remedy: "Enter the next one that the authenticator shows."
                )
                : saying(title: "The password is wrong.", remedy: "Enter it again.")
        default: return self
        }
    }

    private func saying(title: String, remedy: String) -> Problem {
        Problem(type: type, title: title, status: status, code: code, detail: nil, remedy: remedy, requestID: requestID)
    }
}
