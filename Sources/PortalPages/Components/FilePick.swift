/// Choosing a file, and what came of it: which file, how long, what it was taken for. The script shows it; without the
/// script a value is pasted, or uploaded by a program.
enum FilePick {
    /// Octets of one certificate file.
    static let largest = 16_384
    /// Octets of a signed document: what a form may carry, with room for how a form writes it.
    static let largestDocument = 45_000

    /// Puts a certificate into a field: PEM as it is, DER as base64.
    static func certificate(into field: String, isMany: Bool = false) -> Markup {
        pick(
            into: "f-\(field)",
            id: "file-\(field)",
            accept: ".pem,.der,.crt,.cer,.bin,.b64,.txt",
            largest: largest,
            then: "Checked when the product is created.",
            isMany: isMany
        )
    }

    /// Puts what a program wrote into a field, to the character.
    /// - Parameter id: of the field.
    static func document(into id: String) -> Markup {
        pick(
            into: id,
            id: "file-\(id)",
            accept: ".json,.env,.txt",
            largest: largestDocument,
            then: "Nothing is sent before you import it.",
            isText: true
        )
    }

    private static func pick(
        into field: String,
        id: String,
        accept: String,
        largest: Int,
        then: String,
        isMany: Bool = false,
        isText: Bool = false
    ) -> Markup {
        let many: Markup = isMany ? " multiple" : .empty
        let text: Markup = isText ? " data-text" : .empty
        return """
            <div class="file-pick" data-read="\(field)" data-largest="\(largest)" data-then="\(then)"\(text) hidden><label for="\(id)">From a file</label>\
            <input type="file" id="\(id)"\(many) accept="\(accept)">\
            <output class="help" for="\(id)"></output></div>
            """
    }

    /// Uploads a file as soon as it is chosen; its digest goes into a field.
    static func upload(_ label: String, to path: String, into field: String) -> Markup {
        let id = "upload-\(field)"
        return """
            <div class="file-pick" data-upload="\(path)" data-into="#f-\(field)" hidden><label for="\(id)">\(label)</label>\
            <input type="file" id="\(id)"><progress max="100" value="0" aria-label="\(label): sent"></progress>\
            <output class="help" for="\(id)"></output></div>
            """
    }
}
