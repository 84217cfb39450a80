internal import Matter
internal import Statements
internal import Vocabulary

extension JournalJudge {
    mutating func judgeCertificates(_ body: CertificatesInstalled) {
        guard let prepared = products[body.product]?.preparation else {
            return note(.loadOutsideScope, "certificates for a product that was not prepared")
        }
        do {
            let pai = try AttestationCertificate(der: body.pai.bytes)
            let paa = try AttestationCertificate(der: body.paa.bytes)
            try pai.check(as: .pai)
            try paa.check(as: .paa)
            demand(pai.isSigned(by: paa.publicKey), .dacWrong, "the PAI is not signed by the PAA")
            demand(
                pai.vendorID == prepared.vendorID && (pai.productID == nil || pai.productID == prepared.productID),
                .dacWrong,
                "the PAI has another VID or PID"
            )
        } catch { note(.dacWrong, describe(error)) }
        products[body.product]?.certificates = body
        authorities[body.product] = nil
    }

    /// The PAI of a product, judged once; nil when none was installed.
    mutating func authority(of product: ProductName) -> Result<AttestationAuthority, Refusal>? {
        if let known = authorities[product] { return known }
        guard let installed = products[product]?.certificates else { return nil }
        let read: Result<AttestationAuthority, Refusal>
        do {
            read = .success(try AttestationAuthority(pai: installed.pai.bytes, paa: installed.paa.bytes))
        } catch {
            read = .failure(error as? Refusal ?? Refusal(JournalError.dacWrong, "\(type(of: error))"))
        }
        authorities[product] = read
        return read
    }

    mutating func judgeTombstone<Ledger: UnitLedger>(
        _ body: AuthorizationTombstoned,
        _ ledger: inout Ledger
    ) throws(Ledger.Failure) {
        let loaded = try ledger.batch(body.authorization)
        demand(loaded == nil, .loadedTwice, "void after loading")
        void.insert(body.authorization)
    }

    mutating func judgeLoaded<Ledger: UnitLedger>(
        _ body: AuthorizationLoaded,
        _ time: Instant,
        _ ledger: inout Ledger
    ) throws(Ledger.Failure) {
        guard let keys = roleKeys, let genesis else { return note(.statementUnverified, "no RoleKeys") }
        let id = body.authorization.statementID
        let before = try ledger.batch(id)
        demand(before == nil && !void.contains(id), .loadedTwice, id.hex)
        demand(time <= keys.expiresAt, .loadOutsideScope, "RoleKeys had expired")
        let authorization: Verified<ProductionAuthorization>
        let manifest: Manifest
        do {
            authorization = try Verified(body.authorization, signedBy: keys.authorizer)
            manifest = try Manifest(parsing: body.manifest.bytes)
        } catch { return note(.statementUnverified, describe(error)) }
        guard let approval = officers(body.approval, as: VersionApproval.self) else { return }
        let content = authorization.content
        demand(!revoked.contains(.roleKey(keys.authorizer.keyID)), .revokedUsed, "authorizer key")
        demand(body.officers == sound(approval.signers), .statementUnverified, "officers listed")
        demand(body.authorizer == keys.authorizer.keyID, .statementUnverified, "authorizer listed")
        demand(content.edgeHSM == genesis.edgeHSM, .loadOutsideScope, "for \(content.edgeHSM)")
        demand(content.factory == genesis.factory, .loadOutsideScope, "for \(content.factory)")
        demand(content.roleKeysVersion <= keys.version, .loadOutsideScope, "needs newer RoleKeys")
        demand(time <= content.notAfter, .windowOutside, "loaded after its end")
        demand(time <= approval.content.expiresAt, .loadOutsideScope, "the approval had expired")
        judgeScope(content, approval, manifest, Digest256.of(body.manifest.bytes))
        judgeAllotment(content, approval)
        let batch = JudgedBatch(
            id: id,
            terms: .init(
                content: content,
                approval: approval.content,
                manifest: manifest,
                signers: sound(approval.signers) + [keys.authorizer.keyID]
            )
        )
        if let target = revocation(of: batch) { note(.revokedUsed, "\(target)") }
        if before == nil { totals.authorizations += 1 }
        totals.issued -= before?.used.issued ?? 0
        totals.burned -= before?.used.burned ?? 0
        try save(batch, &ledger)
        floor = max(floor, content.issuedAt, approval.content.issuedAt)
    }

