import Governance
import HTTPTypes
import PortalProtocol
import Statements
import Vocabulary

/// The routes of organisations, people, factories, what officers signed, and the portal's log.
public enum CoreRoutes {
    /// Of the people's listener.
    public static func people(_ portal: PortalServices) throws -> [any MountableRoute] {
        try organisations(portal) + people(of: portal) + invitations(portal) + tokens(portal) + workspaces(portal)
            + factories(portal) + joining(portal) + governance(portal) + audit(portal)
    }

    /// Of the factories' listener.
    public static func sync(_ portal: PortalServices) throws -> [any MountableRoute] {
        [
            try Route(
                .post,
                "/sync/v1/renew",
                "renewCertificate",
                .sync,
                "Renews the factory's certificate.",
                refusals: [.web(IdentityError.keyTaken), .codes(422, GovernanceError.enrolmentRequest)]
                    + VersionRefusals.token,
                handler: portal.renew
            )
        ]
    }

    private static func organisations(_ portal: PortalServices) throws -> [any MountableRoute] {
        [
            try Route(
                .post,
                "/v1/setup",
                "setUp",
                .people,
                "The first start: makes the OEM and its first administrator.",
                status: 201,
                demands: .idempotencyKey,
                refusals: [.web(IdentityError.setupDone, .codeRefused)] + AccountRoutes.password,
                handler: portal.setup
            ),
            try Route(
                .get,
                "/v1/setup",
                "getSetup",
                .people,
                "Whether the portal waits for its first start.",
                handler: portal.setupState
            ),
            try Route(.get, "/v1/me", "getMe", .people, "Who this token speaks for.", handler: portal.me),
            try Route(
                .get,
                "/v1/organisations",
                "listOrganisations",
                .people,
                "The OEM and its ODMs.",
                handler: portal.organisations
            ),
            try Route(
                .post,
                "/v1/organisations",
                "createOrganisation",
                .people,
                "Makes an ODM.",
                status: 201,
                demands: .idempotencyKey,
                handler: portal.createOrganisation
            ),
        ]
    }

    private static func people(of portal: PortalServices) throws -> [any MountableRoute] {
        [
            try Route(
                .get,
                "/v1/people",
                "listPeople",
                .people,
                "Everybody for the OEM, an ODM's own people for the ODM.",
                refusals: [.web(PortalError.unknownObject)],
                handler: portal.people
            ),
            try Route(.get, "/v1/people/{person}", "getPerson", .people, "One person.", handler: portal.person),
            try Route(
                .patch,
                "/v1/people/{person}",
                "changePerson",
                .people,
                "Changes name, roles, officer; switches a person off or on. Other roles end the person's sessions.",
                demands: [.ifMatch, .freshProof],
                refusals: [.web(IdentityError.roleKind, .officerTaken, .lastAdmin)],
                handler: portal.changePerson
            ),
        ]
    }

    private static func invitations(_ portal: PortalServices) throws -> [any MountableRoute] {
        [
            try Route(
                .post,
                "/v1/invitations",
                "createInvitation",
                .people,
                "Makes a link that works once.",
                status: 201,
                demands: [.idempotencyKey, .freshProof],
                refusals: [
                    .web(
                        IdentityError.wrongFields,
                        .unknownOrganisation,
                        .unknownProduct,
                        .roleKind,
                        .officerTaken
                    )
                ],
                handler: portal.invite
            ),
            try Route(
                .get,
                "/v1/invitations",
                "listInvitations",
                .people,
                "All invitations.",
                handler: portal.invitations
            ),
            try Route(
                .delete,
                "/v1/invitations/{invitation}",
                "revokeInvitation",
                .people,
                "Makes a link useless.",
                handler: portal.revokeInvitation
            ),
            try Route(
                .post,
                "/v1/invitations/look",
                "lookAtInvitation",
                .people,
                "What a link is for, told to who has its code.",
                refusals: [.web(IdentityError.codeRefused)],
                handler: portal.lookAtInvitation
            ),
            try Route(
                .post,
                "/v1/invitations/accept",
                "acceptInvitation",
                .people,
                "Uses a link: a new person gets an account, or a first token where no password was sent.",
                status: 201,
                demands: .idempotencyKey,
                refusals: [.web(IdentityError.codeRefused, .wrongFields, .officerTaken)] + AccountRoutes.password,
                handler: portal.accept
            ),
        ]
    }

    private static func tokens(_ portal: PortalServices) throws -> [any MountableRoute] {
        [
            try Route(.get, "/v1/tokens", "listTokens", .people, "One's own tokens.", handler: portal.tokens),
            try Route(
                .post,
                "/v1/tokens",
                "createToken",
                .people,
                "Makes a token for oneself, shown this once.",
                status: 201,
                demands: [.idempotencyKey, .freshProof],
                refusals: [.web(IdentityError.scopeWidened)],
                handler: portal.createToken
            ),
            try Route(
                .get,
                "/v1/people/{person}/tokens",
                "listTokensOfPerson",
                .people,
                "Somebody's tokens, for administrators.",
                handler: portal.tokensOfPerson
            ),
            try Route(
                .delete,
                "/v1/tokens/{token}",
                "revokeToken",
                .people,
                "Revokes a token of one's own; an administrator anybody's.",
                handler: portal.revokeToken
            ),
        ]
    }

