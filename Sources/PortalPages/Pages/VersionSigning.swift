import PortalProtocol
import Vocabulary

/// How far the officers are with a version, whose turn it is, and how one of them signs.
extension VersionPage {
    /// What this viewer does next, or whom the version waits for.
    static func next(_ content: Content, _ viewer: Viewer) -> Markup {
        let version = content.version
        switch version.state {
        case .draft:
            return viewer.roles.contains(.odmEngineer)
                ? "Next: submit it for review."
                : viewer.isOEM
                    ? "The ODM's engineer submits it for review next." : "Your engineer submits it for review next."
        case .rejected:
            return viewer.roles.contains(.odmEngineer)
                ? "Next: make a new version."
                : viewer.isOEM ? "The ODM makes a new version." : "Your engineer makes a new version."
        case .locked:
            return viewer.roles.contains(.odmProductionManager)
                ? "Next: make a batch of it."
                : viewer.isOEM
                    ? "The ODM's production manager makes batches of it now."
                    : "Your production manager makes batches of it now."
        case .submitted: break
        }
        guard viewer.isOEM else { return "It waits for the OEM's officers." }
        if let pending = content.pending {
            return "It waits: the approval of \(pending.text) is signed by an officer and comes first."
        }
        guard let approval = version.approval else {
            return viewer.roles.contains(.oemSecurityOfficer)
                ? "Next: propose its approval." : "A security officer proposes its approval next."
        }
        let missing = approval.threshold - approval.signers.count
        let others = content.officers.filter { !approval.signers.contains($0) }
        guard missing > 0, !others.isEmpty else { return "All have signed that are needed." }
        switch content.officer {
        case let officer? where approval.signers.contains(officer):
            return .text("Your signature is in. \(needed(missing, of: others, content))")
        case let officer? where content.officers.contains(officer):
            return .text("Next: you sign. \(needed(missing, of: others, content))")
        default: return .text(needed(missing, of: others, content))
        }
    }

    /// `1 more signature: Oscar Brandt or Otto Lind.`
    private static func needed(_ missing: Int, of others: [OfficerName], _ content: Content) -> String {
        let names = others.map { $0 == content.officer ? "you" : holder(of: $0, content) }
        func joined(_ word: String) -> String {
            names.count > 1 ? "\(names.dropLast().joined(separator: ", ")) \(word) \(names.last ?? "")" : names[0]
        }
        if missing == 1 { return "1 more signature: \(joined("or"))." }
        return "\(missing) more signatures: \(missing == others.count ? joined("and") : "of \(joined("or"))")."
    }

    /// Who an officer is: the person's name as it stands under People, else the officer's own.
    static func holder(of officer: OfficerName, _ content: Content) -> String {
        content.holders[officer] ?? officer.text.prefix(1).uppercased() + officer.text.dropFirst()
    }

    /// m of n; every officer has a place from the start, so nothing moves when a signature comes.
    static func progress(_ content: Content, _ now: Instant) -> Markup {
        let signed = content.version.approval?.signers ?? []
        let threshold = content.version.approval?.threshold ?? content.threshold
        let isOver = content.version.state == .locked || content.version.state == .rejected
        let rows = content.officers.map { officer -> Markup in
            let state: Markup =
                signed.contains(officer)
                ? .badge(.ok, "Signed") : .badge(.idle, isOver ? "Not needed" : "Not yet", isOpen: true)
            let you: Markup = officer == content.officer ? " <span class=\"muted\">(you)</span>" : .empty
            return "<li class=\"split\"><span>\(holder(of: officer, content))\(you)</span>\(state)</li>"
        }
        return """
            <p class="split"><strong>\(signed.count) of \(threshold) needed</strong><span class="muted">\(content.officers.count) officers</span></p>\
            \(.meter([Segment("", signed.count, .signed)], of: max(threshold, 1), label: "\(signed.count) of \(threshold) signatures", isTall: true))\
            <ul class="stack-s">\(rows.joined())</ul>
            """
    }

    /// Everything that is decided here, in one card: how far it is, what the viewer can do, how an officer signs.
    static func decision(
        _ content: Content,
        _ progress: Markup,
        _ actions: Markup,
        _ signing: Markup,
        _ rejecting: Markup
    ) -> Box {
        Box(
            "decision",
            "Decision",
            """
            \(.live("progress", progress, tag: "div"))\
            \(.live("acts", actions, tag: "div", style: "actions", keeps: true))\
            \(.live("signing", signing, tag: "div", style: "signing", keeps: true))\
            \(.live("rejecting", rejecting, tag: "div", style: "signing", keeps: true))
            """,
            note: content.version.approval.map { "approval no. \($0.sequence)" } ?? .empty
        )
    }

    /// Apart from what is to be done: to reject is to end it, for whoever has signed too.
    static func rejecting(_ content: Content, _ place: String, _ viewer: Viewer) -> Markup {
        let version = content.version
        guard version.state == .submitted, viewer.roles.contains(.oemSecurityOfficer) else { return .empty }
        let hasSigned = content.officer.map { version.approval?.signers.contains($0) == true } ?? false
        let back: Markup = " Rejecting does not take that back: the next approval of this product comes after it."
        let signed: Markup =
            hasSigned
            ? " You have signed its approval already.\(back)"
            : version.approval?.isSigned == true
                ? " Its approval has a signature already.\(back)" : .empty
        return """
            <h3>Reject instead</h3><p class="small muted">One officer is enough. It ends this version for good, and the ODM has to make a new one.\(signed)</p>\
            <p class="row">\(Markup.of(Button("Reject", "\(place)?do=reject", style: .danger, dialog: "dialog-reject", isSmall: true)))</p>
            """
    }

