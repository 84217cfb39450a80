import KeyCustody
import Matter
import Statements
import Synchronization
import Vocabulary

/// What issues a product's DACs: its judged PAI, and the PAI's key in the token.
struct ProductIssuer: Sendable {
    let authority: AttestationAuthority
    let key: any SigningKey
}

/// Issuers by their installed certificates: judging a PAI and looking its key up costs several signatures, and says the
/// same for every unit. A key that is gone from the token signs nothing, and a DAC by another key than the PAI's is
/// refused, so a remembered issuer can be useless but never wrong.
final class IssuerCache: Sendable {
    /// Products in work at one time; one beyond empties the cache.
    static let most = 256

    private struct Key: Hashable {
        let product: ProductName
        let pai: Octets
        let paa: Octets

        init(_ certificates: CertificatesInstalled) {
            (product, pai, paa) = (certificates.product, certificates.pai, certificates.paa)
        }
    }

    private let issuers = Mutex<[Key: ProductIssuer]>([:])
    private let authorities = Mutex<[Key: AttestationAuthority]>([:])

    /// Throws what judging the certificates throws, and `key.*` where the token has no such key.
    func issuer(of certificates: CertificatesInstalled, token: any Token) async throws -> ProductIssuer {
        let name = Key(certificates)
        if let known = issuers.withLock({ $0[name] }) { return known }
        let issuer = ProductIssuer(
            authority: try authority(of: certificates),
            key: try await token.signingKey(BatchKeys.pai(certificates.product))
        )
        issuers.withLock { issuers in
            if issuers.count >= Self.most { issuers = [:] }
            issuers[name] = issuer
        }
        return issuer
    }

    /// The judged certificates alone, for what needs no key. Throws what judging them throws.
    func authority(of certificates: CertificatesInstalled) throws -> AttestationAuthority {
        let name = Key(certificates)
        if let known = authorities.withLock({ $0[name] }) { return known }
        let judged = try AttestationAuthority(pai: certificates.pai.bytes, paa: certificates.paa.bytes)
        authorities.withLock { authorities in
            if authorities.count >= Self.most { authorities = [:] }
            authorities[name] = judged
        }
        return judged
    }

    func forgetAll() { issuers.withLock { $0 = [:] } }

    func forget(_ certificates: CertificatesInstalled) {
        issuers.withLock { $0[Key(certificates)] = nil }
    }
}
