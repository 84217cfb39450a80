public import Vocabulary

/// What a laboratory may do and a factory may not: bring a known value into a token.
///
/// Kept apart from `Token`, so that code which may not do this can't even name it. The key scan of the demo needs
/// product keys whose values it knows; `Token.isImportedInClear` tells such keys from real ones.
public protocol LabToken: Token {
    /// Creates a key of role `productFleetKey` or `productMasterKey` from a known value (16 or 32 octets).
    func importInClear(_ name: KeyName, value: Secret) async throws
}
