import PortalCore
import PortalProtocol
import Statements
import Synchronization
import Vocabulary

/// How many wrong passwords are taken, from whom. Nobody can use them up for somebody else who is known: a browser in which
/// the person was signed in before has a budget of its own, which only who holds its cookie can spend.
final class SignInLimiter: Sendable {
    /// One attempt that was charged.
    struct Ticket: Sendable {
        fileprivate let charged: [(Kind, String)]
        /// What is answered unless the attempt is right in everything: the account's budget is used up.
        var overdrawn: Refusal?
    }

    fileprivate enum Kind: Sendable, Hashable, CaseIterable {
        /// A browser that the account knows.
        case device
        /// A network address, all accounts together.
        case address
        /// One account from one address.
        case pair
        /// One account from all browsers that it does not know.
        case account
        /// Right password and wrong second factor: who gets here has the password already.
        case factor
        /// A session that proves again who sits there.
        case session

        var budget: AttemptBudget {
            switch self {
            case .device: AttemptBudget(most: 10, within: 900)
            case .address: AttemptBudget(most: 30, within: 600)
            case .pair: AttemptBudget(most: 10, within: 900)
            case .account: AttemptBudget(most: 100, within: 3_600)
            case .factor: AttemptBudget(most: 10, within: 86_400)
            case .session: AttemptBudget(most: 10, within: 900)
            }
        }
    }

    private let budgets: Mutex<[Kind: AttemptBudget]>

    init() {
        budgets = Mutex(Dictionary(uniqueKeysWithValues: Kind.allCases.map { ($0, $0.budget) }))
    }

    /// Charges an attempt to sign in. Throws `portal.access.throttled`; accounts that there are and that there are not
    /// are counted alike.
    ///
    /// Where the account's own budget is used up, an attempt that shows a second factor is judged all the same, at the cost of
    /// its address: whoever has password and second factor gets in while others guess. What is short of both is told
    /// what every attempt is told then, so that a password can't be tried by it.
    ///
    /// - Parameters:
    ///   - device: of a browser that this account knows; nil for every other.
    ///   - hasFactor: whether the attempt shows a second factor, right or wrong.
    func take(
        login: String,
        address: String,
        device: Digest256?,
        hasFactor: Bool,
        at time: Instant
    ) throws -> Ticket {
        // Of the login a digest: what people type there by mistake may be a password.
        let login = Digest256.of(login.utf8).hex
        if let device { return try take([(.device, "\(login) \(device.hex)")], at: time) }
        let place = FailureLimiter.key(address)
        let own = try take([(.address, place), (.pair, "\(login) \(place)")], at: time)
        do {
            return Ticket(charged: own.charged + (try take([(.account, login)], at: time).charged))
        } catch let refusal as Refusal {
            guard hasFactor else {
                giveBack(own)
                throw refusal
            }
            return Ticket(charged: own.charged, overdrawn: refusal)
        }
    }

    /// Charges a second factor after a right password. False where the account's budget is used up.
    func takeFactor(of person: PersonID, at time: Instant) -> Ticket? { try? take([(.factor, person.text)], at: time) }

    /// Charges a proof within a session. Throws `portal.access.throttled`.
    func takeProof(of person: PersonID, at time: Instant) throws -> Ticket {
        try take([(.session, person.text)], at: time)
    }

    func giveBack(_ ticket: Ticket) {
        budgets.withLock { budgets in
            for (kind, name) in ticket.charged { budgets[kind]?.giveBack(name) }
        }
    }

    private func take(_ wanted: [(Kind, String)], at time: Instant) throws -> Ticket {
        let wait = budgets.withLock { budgets -> Int64? in
            for (index, (kind, name)) in wanted.enumerated() {
                guard let wait = budgets[kind]?.take(name, at: time) else { continue }
                for (kind, name) in wanted[..<index] { budgets[kind]?.giveBack(name) }
                return wait
            }
            return nil
        }
        if let wait { throw Refusal(PortalError.throttled, "\(wait) s") }
        return Ticket(charged: wanted)
    }
}
