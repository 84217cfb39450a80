import Durability
import EdgeHSMCore
import LineProtocol
import Logging
import Statements
import TransparencyLog
import Vocabulary

// What the OEM says to this EdgeHSM through the Factory Service, and what it is told.
extension EdgeEngine {
    // MARK: Batches

    func load(_ request: LoadPackage.Request, by service: String) async throws -> LoadPackage.Reply {
        try await serve(service) {
            let file = try PackageFile(parsing: request.package.bytes)
            return try await loads.run { try await load(file, request.package.bytes, by: service) }
        }
    }

    private func load(_ file: PackageFile, _ octets: [UInt8], by service: String) async throws -> LoadPackage.Reply {
        let sealed = Digest256.of(file.sealed.bytes)
        // Nothing is decrypted that could not be loaded anyway.
        let package = try writer.peek { try $0.checkPackage(file.package, sealed: sealed) }
        let opened = try await open(octets)
        guard opened.package == package.id else { throw Refusal(EdgeError.packageMismatch, "another package") }
        let command = LoadAuthorization(
            requester: service,
            package: file.package,
            sealed: sealed,
            contents: PackageContents(
                authorization: opened.authorization.envelope,
                approval: opened.approval.envelope,
                manifest: Octets(opened.manifestBytes),
                keys: opened.keys,
                certificationDeclaration: Octets(opened.certificationDeclaration)
            )
        )
        let now = now
        _ = try writer.peek { try $0.judge(command, now: now) }
        do {
            try await execution.installKeys(of: opened)
            try seam.pass("load.keys")
            let declaration = opened.certificationDeclaration
            let account = try await perform(
                also: { database, _ in try JournalStore.keep(document: declaration, in: database) },
                { _ in command }
            )
            return LoadPackage.Reply(
                authorization: account.id,
                product: account.content.product,
                batch: account.content.batch,
                quantity: account.granted
            )
        } catch {
            await removeKeys(of: opened)
            throw error
        }
    }

    /// Opens the package under the certificates of the product it is for; the product stands inside the seal.
    private func open(_ octets: [UInt8]) async throws -> OpenedPackage {
        let context = context
        let installed = writer.peek { state in state.durable.products.values.compactMap(\.certificates) }
        var failure: any Error = Refusal(EdgeError.productNotPrepared, "no product is prepared here")
        for certificates in installed.sorted(by: { $0.product < $1.product }) {
            do {
                return try await execution.openPackage(octets, certificates: certificates, in: context)
            } catch let refusal as Refusal where refusal.has(ExecutionError.packageNoCertificates) {
                failure = refusal
            }
        }
        throw failure
    }

    /// Takes the keys of a refused load out of the token again, unless the batch is loaded.
    private func removeKeys(of opened: OpenedPackage) async {
        let id = opened.authorization.id
        guard writer.peek({ $0.durable.authorizations[id] }) == nil else { return }
        let batch = Batch(
            id: id,
            authorization: opened.authorization.content,
            approval: opened.approval.content,
            manifest: opened.manifest,
            certificationDeclaration: opened.certificationDeclaration,
            certificates: nil
        )
        do {
            try await execution.destroyKeys(of: batch, stillOpen: usableBatches())
        } catch { logger.warning("keys of a refused package stay", metadata: ["authorization": "\(id)"]) }
    }

    func close(_ authorization: Digest256, by service: String) async throws -> CloseAuthorization.Reply {
        try await serve(service, needsToken: false) {
            let grant = try await perform { _ in CloseCommand(requester: service, authorization: authorization) }
            return CloseAuthorization.Reply(sequence: grant.sequence, account: grant.account)
        }
    }

    // MARK: Downlink

    func apply(_ bundle: DownlinkBundle, by service: String) async throws -> ApplyDownlink.Reply {
        try await serve(service, needsToken: false) {
            let grant = try await perform { facts in
                let size = DownlinkCommand.storedSize(of: bundle)
                let root = try size.flatMap { $0 <= facts.tree.size ? try facts.tree.root(at: $0) : nil }
                return DownlinkCommand(requester: service, bundle: bundle, rootAtStored: root)
            }
            return ApplyDownlink.Reply(
                roleKeysVersion: grant.roleKeysVersion,
                newRevocations: grant.newRevocations,
                closed: grant.closed,
                passedOver: grant.passedOver
            )
        }
    }

    // MARK: Products

    func prepareProduct(_ request: PrepareProduct.Request, by service: String) async throws -> PrepareProduct.Reply {
        try await serve(service) {
            try await loads.run {
                // A zeroised EdgeHSM makes no key any more.
                guard writer.peek({ !$0.durable.isZeroised }) else { throw Refusal(EdgeError.zeroised) }
                if let existing = try await preparation(of: request.product) {
                    let content = try ProductPreparation.read(payload: existing.payload)
                    guard content.vendorID == request.vendorID, content.productID == request.productID else {
                        throw Refusal(EdgeError.productMismatch, "\(content.vendorID)/\(content.productID)")
                    }
                    return PrepareProduct.Reply(preparation: existing)
                }
                let made = try await execution.prepareProduct(request, in: context)
                let kept = try await perform { _ in RecordPreparation(requester: service, preparation: made) }
                return PrepareProduct.Reply(preparation: kept)
            }
        }
    }

    func install(_ certificates: ProductCertificates, by service: String) async throws -> Nothing {
        try await serve(service) {
            guard let existing = try await preparation(of: certificates.product) else {
                throw Refusal(EdgeError.productNotPrepared, certificates.product.text)
            }
            try await execution.checkCertificates(
                certificates,
                preparation: ProductPreparation.read(payload: existing.payload),
                in: context
            )
            try await perform { _ in RecordCertificates(requester: service, certificates: certificates) }
            return Nothing()
        }
    }

    private func preparation(of product: ProductName) async throws -> Envelope? {
        try await writer.read { $0.state.durable.products[product]?.preparation }
    }

    // MARK: Keys whose time is over

    /// Batches whose keys something may still need.
    func usableBatches() throws -> [Batch] {
        let ids = writer.peek { state in state.durable.authorizations.values.filter { !state.isOver($0) }.map(\.id) }
        return try ids.map { try batch($0, declaration: []) }
    }

    /// Destroys the keys of authorizations whose last operation has ended; what is destroyed already is passed over.
    func destroyEndedKeys() async throws {
        let ended = writer.peek { state in state.durable.authorizations.values.filter { state.isOver($0) }.map(\.id) }
        for id in ended where reaped.insert(id) {
            do {
                try await loads.run {
                    try await execution.destroyKeys(of: batch(id, declaration: []), stillOpen: usableBatches())
                }
                logger.info("keys of an ended authorization are destroyed", metadata: ["authorization": "\(id)"])
            } catch {
                reaped.remove(id)
                throw error
            }
        }
    }
}
