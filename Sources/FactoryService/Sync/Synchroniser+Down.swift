import Durability
import FactoryCore
import LineProtocol
import Logging
import PortalProtocol
import Statements
import Vocabulary

// What comes down goes the way of a file in the inbox: the same octets, the same checks, and the EdgeHSM decides.
extension Synchroniser {
    /// Seconds until something that was taken, or failed in itself, is asked for again.
    private static let rest = Duration.seconds(60)
    /// After a refusal: somebody has to change something first.
    private static let longRest = Duration.seconds(600)
    private static let status = "status"
    /// What the EdgeHSM passed over in a downlink that took effect.
    private static let passedOver = "downlink-parts"

    private func isResting(_ name: String) -> Bool {
        guard let until = resting[name] else { return false }
        if until > .now { return true }
        resting[name] = nil
        return false
    }

    /// Runs `work` unless it rests. What was refused is kept for people to see and keeps nothing else away; only what
    /// may come right by itself is thrown.
    private func take(_ name: String, _ work: () async throws -> String?) async throws {
        guard !isResting(name) else { return }
        do {
            guard let summary = try await work() else { return }
            refusedFiles[name] = nil
            // A status has its own pace, leads to nothing else, and would fill the events.
            guard name != Self.status else { return }
            resting[name] = .now + Self.rest
            isEager = true
            parts.logger.info("taken from the portal", metadata: ["what": "\(name)"])
            await log(kind: "taken", summary: "\(name): \(summary)")
        } catch let refusal as Refusal {
            if refusal.isRetryable { throw refusal }
            if refusal.code == "edge.authorization.already-loaded" {
                resting[name] = .now + Self.rest
                return
            }
            if [401, 403].contains(refusal.portalStatus ?? 0) { throw refusal }
            let isNew = refusedFiles[name] != refusal
            refusedFiles[name] = refusal
            // What was damaged on the way may come right soon; what was refused needs people.
            let isTransit = refusal.has(FactoryError.portalDigest) || refusal.has(FactoryError.portalMalformed)
            resting[name] = .now + (isTransit ? .seconds(5) : Self.longRest)
            if isNew {
                let metadata: Logger.Metadata = ["what": "\(name)", "code": "\(refusal.code)"]
                parts.logger.warning("refused from the portal", metadata: metadata)
                await log(kind: "refused", summary: "\(name): \(refusal.code)")
            }
        }
    }

    /// What the portal does not offer any more is no trouble any more.
    func forgetWithdrawn(_ wanted: SyncState.Edge) {
        let offered = Set(
            wanted.certificates.map { "certificates/\($0)" } + wanted.preparations.map { "preparation/\($0.product)" }
                + wanted.packages.map { "package/\($0.authorization)" }
                + wanted.firmware.map { "firmware/\($0.digest)" } + [
                    Self.status, Self.passedOver, downlinkName(wanted),
                ]
        )
        refusedFiles = refusedFiles.filter { offered.contains($0.key) }
        resting = resting.filter { offered.contains($0.key) }
    }

    private func downlinkName(_ wanted: SyncState.Edge) -> String { "downlink/\(wanted.downlink.hex.prefix(16))" }

    /// A status may be no older than the officers' rule, or the line stands although the portal is in reach: three are
    /// fetched in the time of the strictest rule, so that one or two may fail.
    func statusPause(_ status: GetStatus.Reply) -> Duration {
        guard let rule = status.longestSilence else { return parts.settings.statusPause }
        return min(parts.settings.statusPause, .seconds(max(rule, 1)) / 3)
    }

    /// RoleKeys, orders and revocations, when they say something new; a status comes with them.
    func fetchNews(_ wanted: SyncState.Edge, _ status: GetStatus.Reply, over link: PortalLink) async throws {
        guard applied?.digest != wanted.downlink else { return }
        try await fetchDownlink(downlinkName(wanted), wanted, status, over: link)
    }

    /// Now and then, for time and receipt; and when everything that waited for the link is up.
    func fetchStatus(_ wanted: SyncState.Edge, _ status: GetStatus.Reply, over link: PortalLink) async throws {
        let pause = statusPause(status)
        let isReceipt = owesReceipt && !isCutShort
        guard isReceipt || applied.map({ .now - $0.at > pause }) ?? true else { return }
        try await fetchDownlink(Self.status, wanted, status, over: link)
        if isReceipt { owesReceipt = false }
    }

