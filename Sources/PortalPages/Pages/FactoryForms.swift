import PortalProtocol
import Vocabulary

/// What an administrator does at a factory, and the certificates of its services.
extension FactoryPage {
    private static func valid(_ content: Content, _ now: Instant) -> [SiteCertificate] {
        content.certificates.filter { $0.revokedAt == nil && $0.notAfter > now }
    }

    static func certificateActions(_ content: Content, _ place: String, _ viewer: Viewer, _ now: Instant) -> [Button] {
        guard viewer.roles.contains(.oemAdmin), !valid(content, now).isEmpty else { return [] }
        return [
            Button(
                "Revoke certificate",
                "\(place)?do=certificate",
                style: .danger,
                dialog: "dialog-certificate",
                isSmall: true
            )
        ]
    }

    static func certificates(_ content: Content, _ now: Instant) -> Markup {
        guard !content.certificates.isEmpty else {
            return
                "<p class=\"muted\">None has joined yet. A Factory Service joins with a code that an OEM admin creates.</p>"
        }
        let items = content.certificates.map { certificate -> Markup in
            let state: Markup =
                if let revoked = certificate.revokedAt {
                    .sub(.badge(.bad, "Revoked"), .ago(revoked, now: now))
                } else if certificate.notAfter < now { .badge(.idle, "Expired") } else { .badge(.ok, "Valid") }
            return """
                <li class="split"><span>\(certificate.service.text)<span class="sub">issued \(.date(certificate.issuedAt)), until \(.date(certificate.notAfter))</span></span><span>\(state)</span></li>
                """
        }
        let more: Markup =
            content.hasMoreCertificates
            ? "<p class=\"small muted\">The newest \(Format.number(content.certificates.count)); the API lists the older ones.</p>"
            : .empty
        return "<ul class=\"stack-s\">\(items.joined())</ul>\(more)"
    }

    static func dialogs(
        _ content: Content,
        _ place: String,
        _ form: FormState,
        _ opened: String?,
        _ viewer: Viewer,
        _ now: Instant
    ) -> [DialogForm] {
        guard viewer.roles.contains(.oemAdmin) else { return [] }
        var dialogs = [
            DialogForm(
                "join",
                "Joining code",
                "A Factory Service uses the code once to take its certificate. The code names this portal and pins its TLS authority.",
                action: place,
                form: form,
                fields: [
                    .input(
                        form,
                        "days",
                        "Valid for, days",
                        .number,
                        help: "1 to 30.",
                        value: "7",
                        extra: "min=\"1\" max=\"30\""
                    )
                ],
                submit: Button("Create code", style: .primary),
                isOpen: opened == "join"
            ),
            DialogForm(
                "enrol",
                "Enrol an EdgeHSM",
                "Choose or paste the enrolment that the officers signed. It names the EdgeHSM and this factory; the portal accepts PAIs and journals under that identity alone.",
                action: place,
                form: form,
                fields: [
                    .document(form, "enrolment", "Content of the signed enrolment", help: "The whole file, unchanged.")
                ],
                submit: Button("Enrol EdgeHSM", style: .primary),
                isOpen: opened == "enrol"
            ),
        ]
        let live = valid(content, now)
        if !live.isEmpty {
            dialogs.append(
                DialogForm(
                    "certificate",
                    "Revoke a certificate",
                    "The portal refuses it from the next request on. Its Factory Service can't sync until it joins again with a new code; the EdgeHSM and its lines run on.",
                    action: place,
                    form: form,
                    fields: [
                        .select(
                            form,
                            "certificate",
                            "Certificate",
                            live.map { ($0.key.hex, "\($0.service.text), issued \(Format.date($0.issuedAt))", .empty) }
                        )
                    ],
                    submit: Button("Revoke certificate", style: .danger),
                    isOpen: opened == "certificate"
                )
            )
        }
        if !content.edges.isEmpty {
            dialogs.append(
                DialogForm(
                    "prepare",
                    "Prepare a product",
                    "The EdgeHSM makes the product's PAI and debug keys; the ceremony certifies them.",
                    action: place,
                    form: form,
                    fields: [
                        .select(
                            form,
                            "edge",
                            "EdgeHSM",
                            content.edges.map { ($0.journal.edgeHSM.text, $0.journal.edgeHSM.text, .empty) }
                        ),
                        .select(form, "product", "Product", content.products.map { ($0.text, $0.text, .empty) }),
                    ],
                    submit: Button("Prepare product", style: .primary),
                    isOpen: opened == "prepare"
                )
            )
            dialogs.append(certificateDialog(content, place, form, opened))
        }
        return dialogs
    }

    /// What goes by stick where no link is: the same octets and checks.
    static func stick(_ content: Content, _ place: String, _ form: FormState, _ viewer: Viewer) -> Markup {
        let down: Markup = """
            <p class="small muted">A USB stick carries the same files as the link, with the same checks.</p>\
            <p>\(Markup.of(Button("Download for the factory", "\(place)/downlink.tar", icon: .export, isSmall: true, isDownload: true)))</p>
            """
        guard !viewer.roles.isDisjoint(with: [.oemAdmin, .odmEngineer, .odmProductionManager]) else { return down }
        let path = "/v1\(place)/uploads"
        let command = """
            curl -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/x-ndjson' --data-binary @FILE.upload \
            https://\(content.host)\(path)
            """
        return """
            \(down)<form class="form" data-lines="\(path)" hidden aria-label="Upload a file of the factory"><input type="hidden" name="csrf" value="\(form.csrf)">\
            <div class="field"><label for="stick-file">File from the factory (.upload)</label><input type="file" id="stick-file" name="file"></div>\
            <div class="actions"><button type="submit" class="button small">Upload</button></div>\
            <progress max="100" value="0" aria-label="File of the factory: sent"></progress><output class="help" for="stick-file"></output></form>\
            <noscript>\(Markup.of(CodeBlock(command: command, id: "stick-command", label: "Command that uploads a file of the factory")))</noscript>
            """
    }
}
