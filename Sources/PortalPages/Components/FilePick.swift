/// Choosing a file, and what came of it: which file, how long, what it was taken for. The script shows it; without the
/// script a value is pasted, or uploaded by a program.
enum FilePick {
    /// Octets of one certificate file.
    static let largest = 16_384

    /// Puts a certificate into a field: PEM as it is, DER as base64.
    static func certificate(into field: String, isMany: Bool = false) -> Markup {
        let id = "file-\(field)"
        let many: Markup = isMany ? " multiple" : .empty
        return """
            <div class="file-pick" data-read="f-\(field)" data-largest="\(largest)" hidden><label for="\(id)">From a file</label>\
            <input type="file" id="\(id)"\(many) accept=".pem,.der,.crt,.cer,.bin,.b64,.txt">\
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