    private func fetchDownlink(
        _ name: String,
        _ wanted: SyncState.Edge,
        _ status: GetStatus.Reply,
        over link: PortalLink
    ) async throws {
        try await take(name) {
            let request = DownlinkRequest(roleKeysVersion: status.roleKeysVersion)
            let answer = try await link.post(
                "/sync/v1/edges/\(wanted.edgeHSM)/downlink",
                try request.serialized(),
                limit: DownlinkBundle.largest
            )
            do {
                let reply = try await parts.intake.take(answer.body)
                guard reply.kind == "downlink" else { throw Refusal(FactoryError.portalMalformed, reply.kind) }
                applied = (wanted.downlink, .now)
                await note(passedOver: reply.passedOver?.first)
                return reply.summary
            } catch let refusal as Refusal where !refusal.isRetryable {
                // What held in it was applied; the rest will not hold the next time either.
                applied = (wanted.downlink, .now)
                throw refusal
            }
        }
    }

    /// For people to see, once: the status took effect, so nothing has to rest.
    private func note(passedOver refusal: Refusal?) async {
        let isNew = refusal != nil && refusedFiles[Self.passedOver] != refusal
        refusedFiles[Self.passedOver] = refusal
        guard let refusal, isNew else { return }
        parts.logger.warning("a part of a downlink does not hold", metadata: ["code": "\(refusal.code)"])
        await log(kind: "refused", summary: "\(Self.passedOver): \(refusal.code)")
    }

    func fetchCertificates(_ wanted: SyncState.Edge, over link: PortalLink) async throws {
        for product in wanted.certificates {
            try Task.checkCancellation()
            try await take("certificates/\(product)") {
                let path = "/sync/v1/edges/\(wanted.edgeHSM)/certificates/\(product)"
                let answer = try await link.get(path, limit: ProductCertificates.largest)
                let certificates = try ProductCertificates(parsing: answer.body)
                guard certificates.product == product else {
                    throw Refusal(FactoryError.portalMalformed, "certificates of \(certificates.product)")
                }
                return try await parts.intake.take(answer.body).summary
            }
        }
    }

    /// Keys of a new product are made while the lines run; the EdgeHSM's word on them goes up.
    func prepare(
        _ wanted: SyncState.Edge,
        _ state: SyncState,
        _ source: RecordSource,
        over link: PortalLink
    ) async throws {
        for asked in wanted.preparations {
            try Task.checkCancellation()
            try await take("preparation/\(asked.product)") {
                let request = PrepareProduct.Request(
                    product: asked.product,
                    vendorID: asked.vendorID,
                    productID: asked.productID
                )
                let preparation = try await parts.edge.ask(PrepareProduct.self, request).preparation
                try await upload(state, source, preparations: [preparation], over: link)
                return "prepared \(preparation.statementID)"
            }
        }
    }

    func fetchPackages(_ wanted: SyncState.Edge, _ status: GetStatus.Reply, over link: PortalLink) async throws {
        let loaded = Set(status.batches.map(\.authorization))
        for package in wanted.packages where !loaded.contains(package.authorization) {
            try Task.checkCancellation()
            let path = "/sync/v1/edges/\(wanted.edgeHSM)/packages/\(package.authorization)"
            try await take("package/\(package.authorization)") {
                guard package.size <= PackageFile.largest else {
                    throw Refusal(FactoryError.fileTooLarge, "\(package.size) octets")
                }
                return try await fetch(path, package.digest, package.size, over: link)
            }
        }
    }

    /// Only what a loaded batch is made with; a file on the way stays for the next attempt.
    func fetchFirmware(_ wanted: SyncState.Edge, over link: PortalLink) async throws {
        let here = parts.firmware.digests
        let named = Set((parts.edge.status?.batches ?? []).map(\.firmware))
        let open = wanted.firmware.filter { named.contains($0.digest) && !here.contains($0.digest) }
        for file in open {
            try Task.checkCancellation()
            try await take("firmware/\(file.digest)") {
                try await fetch("/sync/v1/firmware/\(file.digest)", file.digest, file.size, over: link)
            }
        }
        let folder = parts.folder
        let keeping = Set(wanted.firmware.map(\.digest) + wanted.packages.map(\.digest))
        if open.isEmpty { try await Blocking.run { try PartialDownload.clean(folder, keeping: keeping) } }
    }

    private func fetch(_ path: String, _ digest: Digest256, _ size: Int, over link: PortalLink) async throws -> String {
        let folder = parts.folder
        try await Blocking.run { try Folder.make(folder) }
        let download = PartialDownload(folder: folder, digest: digest, size: size, seam: parts.seam)
        let bytes = try await download.fetch(path, over: link)
        do {
            try parts.seam.pass("factory.download.whole")
            let summary = try await parts.intake.take(bytes).summary
            try parts.seam.pass("factory.download.taken")
            await download.remove()
            return summary
        } catch let refusal as Refusal {
            if !refusal.isRetryable { await download.remove() }
            throw refusal
        }
    }

}
