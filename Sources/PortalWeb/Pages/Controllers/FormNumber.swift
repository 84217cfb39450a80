import PortalProtocol

/// A number of a form. What is no number goes on as the text that it is, so that the API refuses it beside its field: a
/// rule must never vanish because somebody wrote "1,000".
enum FormNumber {
    /// Nil where nothing is entered. Spaces are let through; `unit`: what one of the form's is in the API's.
    static func value(_ look: PageRequest, _ name: String, unit: Int64 = 1) -> JSONValue? {
        let text = (look.form[name] ?? "").filter { !$0.isWhitespace }
        guard !text.isEmpty else { return nil }
        guard let number = Int64(text) else { return .string(text) }
        let (product, overflow) = number.multipliedReportingOverflow(by: unit)
        return overflow ? .string(text) : .integer(product)
    }
}
