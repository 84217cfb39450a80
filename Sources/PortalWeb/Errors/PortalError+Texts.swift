extension PortalError {
    public var meaning: String {
        switch self {
        case .unknownRoute: "The portal has no such address."
        case .methodNotAllowed: "This address does not take this method."
        case .bodyTooLarge: "The body is larger than this operation takes."
        case .bodyType: "The body has a content type that this operation does not take."
        case .bodySlow: "The body did not arrive in time."
        case .unauthenticated: "This operation wants an API token, and none came."
        case .tokenRefused: "The API token is unknown, expired or revoked."
        case .missingRole: "This operation wants a role that this person does not have."
        case .missingScope: "The API token does not have the scope that this operation wants."
        case .throttled: "Too many failed attempts came from this address."
        case .siteRefused: "The factory's certificate is not one that may speak to the portal."
        case .unknownObject: "There is no such object, or it is not yours to see."
        case .keyMissing: "A creation came without a well-formed Idempotency-Key header."
        case .keyReused: "This Idempotency-Key was used for another request."
        case .preconditionMissing: "A change came without an If-Match header."
        case .preconditionFailed: "The object has changed since it was read."
        case .malformedCursor: "The page cursor is not one that this list gave."
        case .rangeUnsatisfiable: "The range lies beyond the end of the object."
        case .notReady: "The portal runs but can not work yet."
        case .internalFailed: "The portal failed; the request may or may not have been done."
        case .invalidSetting: "A setting of the configuration file can not be used."
        case .inconsistentRoutes: "The program's own list of routes contradicts itself."
        }
    }

    public var remedy: String {
        switch self {
        case .unknownRoute: "Look the operation up in /openapi.json."
        case .methodNotAllowed: "Use one of the methods in the Allow header."
        case .bodyTooLarge: "Send less; the limit stands in the detail."
        case .bodyType: "Send the content type that /openapi.json names."
        case .bodySlow: "Send it again over a better link."
        case .unauthenticated: "Send the header Authorization: Bearer with a token of POST /v1/tokens."
        case .tokenRefused: "Make a new token, or ask the administrator for an invitation."
        case .missingRole: "Ask somebody with the role, or the administrator for the role."
        case .missingScope: "Use a token with that scope."
        case .throttled: "Wait for the seconds in the Retry-After header."
        case .siteRefused: "Let the factory join again with a new joining code."
        case .unknownObject: "Check the id and that your organisation has a part in the object."
        case .keyMissing: "Send an Idempotency-Key of 8 to 128 printable characters, new for each creation."
        case .keyReused: "Use a new key for a new request."
        case .preconditionMissing: "Read the object and send its ETag in If-Match."
        case .preconditionFailed: "Read it again, look at what changed, and send the change with the new ETag."
        case .malformedCursor: "Start the list again without a cursor."
        case .rangeUnsatisfiable: "Ask for a range inside the object, or for all of it."
        case .notReady: "Look at the detail and the log: a token, a database or a disk is missing."
        case .internalFailed: "Try again later with the same Idempotency-Key; tell the operator the request id."
        case .invalidSetting: "Correct the setting named in the detail."
        case .inconsistentRoutes: "Report this as a defect of the program."
        }
    }
}
