public import Vocabulary

/// Whether a token can be used. A daemon stops issuing at `failing` and goes on at `serving`.
public enum TokenHealth: Sendable, Hashable {
    case serving
    /// A device error; sessions are being opened again in the background.
    case failing(Refusal)
    /// Nothing will work until a person acts: the token refused the PIN.
    case stopped(Refusal)
}
