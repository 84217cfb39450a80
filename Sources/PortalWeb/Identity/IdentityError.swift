public import Vocabulary

/// What use cases of organisations, people, factories and what officers signed refuse.
public enum IdentityError: String, WebError, ErrorCatalogue {
    case setupDone = "portal.setup.done"
    case codeRefused = "portal.code.refused"
    case wrongFields = "portal.invitation.fields"
    case roleKind = "portal.person.role-kind"
    case lastAdmin = "portal.person.last-admin"
    case officerTaken = "portal.person.officer-taken"
    case scopeWidened = "portal.token.scope-widened"
    case unknownOrganisation = "portal.organisation.unknown"
    case unknownProduct = "portal.workspace.unknown-product"
    case factoryTaken = "portal.factory.taken"
    case keyTaken = "portal.factory.key-taken"
    case noRoleKeys = "portal.role-keys.missing"
    case foreignRoot = "portal.role-keys.foreign-root"
    case roleKeysFork = "portal.role-keys.fork"
    case edgeDiffers = "portal.edge.differs"
    case orderExpired = "portal.order.expired"

    public var status: Int {
        switch self {
        case .codeRefused: 403
        case .setupDone, .lastAdmin, .officerTaken, .factoryTaken, .keyTaken, .noRoleKeys, .roleKeysFork, .edgeDiffers:
            409
        case .wrongFields, .roleKind, .scopeWidened, .unknownOrganisation, .unknownProduct, .foreignRoot,
            .orderExpired:
            422
        }
    }

    public var meaning: String {
        switch self {
        case .setupDone: "The portal has its OEM already."
        case .codeRefused: "The code is unknown, used, revoked or expired."
        case .wrongFields: "An invitation of this kind does not have these fields."
        case .roleKind: "A role does not belong to this kind of organisation, or none was named."
        case .lastAdmin: "The OEM would be left without an active administrator."
        case .officerTaken: "Another person is this officer already, or an ODM's person would be one."
        case .scopeWidened: "A token can't make another that may do more, and one without scopes is of no use."
        case .unknownOrganisation: "There is no such organisation of the kind that is wanted."
        case .unknownProduct: "There is no such product."
        case .factoryTaken: "A factory of this id exists already."
        case .keyTaken: "The certificate request's key belongs to another factory or was revoked."
        case .noRoleKeys: "No RoleKeys were loaded yet, so no officer's signature can be judged."
        case .foreignRoot: "The RoleKeys are not signed by the root authority that this portal is configured for."
        case .roleKeysFork: "The RoleKeys contradict those that are loaded, or leave a version out."
        case .edgeDiffers: "The EdgeHSM is enrolled already, with another enrolment."
        case .orderExpired: "The order has expired."
        }
    }

    public var remedy: String {
        switch self {
        case .setupDone: "Ask an administrator of the OEM for an invitation."
        case .codeRefused: "Ask for a new one."
        case .wrongFields: "Send the fields that the kind wants, as /openapi.json says, and no others."
        case .roleKind: "Name one or more roles of the organisation's own kind."
        case .lastAdmin: "Give another person the role first."
        case .officerTaken: "Take the name from the other person first; only the OEM's people are officers."
        case .scopeWidened: "Use a token that has the scopes itself."
        case .unknownOrganisation: "Look the id up in the list of organisations."
        case .unknownProduct: "Create the product first, or correct its name."
        case .factoryTaken: "Choose another id; ids are never used again."
        case .keyTaken: "Let the factory make a new key and join again."
        case .noRoleKeys: "Load RoleKeys with PUT /v1/role-keys first."
        case .foreignRoot: "Check the configured root key and whose RoleKeys these are."
        case .roleKeysFork: "Send the whole chain from version 1; ask the ceremony which RoleKeys are true."
        case .edgeDiffers: "An appliance that was made anew needs a new id; ask the officers which enrolment is true."
        case .orderExpired: "Ask the officers for a new order."
        }
    }
}
