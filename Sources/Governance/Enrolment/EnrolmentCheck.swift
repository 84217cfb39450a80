public import Statements
public import Vocabulary

/// Whether an EdgeHSM is registered: m officers signed its enrolment, under RoleKeys that were in force then.
///
/// An officer who retires leaves what was signed standing; a key that is compromised signs nothing any more.
public enum EnrolmentCheck {
    /// RoleKeys that were followed by others before the enrolment was made could not sign it.
    ///
    /// - Parameters:
    ///   - history: RoleKeys in order, the newest last.
    ///   - compromised: key ids whose signatures don't count.
    /// - Throws: a `StatementError`, `statement.officers.too-few` where no version's officers are enough.
    public static func verify(
        _ envelope: Envelope,
        history: [Verified<RoleKeys>],
        compromised: Set<Digest256> = []
    ) throws -> Verified<EdgeHSMEnrolment> {
        guard envelope.payloadType == EdgeHSMEnrolment.payloadType else {
            throw Refusal(StatementError.wrongType, String(envelope.payloadType.prefix(80)))
        }
        let made = try EdgeHSMEnrolment.read(payload: envelope.payload).issuedAt
        var problem = Refusal(StatementError.tooFewOfficers, "no RoleKeys in force at \(made)")
        var successor: RoleKeys?
        for keys in history.reversed() {
            defer { successor = keys.content }
            if let successor, successor.issuedAt <= made { break }
            do {
                let verified = try Verified<EdgeHSMEnrolment>(envelope, signedByOfficersOf: keys.content)
                let sound = verified.signers.filter { !compromised.contains($0) }
                if sound.count >= keys.content.threshold { return verified }
                problem = Refusal(
                    StatementError.tooFewOfficers,
                    "\(sound.count) of \(keys.content.threshold) needed, others are compromised"
                )
            } catch let refusal as Refusal where refusal.has(StatementError.tooFewOfficers) { problem = refusal }
        }
        throw problem
    }
}
