import HTTPTypes
import PortalProtocol
import Vocabulary

/// The routes of accounts and sessions.
enum AccountRoutes {
    static func routes(_ portal: PortalServices) throws -> [any MountableRoute] {
        try sessions(portal) + account(portal) + resets(portal)
    }

    /// What setting or checking a password may refuse.
    static let password: [RefusalGroup] =
        [.web(AccountError.weakPassword, .busy, .emailTaken)] + VersionRefusals.token

    private static func sessions(_ portal: PortalServices) throws -> [any MountableRoute] {
        [
            try Route(
                .post,
                "/v1/sessions",
                "signIn",
                .accounts,
                "Opens a session; its cookie comes in the answer's head.",
                refusals: [.web(AccountError.signInRefused, .busy), .web(PortalError.throttled)]
                    + VersionRefusals.token,
                handler: portal.signIn
            ),
            try Route(
                .get,
                "/v1/sessions",
                "listSessions",
                .accounts,
                "One's own sessions that are open.",
                handler: portal.sessions
            ),
            try Route(
                .delete,
                "/v1/sessions/{session}",
                "revokeSession",
                .accounts,
                "Ends a session of one's own.",
                handler: portal.revokeSession
            ),
            try Route(
                .post,
                "/v1/sessions/verify",
                "verifySession",
                .accounts,
                "Proves again who sits there: opens acts that want a fresh proof for a quarter of an hour.",
                refusals: proof,
                handler: portal.verify
            ),
            try Route(
                .post,
                "/v1/account/sign-out",
                "signOut",
                .accounts,
                "Ends this session.",
                handler: portal.signOut
            ),
        ]
    }

    private static let proof: [RefusalGroup] =
        [.web(AccountError.wrongProof, .busy), .web(PortalError.throttled)] + VersionRefusals.token

    private static func account(_ portal: PortalServices) throws -> [any MountableRoute] {
        [
            try Route(
                .get,
                "/v1/account",
                "getAccount",
                .accounts,
                "One's own account, as this session sees it.",
                handler: portal.account
            ),
            try Route(
                .post,
                "/v1/account/password",
                "changePassword",
                .accounts,
                "Sets another password; all other sessions end.",
                refusals: proof + [.web(AccountError.weakPassword)],
                handler: portal.changePassword
            ),
            try Route(
                .post,
                "/v1/account/authenticator",
                "beginAuthenticator",
                .accounts,
                "A new authenticator secret, shown this once.",
                demands: .freshProof,
                refusals: VersionRefusals.token,
                handler: portal.beginAuthenticator
            ),
            try Route(
                .post,
                "/v1/account/authenticator/confirm",
                "confirmAuthenticator",
                .accounts,
                "A code of the new authenticator: it counts from now on. Recovery codes come with the answer.",
                demands: .freshProof,
                refusals: proof + [.web(AccountError.nothingPending)],
                handler: portal.confirmAuthenticator
            ),
            try Route(
                .post,
                "/v1/account/recovery-codes",
                "renewRecoveryCodes",
                .accounts,
                "New recovery codes; those from before are void.",
                demands: .freshProof,
                refusals: [.web(AccountError.noAuthenticator)],
                handler: portal.renewRecoveryCodes
            ),
        ]
    }

    private static func resets(_ portal: PortalServices) throws -> [any MountableRoute] {
        [
            try Route(
                .post,
                "/v1/people/{person}/reset",
                "resetPerson",
                .accounts,
                "Makes a link with which a person sets a password. It works once, for a day.",
                status: 201,
                demands: [.idempotencyKey, .freshProof],
                handler: portal.resetPerson
            ),
            try Route(
                .post,
                "/v1/account/reset",
                "acceptReset",
                .accounts,
                "Uses such a link: password new, authenticator and sessions void.",
                refusals: [.web(IdentityError.codeRefused)] + password,
                handler: portal.acceptReset
            ),
            try Route(
                .get,
                "/v1/people/{person}/sessions",
                "listSessionsOfPerson",
                .accounts,
                "A person's sessions that are open.",
                handler: portal.sessionsOfPerson
            ),
            try Route(
                .delete,
                "/v1/people/{person}/sessions",
                "revokeSessionsOfPerson",
                .accounts,
                "Ends all sessions of a person.",
                handler: portal.revokeSessionsOfPerson
            ),
        ]
    }
}
