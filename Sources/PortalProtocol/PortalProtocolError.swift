public import Vocabulary

/// What can be wrong with a request's or an answer's form.
public enum PortalProtocolError: String, ErrorCatalogue {
    case malformedRequest = "portal.request.malformed"
    case underivableSchema = "portal.schema.underivable"

    public var meaning: String {
        switch self {
        case .malformedRequest: "The request does not have the form that the API document describes."
        case .underivableSchema: "A message type of the program itself can not be described as a JSON Schema."
        }
    }

    public var remedy: String {
        switch self {
        case .malformedRequest: "Correct the field named in the detail; the form stands in /openapi.json."
        case .underivableSchema: "Report this as a defect of the program."
        }
    }
}
