import CPKCS11
import KeyCustody
import Vocabulary

/// A return value other than CKR_OK. Stays inside this module: what leaves it is a `Refusal`.
struct PKCS11Failure: Error, Equatable {
    let function: String
    let code: UInt

    /// True when the session can't be trusted any more and must be opened and logged in anew.
    var breaksSession: Bool { Self.sessionBreaking.contains(code) }
    /// True when no answer about any object can be had; a general or function failure may concern one object only.
    var meansDeviceIsGone: Bool {
        breaksSession && ![UInt(CKR_GENERAL_ERROR), UInt(CKR_FUNCTION_FAILED)].contains(code)
    }
    /// True when a cached object handle points to nothing any more.
    var isStaleHandle: Bool { [UInt(CKR_OBJECT_HANDLE_INVALID), UInt(CKR_KEY_HANDLE_INVALID)].contains(code) }
    var isPINRefusal: Bool { Self.pinRefusing.contains(code) }

    var text: String { "\(function): \(Self.names[code] ?? "CKR 0x" + String(code, radix: 16))" }

    var refusal: Refusal {
        switch self {
        case _ where isPINRefusal: Refusal(KeyCustodyError.pinRefused, text)
        case _ where breaksSession: Refusal(KeyCustodyError.deviceFailed, text)
        case _ where code == UInt(CKR_USER_ANOTHER_ALREADY_LOGGED_IN), _ where code == UInt(CKR_SESSION_EXISTS):
            Refusal(KeyCustodyError.officerBusy, text)
        default: Refusal(KeyCustodyError.operationRefused, text)
        }
    }

    private static let sessionBreaking: Set<UInt> = Set(
        [
            CKR_DEVICE_ERROR, CKR_DEVICE_MEMORY, CKR_DEVICE_REMOVED, CKR_SESSION_CLOSED, CKR_SESSION_HANDLE_INVALID,
            CKR_TOKEN_NOT_PRESENT, CKR_TOKEN_NOT_RECOGNIZED, CKR_USER_NOT_LOGGED_IN, CKR_GENERAL_ERROR,
            CKR_FUNCTION_FAILED, CKR_HOST_MEMORY, CKR_CRYPTOKI_NOT_INITIALIZED, CKR_OPERATION_ACTIVE,
            CKR_OPERATION_NOT_INITIALIZED, CKR_SLOT_ID_INVALID, CKR_SESSION_READ_ONLY,
        ].map { UInt($0) }
    )

    private static let pinRefusing: Set<UInt> = Set(
        [
            CKR_PIN_INCORRECT, CKR_PIN_INVALID, CKR_PIN_LEN_RANGE, CKR_PIN_LOCKED, CKR_PIN_EXPIRED,
            CKR_USER_PIN_NOT_INITIALIZED,
        ].map { UInt($0) }
    )

    private static let names: [UInt: String] = [
        UInt(CKR_DEVICE_ERROR): "CKR_DEVICE_ERROR", UInt(CKR_DEVICE_REMOVED): "CKR_DEVICE_REMOVED",
        UInt(CKR_DEVICE_MEMORY): "CKR_DEVICE_MEMORY", UInt(CKR_SESSION_CLOSED): "CKR_SESSION_CLOSED",
        UInt(CKR_SESSION_HANDLE_INVALID): "CKR_SESSION_HANDLE_INVALID", UInt(CKR_SESSION_EXISTS): "CKR_SESSION_EXISTS",
        UInt(CKR_TOKEN_NOT_PRESENT): "CKR_TOKEN_NOT_PRESENT", UInt(CKR_USER_NOT_LOGGED_IN): "CKR_USER_NOT_LOGGED_IN",
        UInt(CKR_GENERAL_ERROR): "CKR_GENERAL_ERROR", UInt(CKR_FUNCTION_FAILED): "CKR_FUNCTION_FAILED",
        UInt(CKR_ARGUMENTS_BAD): "CKR_ARGUMENTS_BAD", UInt(CKR_PIN_INCORRECT): "CKR_PIN_INCORRECT",
        UInt(CKR_PIN_LOCKED): "CKR_PIN_LOCKED", UInt(CKR_PIN_LEN_RANGE): "CKR_PIN_LEN_RANGE",
        UInt(CKR_ATTRIBUTE_READ_ONLY): "CKR_ATTRIBUTE_READ_ONLY",
        UInt(CKR_ATTRIBUTE_SENSITIVE): "CKR_ATTRIBUTE_SENSITIVE",
        UInt(CKR_ATTRIBUTE_TYPE_INVALID): "CKR_ATTRIBUTE_TYPE_INVALID",
        UInt(CKR_ATTRIBUTE_VALUE_INVALID): "CKR_ATTRIBUTE_VALUE_INVALID",
        UInt(CKR_KEY_FUNCTION_NOT_PERMITTED): "CKR_KEY_FUNCTION_NOT_PERMITTED",
        UInt(CKR_KEY_NOT_WRAPPABLE): "CKR_KEY_NOT_WRAPPABLE", UInt(CKR_KEY_UNEXTRACTABLE): "CKR_KEY_UNEXTRACTABLE",
        UInt(CKR_KEY_HANDLE_INVALID): "CKR_KEY_HANDLE_INVALID",
        UInt(CKR_OBJECT_HANDLE_INVALID): "CKR_OBJECT_HANDLE_INVALID",
        UInt(CKR_MECHANISM_INVALID): "CKR_MECHANISM_INVALID",
        UInt(CKR_MECHANISM_PARAM_INVALID): "CKR_MECHANISM_PARAM_INVALID",
        UInt(CKR_TEMPLATE_INCONSISTENT): "CKR_TEMPLATE_INCONSISTENT",
        UInt(CKR_TEMPLATE_INCOMPLETE): "CKR_TEMPLATE_INCOMPLETE", UInt(CKR_ACTION_PROHIBITED): "CKR_ACTION_PROHIBITED",
        UInt(CKR_WRAPPED_KEY_INVALID): "CKR_WRAPPED_KEY_INVALID", UInt(CKR_SIGNATURE_INVALID): "CKR_SIGNATURE_INVALID",
        UInt(CKR_USER_ANOTHER_ALREADY_LOGGED_IN): "CKR_USER_ANOTHER_ALREADY_LOGGED_IN",
    ]
}

/// Throws a `PKCS11Failure` unless `value` is CKR_OK.
func check(_ function: String, _ value: CK_RV) throws {
    guard value == CK_RV(CKR_OK) else { throw PKCS11Failure(function: function, code: UInt(value)) }
}
