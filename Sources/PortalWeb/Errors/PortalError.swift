import HTTPTypes
import PortalProtocol
public import Vocabulary

/// What the portal's HTTP surface refuses, before any business decision.
public enum PortalError: String, WebError, ErrorCatalogue {
    case unknownRoute = "portal.route.unknown"
    case methodNotAllowed = "portal.method.not-allowed"
    case bodyTooLarge = "portal.body.too-large"
    case bodyType = "portal.body.type"
    case bodySlow = "portal.body.slow"
    case unauthenticated = "portal.access.unauthenticated"
    case tokenRefused = "portal.access.token"
    case missingRole = "portal.access.role"
    case missingScope = "portal.access.scope"
    case sessionEnded = "portal.access.session"
    case secondFactorMissing = "portal.access.second-factor"
    case stale = "portal.access.stale"
    case forged = "portal.access.csrf"
    case throttled = "portal.access.throttled"
    case busy = "portal.access.busy"
    case siteRefused = "portal.access.site"
    case unknownObject = "portal.object.unknown"
    case keyMissing = "portal.idempotency.missing"
    case keyReused = "portal.idempotency.reused"
    case preconditionMissing = "portal.precondition.missing"
    case preconditionFailed = "portal.precondition.failed"
    case malformedCursor = "portal.cursor.malformed"
    case rangeUnsatisfiable = "portal.range.unsatisfiable"
    case notReady = "portal.service.not-ready"
    case internalFailed = "portal.internal.failed"
    case invalidSetting = "portal.setting.invalid"
    case inconsistentRoutes = "portal.route.inconsistent"

    /// The HTTP status of a refusal with this code.
    public var status: Int {
        switch self {
        case .malformedCursor, .keyMissing: 400
        case .unauthenticated, .tokenRefused, .sessionEnded: 401
        case .missingRole, .missingScope, .siteRefused, .secondFactorMissing, .stale, .forged: 403
        case .unknownRoute, .unknownObject: 404
        case .methodNotAllowed: 405
        case .bodySlow: 408
        case .keyReused: 409
        case .preconditionFailed: 412
        case .bodyTooLarge: 413
        case .bodyType: 415
        case .rangeUnsatisfiable: 416
        case .preconditionMissing: 428
        case .throttled, .busy: 429
        case .internalFailed, .inconsistentRoutes, .invalidSetting: 500
        case .notReady: 503
        }
    }

    public var isRetryable: Bool {
        switch self {
        case .throttled, .busy, .internalFailed, .bodySlow, .notReady: true
        default: false
        }
    }
}