    /// Authorization ⊆ approval, manifest as approved, officers' rules.
    private mutating func judgeScope(
        _ content: ProductionAuthorization,
        _ verified: Verified<VersionApproval>,
        _ manifest: Manifest,
        _ digest: Digest256
    ) {
        let approval = verified.content
        demand(
            content.approval == verified.id && content.product == approval.product && content.manifest == digest
                && approval.manifest == digest,
            .loadOutsideScope,
            "approval, product or manifest differ"
        )
        demand(
            manifest.product == approval.product && manifest.vendorID == approval.vendorID
                && manifest.productID == approval.productID && manifest.version == approval.version,
            .loadOutsideScope,
            "manifest of another product or version"
        )
        demand(
            content.quantity <= approval.rules.largestBatch ?? .max,
            .loadOutsideScope,
            "batch of \(content.quantity)"
        )
        demand(
            content.notAfter - content.notBefore <= approval.rules.longestWindow ?? .max,
            .loadOutsideScope,
            "window too long"
        )
        let limits = approval.allowances
        demand(
            content.debugUnlocks.count <= limits.debugUnlocks && content.reprovisions.count <= limits.reprovisions
                && content.rotations.count <= limits.rotations,
            .loadOutsideScope,
            "an allowance beyond the approval"
        )
        let levels: [ChipIdentityLevel] = [.none, .applet, .vendorCertificate]
        let (has, needs) = (
            levels.firstIndex(of: manifest.chipIdentity), levels.firstIndex(of: approval.rules.chipIdentity)
        )
        demand(has ?? -1 >= needs ?? 3, .loadOutsideScope, "chip identity \(manifest.chipIdentity.rawValue)")
        let isProven = manifest.chipIdentity == .vendorCertificate
        for key in manifest.keys where key.kind == .fleet && !isProven {
            let isExcepted = approval.fleetKeyExceptions.contains { $0.slot == key.slot }
            demand(manifest.chipIdentity == .applet && isExcepted, .fleetKey, "slot \(key.slot) at the load")
        }
        let prepared = products[content.product]?.preparation
        demand(
            products[content.product]?.certificates != nil && prepared?.vendorID == approval.vendorID
                && prepared?.productID == approval.productID,
            .loadOutsideScope,
            "the product has no certified keys here"
        )
    }

    private mutating func judgeAllotment(_ content: ProductionAuthorization, _ verified: Verified<VersionApproval>) {
        var product = products[content.product] ?? Product()
        let approval = verified.content
        if let before = product.approvals[approval.sequence] {
            demand(before == verified.id, .loadOutsideScope, "two approvals of sequence \(approval.sequence)")
        }
        if let before = product.approvals[approval.sequence - 1] {
            demand(before == approval.previous, .loadOutsideScope, "the approval follows another one")
        }
        product.approvals[approval.sequence] = verified.id
        if approval.sequence > product.sequence, let box = genesis?.edgeHSM {
            let figure = approval.allotments.first { $0.edgeHSM == box }?.units ?? 0
            demand(figure >= product.allotment, .allotmentExceeded, "the allotment fell without a release")
            if let release = product.release, approval.sequence == release.sequence + 1, figure < release.before {
                let isCited = approval.releases?.contains(release.order) ?? false
                demand(isCited, .loadOutsideScope, "order \(release.order) released allotment and is not cited")
            }
            product.allotment = figure
            product.sequence = approval.sequence
        }
        product.granted += content.quantity
        demand(
            product.granted <= product.allotment,
            .allotmentExceeded,
            "\(product.granted) granted of \(product.allotment)"
        )
        products[content.product] = product
    }

    /// Keeps a batch and its account.
    mutating func save<Ledger: UnitLedger>(
        _ batch: JudgedBatch,
        _ ledger: inout Ledger
    ) throws(Ledger.Failure) {
        open[batch.id] = batch.used.isClosed ? nil : batch.account
        turn.batch = batch
        try ledger.put(batch)
    }

    func revocation(of batch: JudgedBatch) -> RevocationTarget? {
        guard !revoked.isEmpty else { return nil }
        var targets: [RevocationTarget] = [
            .authorization(batch.id), .approval(batch.terms.content.approval), .version(batch.terms.content.manifest),
        ]
        if let genesis { targets.append(.edgeHSM(genesis.edgeHSM)) }
        targets += batch.terms.signers.map { .roleKey($0) }
        return targets.first { revoked.contains($0) }
    }
}
