import Statements
import Vocabulary

// What the OEM's people sign, in words. Every field of a statement has its line: a field that is not shown could not be
// agreed to.
extension StatementWords {
    static func words(_ keys: RoleKeys) -> StatementWords {
        var lines = [
            ("OEM", keys.oem),
            ("version", "\(keys.version), after \(keys.previous.map { "statement \($0)" } ?? "none")"),
            ("root authority", key(keys.root)),
            ("rule", "\(keys.threshold) of \(keys.officers.count) officers must sign"),
        ]
        lines += keys.officers.map { ("officer", "\($0.name), \(key($0.key))") }
        lines += [
            ("authorizer", key(keys.authorizer)), ("portal", key(keys.portal)),
            ("label records to", key(keys.labelRecord)), ("issued", "\(keys.issuedAt)"),
            ("expires", "\(keys.expiresAt); nothing new loads afterwards"),
        ]
        return StatementWords("Role keys: who may approve, authorize and speak for \(keys.oem).", lines)
    }

    static func words(_ enrolment: EdgeHSMEnrolment) -> StatementWords {
        StatementWords(
            "Registers the appliance \(enrolment.edgeHSM) at factory \(enrolment.factory) as an EdgeHSM of the OEM.",
            [
                ("EdgeHSM", "\(enrolment.edgeHSM)"), ("factory", "\(enrolment.factory)"),
                ("identity", key(enrolment.identity)), ("packages sealed to", key(enrolment.seal)),
                ("product keys wrapped to", "RSA key, SHA-256 \(Digest256.of(enrolment.transport.bytes))"),
                ("token", "serial \(enrolment.tokenSerial), \(enrolment.assurance)"),
                ("issued", "\(enrolment.issuedAt)"),
            ]
        )
    }

    static func words(_ approval: VersionApproval) -> StatementWords {
        let sum = approval.allotments.reduce(0) { $0 + $1.units }
        var lines = [
            ("product", "\(approval.product)"), ("version", approval.version),
            ("Matter ids", "vendor \(approval.vendorID), product \(approval.productID)"),
            ("manifest", "SHA-256 \(approval.manifest)"),
            ("lifetime total", "\(units(approval.lifetimeTotal)) of the product may ever be made, everywhere"),
        ]
        lines += approval.allotments.map {
            ("allotment", "\($0.edgeHSM): \(units($0.units)) over all versions and batches")
        }
        lines += [
            ("not allotted", units(approval.lifetimeTotal - sum)),
            ("sequence", "\(approval.sequence), after \(approval.previous.map { "statement \($0)" } ?? "none")"),
            ("debug unlocks", "at most \(approval.allowances.debugUnlocks) a batch"),
            ("re-provisionings", "at most \(approval.allowances.reprovisions) a batch"),
            ("rotations", "at most \(approval.allowances.rotations) a batch"),
            ("largest batch", approval.rules.largestBatch.map(units) ?? "no rule"),
            ("longest window", approval.rules.longestWindow.map(duration) ?? "no rule"),
            ("longest silence", approval.rules.longestSilence.map(duration) ?? "no rule"),
            ("chip identity", "at least \(approval.rules.chipIdentity.rawValue)"),
        ]
        lines += approval.fleetKeyExceptions.map {
            ("EXCEPTION", "the fleet key of slot \($0.slot) goes to chips without identity, \(units($0.mostUnits))")
        }
        lines += (approval.releases ?? []).map {
            ("ALLOTMENT FALLS", "on the strength of order \($0), carried out")
        }
        lines += [
            ("issued", "\(approval.issuedAt)"),
            ("expires", "\(approval.expiresAt); no new batch loads afterwards"),
        ]
        return StatementWords(
            "Approves version \(approval.version) of \(approval.product) for production.",
            lines
        )
    }

    static func words(_ order: OfficerOrder) -> StatementWords {
        let summary: String
        var lines: [(String, String)]
        switch order.order {
        case .revoke(let target):
            summary = "Revokes \(target.kind) \(target.target), for ever."
            lines = [("revoke", target.kind), ("target", target.target)]
        case .resetClock(let edge, let nonce, let time):
            summary = "Lowers the clock floor of \(edge) to \(time), once."
            lines = [("EdgeHSM", "\(edge)"), ("nonce", "\(nonce)"), ("time", "\(time)")]
        case .releaseAllotment(let edge, let product, let figure, let sequence):
            summary = "Makes \(edge) give up allotment of \(product) beyond \(units(figure))."
            lines = [
                ("EdgeHSM", "\(edge)"), ("product", "\(product)"), ("keeps", units(figure)),
                ("sequence", "takes figures only from approvals after \(sequence)"),
            ]
        case .retireEdgeHSM(let edge, let product, let remainder, let sequence):
            summary = "Declares \(edge) dead, so that \(units(remainder)) of \(product) may be allotted elsewhere."
            lines = [
                ("EdgeHSM", "\(edge)"), ("product", "\(product)"), ("remainder", units(remainder)),
                ("counts for", "the approval that follows number \(sequence), and no other"),
            ]
        }
        lines += [
            ("reason", order.reason), ("issued", "\(order.issuedAt)"), ("expires", "\(order.expiresAt)"),
        ]
        return StatementWords(summary, lines)
    }

    static func words(_ status: PortalStatus) -> StatementWords {
        var lines = [
            ("EdgeHSM", "\(status.edgeHSM)"), ("time", "\(status.time)"), ("nonce", "\(status.nonce)"),
            ("RoleKeys", "version \(status.roleKeysVersion)"),
            ("stored", "\(status.storedSize) entries, root \(status.storedRoot)"),
        ]
        lines += status.revokedAuthorizations.map { ("revoked", "authorization \($0)") }
        lines += status.closeAuthorizations.map { ("to be closed", "authorization \($0)") }
        return StatementWords("The portal's status for \(status.edgeHSM).", lines)
    }

    static func words(_ preparation: ProductPreparation) -> StatementWords {
        StatementWords(
            "\(preparation.edgeHSM) asks for certificates for \(preparation.product).",
            [
                ("EdgeHSM", "\(preparation.edgeHSM)"), ("product", "\(preparation.product)"),
                ("Matter ids", "vendor \(preparation.vendorID), product \(preparation.productID)"),
                ("PAI request", "SHA-256 \(Digest256.of(preparation.paiRequest.bytes))"),
                ("debug key", key(preparation.debugKey)), ("prepared", "\(preparation.preparedAt)"),
            ]
        )
    }

    static func words(_ transcript: CeremonyTranscript) -> StatementWords {
        var lines = [
            ("OEM", transcript.oem),
            ("number", "\(transcript.number), after \(transcript.previous.map { "statement \($0)" } ?? "none")"),
            ("ceremony file", "SHA-256 \(transcript.ceremonyFile)"), ("purpose", transcript.purpose),
            ("tool", transcript.tool), ("root authority", key(transcript.root)),
            ("started", "\(transcript.startedAt)"), ("finished", "\(transcript.finishedAt)"),
        ]
        lines += transcript.participants.map { ("participant", $0) }
        for step in transcript.steps {
            lines.append(("made", "\(step.at) \(step.action): \(step.subject)"))
            if let keyID = step.keyID { lines.append(("", "key \(keyID)")) }
            lines += step.outputs.map { ("", "\($0.file) \($0.digest)") }
        }
        return StatementWords("Transcript of a key ceremony.", lines)
    }
}