    private static func workspaces(_ portal: PortalServices) throws -> [any MountableRoute] {
        [
            try Route(
                .post,
                "/v1/products/{product}/workspaces",
                "createWorkspace",
                .products,
                "Lets an ODM see and prepare the product.",
                status: 201,
                demands: .idempotencyKey,
                refusals: [.web(IdentityError.unknownOrganisation)],
                handler: portal.createWorkspace
            ),
            try Route(
                .get,
                "/v1/products/{product}/workspaces",
                "listWorkspaces",
                .products,
                "The product's ODMs.",
                handler: portal.workspaces
            ),
        ]
    }

    private static func factories(_ portal: PortalServices) throws -> [any MountableRoute] {
        [
            try Route(
                .post,
                "/v1/factories",
                "createFactory",
                .factories,
                "Makes a factory of an ODM.",
                status: 201,
                demands: .idempotencyKey,
                refusals: [.web(IdentityError.unknownOrganisation, .factoryTaken)],
                handler: portal.createFactory
            ),
            try Route(.get, "/v1/factories", "listFactories", .factories, "Factories.", handler: portal.factories),
            try Route(
                .get,
                "/v1/factories/{factory}",
                "getFactory",
                .factories,
                "One factory.",
                handler: portal.factory
            ),
            try Route(
                .post,
                "/v1/factories/{factory}/joining-codes",
                "createJoiningCode",
                .factories,
                "Makes the code with which a Factory Service joins.",
                status: 201,
                demands: .idempotencyKey,
                handler: portal.createJoiningCode
            ),
        ]
    }

    private static func joining(_ portal: PortalServices) throws -> [any MountableRoute] {
        [
            try Route(
                .post,
                "/v1/join",
                "joinFactory",
                .factories,
                "A Factory Service takes its certificate with a joining code.",
                status: 201,
                demands: .idempotencyKey,
                refusals: [
                    .web(IdentityError.codeRefused, .keyTaken), .codes(422, GovernanceError.enrolmentRequest),
                ] + VersionRefusals.token,
                handler: portal.join
            ),
            try Route(
                .get,
                "/v1/factories/{factory}/certificates",
                "listSiteCertificates",
                .factories,
                "Certificates of a factory's services.",
                handler: portal.siteCertificates
            ),
            try Route(
                .delete,
                "/v1/factories/{factory}/certificates/{key}",
                "revokeSiteCertificate",
                .factories,
                "Refuses a certificate from the next request on.",
                handler: portal.revokeSiteCertificate
            ),
        ]
    }

    private static func governance(_ portal: PortalServices) throws -> [any MountableRoute] {
        [
            try Route(
                .put,
                "/v1/role-keys",
                "putRoleKeys",
                .governance,
                "Loads RoleKeys, the whole chain from version 1.",
                refusals: [
                    .web(IdentityError.foreignRoot, .roleKeysFork), .all(422, of: StatementError.self),
                ],
                handler: portal.putRoleKeys
            ),
            try Route(.get, "/v1/role-keys", "getRoleKeys", .governance, "The chain.", handler: portal.roleKeys),
            try Route(
                .put,
                "/v1/orders",
                "putOrders",
                .governance,
                "Loads orders that the officers signed.",
                refusals: [
                    .web(IdentityError.noRoleKeys, .orderExpired), .all(422, of: StatementError.self),
                ],
                handler: portal.putOrders
            ),
            try Route(.get, "/v1/orders", "listOrders", .governance, "Officers' orders.", handler: portal.orders),
            try Route(
                .put,
                "/v1/edges/{edge}",
                "putEdge",
                .factories,
                "Registers an EdgeHSM by the enrolment that the officers signed.",
                refusals: [
                    .web(IdentityError.noRoleKeys, .edgeDiffers), .all(422, of: StatementError.self),
                ],
                handler: portal.putEdge
            ),
            try Route(
                .get,
                "/v1/edges/{edge}/enrolment",
                "getEnrolment",
                .factories,
                "The enrolment as the officers signed it: identity, keys and token of an EdgeHSM.",
                handler: portal.enrolment
            ),
            try Route(.get, "/v1/edges", "listEdges", .factories, "EdgeHSMs.", handler: portal.edges),
        ]
    }

    private static func audit(_ portal: PortalServices) throws -> [any MountableRoute] {
        [
            try Route(
                .get,
                "/v1/audit",
                "listAudit",
                .governance,
                "The portal's own log by actor, act, object and time, oldest first.",
                handler: portal.audit
            ),
            try Route(
                .get,
                "/v1/audit/newest",
                "listNewestAudit",
                .governance,
                "The portal's own log by actor, act, object and time, newest first.",
                handler: portal.newestAudit
            ),
            try Route(
                .get,
                "/v1/audit/checkpoint",
                "getAuditCheckpoint",
                .governance,
                "Size and root of the log, signed by the portal key.",
                refusals: VersionRefusals.signing,
                handler: portal.auditCheckpoint
            ),
            try Route(
                .get,
                "/v1/audit/export",
                "exportAudit",
                .governance,
                "The whole log as a file for obis-verify audit, under a checkpoint that is signed now.",
                refusals: VersionRefusals.signing,
                handler: portal.auditExport
            ),
            try Route(
                .get,
                "/v1/audit/consistency",
                "getAuditConsistency",
                .governance,
                "Shows that the log only grew between two sizes.",
                refusals: [.web(PortalError.unknownObject)],
                handler: portal.auditConsistency
            ),
            try Route(
                .get,
                "/v1/audit/entries/{position}/proof",
                "getAuditInclusion",
                .governance,
                "Shows that an entry is in the log of a size.",
                handler: portal.auditInclusion
            ),
        ]
    }
}