    static func identity(_ version: ProductVersion) -> Box {
        Box(
            "files",
            "Digests",
            .of(
                Definitions([
                    ("Manifest", .folded(version.manifest.hex, id: "manifest-digest", name: "manifest's digest")),
                    ("Firmware", .folded(version.firmware.hex, id: "firmware-digest", name: "firmware's digest")),
                    (
                        "Declaration",
                        .folded(version.declaration.hex, id: "declaration-digest", name: "declaration's digest")
                    ),
                    (
                        "Proof of product",
                        version.firmwareProvesProduct
                            ? .badge(.ok, "Signed in firmware") : .badge(.warn, "Declared")
                    ),
                ])
            ),
            note: "SHA-256"
        )
    }

    /// How an officer signs, with the files that the command takes; nothing where there is nothing to be signed.
    static func signing(_ content: Content, _ place: String, _ viewer: Viewer) -> Markup {
        let version = content.version
        guard viewer.isOEM else { return .empty }
        if version.state == .locked || version.state == .rejected {
            return "<p class=\"small muted\">Nothing is left to sign.</p>"
        }
        guard version.state == .submitted, let approval = version.approval else { return .empty }
        guard viewer.roles.contains(.oemSecurityOfficer) || content.officer != nil else {
            return
                "<p class=\"small muted\">Officers sign on their own machines, with <code>obis approve</code>. Their signatures appear here.</p>"
        }
        let bring: Markup =
            viewer.roles.contains(.oemSecurityOfficer)
            ? .of(Button("Import signatures", "\(place)?do=sign", icon: .upload, dialog: "dialog-sign", isSmall: true))
            : .empty
        if let officer = content.officer, approval.signers.contains(officer) {
            return """
                <h3>Your signature is in</h3><p class="small muted">Nothing is left for you to sign. You can import files that other officers signed.</p>\
                <p class="row">\(bring)</p>
                """
        }
        let hasBefore = approval.sequence > 1
        var files = [("approval.json", "\(place)/approval.json"), ("role-keys.json", "/keys/role-keys.json")]
        // The first of a product has none before it.
        if hasBefore {
            let before = approval.sequence - 1
            files.append(
                (
                    "previous/approval-\(before).json",
                    "/products/\(version.product.text)/approvals/\(before)/approval.json"
                )
            )
        }
        let links = files.map { name, address -> Markup in
            "<li><a class=\"breaks\" href=\"\(address)\" download>\(name)</a></li>"
        }
        let archive: Markup = .of(
            Button("All files", "\(place)/sign.tar", icon: .export, isSmall: true, isDownload: true)
        )
        let command = command(version, at: content.portal, hasBefore: hasBefore)
        let alone = approve(in: "", hasBefore: hasBefore)
        let token: Markup =
            viewer.roles.contains(.oemSecurityOfficer)
            ? .link("an API token of yours", "/account/tokens/new") : "an API token of yours"
        return """
            <h3>Sign on your own machine</h3><p class="small muted">Your key never comes here. One command fetches the files, shows the same words and bytes, asks you, \
            signs, and uploads the signature:</p>\
            \(Markup.of(CodeBlock(command: command, id: "sign-command", label: "Command for an officer")))\
            <details class="details"><summary>\(Icon.chevron.markup)Files that the command needs</summary>\
            <ul class="stack-s small muted"><li><code>officer.json</code> names your token.</li>\
            <li><code>portal.header</code> has one line, <code>Authorization: Bearer …</code>, of \(token) that reads and writes.</li>\
            <li><code>portal-ca.pem</code> is the authority of this portal's TLS certificate.</li></ul></details>\
            <details class="details"><summary>\(Icon.chevron.markup)On a machine without a network</summary>\
            <p class="small muted">Unpack the files beside officer.json, or save each under its name, and run:</p>\
            <p class="row">\(archive)</p><ul class="small mono">\(links.joined())</ul>\
            \(Markup.of(CodeBlock(command: alone, id: "sign-offline", label: "Command for an officer without a network")))\
            <p class="small muted">Then import the approval.json that it signed.</p></details><p class="row">\(bring)</p>
            """
    }

    /// Fetches the files, signs, and uploads the signature; what fails ends it. The API token is read from a file: arguments are
    /// seen by every process of a machine. The files come into a folder of their own, so none can replace the officer's.
    static func command(_ version: ProductVersion, at portal: String, hasBefore: Bool) -> String {
        let folder = "sign-\(version.product.text)-\(version.version.text)"
        let place = "\(portal)/v1/products/\(version.product.text)/versions/\(version.version.text)/approval"
        let curl = "curl --silent --show-error --fail-with-body --cacert portal-ca.pem --header @portal.header"
        return [
            "mkdir -p \(folder)", "\(curl) --output \(folder)/files.tar \(place)/files",
            "tar -x -f \(folder)/files.tar -C \(folder)", approve(in: "\(folder)/", hasBefore: hasBefore),
            "\(curl) --header 'Content-Type: application/json' --data-binary @\(folder)/approval.json \(place)/signatures",
        ].joined(separator: " && \\\n")
    }

    private static func approve(in folder: String, hasBefore: Bool) -> String {
        let previous = hasBefore ? " --previous \(folder)previous" : ""
        return "obis approve \(folder)approval.json --token officer.json --role-keys \(folder)role-keys.json\(previous)"
    }
}
