public import Vocabulary

/// What one command of the verifier found out.
public struct Verdict: Sendable, Hashable, Codable {
    public let accepted: Bool
    /// `verify.accepted`, or the code of the refusal.
    public let code: String
    /// One or two sentences for a person: the refusal's meaning, detail and remedy.
    public let reason: String
    /// What was read, by name.
    public let fields: [String: String]

    public init(accepted fields: [String: String], reason: String) {
        self.accepted = true
        self.code = "verify.accepted"
        self.reason = reason
        self.fields = fields
    }

    public init(refused refusal: Refusal, fields: [String: String] = [:]) {
        self.accepted = false
        self.code = refusal.code
        self.reason =
            (refusal.detail.isEmpty ? refusal.meaning : "\(refusal.meaning) (\(refusal.detail))") + " " + refusal.remedy
        self.fields = fields
    }

    /// The refusal of a part, with what the whole knows.
    init(refused code: String, reason: String, fields: [String: String]) {
        self.accepted = false
        self.code = code
        self.reason = reason
        self.fields = fields
    }

    /// Runs a judgement that collects fields as it goes, so that a refusal shows what was read before it.
    static func judge(accepted reason: String, _ body: (inout [String: String]) throws -> Void) -> Verdict {
        var fields: [String: String] = [:]
        do {
            try body(&fields)
            return Verdict(accepted: fields, reason: reason)
        } catch let refusal as Refusal {
            return Verdict(refused: refusal, fields: fields)
        } catch {
            return Verdict(refused: Refusal(VerifyError.unexpected, "\(error)"), fields: fields)
        }
    }
}
