import FactoryCore
import LineProtocol
import PortalProtocol
import Statements
import Vocabulary

/// Takes in what was brought: verifies what can be verified without keys, then hands it to the EdgeHSM, which decides.
struct Intake: Sendable {
    let link: EdgeLink
    let firmware: FirmwareStore
    let store: FactoryStore

    /// Throws the refusal to be written beside the file.
    func take(_ bytes: [UInt8]) async throws -> TakeFile.Reply {
        // A package may have come in a moment ago, and with it the firmware that is wanted.
        let status = try await link.refresh()
        let wanted = Set(status.batches.map(\.firmware))
        let file = try InboxFile(bytes, wanted: wanted, edgeHSM: link.id)
        guard case .downlink(let bundle) = file else {
            return TakeFile.Reply(kind: file.kind, summary: try await hand(file, bytes))
        }
        let reply = try await apply(bundle)
        _ = try? await link.refresh()
        var words = "RoleKeys \(reply.roleKeysVersion), \(reply.newRevocations) new revocations, \(reply.closed) closed"
        if let passedOver = reply.passedOver {
            words += "; passed over: " + Set(passedOver.map(\.code)).sorted().joined(separator: ", ")
        }
        return TakeFile.Reply(kind: file.kind, summary: words, passedOver: reply.passedOver)
    }

    private func hand(_ file: InboxFile, _ bytes: [UInt8]) async throws -> String {
        switch file {
        case .package(let package): return try await load(package, bytes)
        case .downlink: return ""
        case .certificates(let certificates):
            _ = try await link.ask(InstallCertificates.self, .init(certificates: certificates))
            return "certificates of \(certificates.product)"
        case .state(let state):
            // A stick brings one for each Factory Service of the factory.
            if let source = state.source, source != (try await store.source()) {
                return "what the portal has of another Factory Service, left aside"
            }
            try await store.save(portalState: state)
            return "what the portal has at \(state.time)"
        case .firmware(let digest):
            _ = try await firmware.put(bytes)
            return "firmware \(digest), \(bytes.count) octets"
        }
    }

    /// A package that this EdgeHSM has loaded is done: the power may have gone between load and filing. Another package
    /// with the same authorization inside stays refused.
    private func load(_ package: PackageFile, _ bytes: [UInt8]) async throws -> String {
        do {
            let reply = try await link.ask(LoadPackage.self, .init(package: Octets(bytes)))
            _ = try? await link.refresh()
            return "batch \(reply.batch) of \(reply.product), \(reply.quantity) units, \(reply.authorization)"
        } catch let refusal as Refusal where refusal.code == Self.alreadyLoaded {
            let id = package.package.statementID
            guard let batch = try await link.refresh().batches.first(where: { $0.package == id }) else { throw refusal }
            return "batch \(batch.batch) of \(batch.product), loaded before, \(batch.authorization)"
        }
    }

    private static let alreadyLoaded = "edge.authorization.already-loaded"

    /// Part by part where the bundle is larger than a frame. As within one part, a part that does not hold keeps none
    /// behind it away; its refusal is thrown at the end, unless the status, which comes last, took effect.
    private func apply(_ bundle: DownlinkBundle) async throws -> ApplyDownlink.Reply {
        var (version, revocations, closed) = (0, 0, 0)
        var problems: [Refusal] = []
        var hasStatus = false
        for part in try bundle.parts(limit: ApplyDownlink.largestPart) {
            do {
                let reply = try await link.ask(ApplyDownlink.self, .init(bundle: part))
                version = reply.roleKeysVersion
                revocations += reply.newRevocations
                closed += reply.closed
                problems += reply.passedOver ?? []
                hasStatus = part.status != nil
            } catch let refusal as Refusal where !refusal.isRetryable { problems.append(refusal) }
        }
        if let problem = problems.first, !hasStatus { throw problem }
        return ApplyDownlink.Reply(
            roleKeysVersion: version,
            newRevocations: revocations,
            closed: closed,
            passedOver: problems
        )
    }
}
