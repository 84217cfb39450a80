import PortalProtocol
import Vocabulary

extension SyncState {
    /// Within what a Factory Service reads: shorter lists where the whole would be too large. What is left out follows once
    /// what is listed was taken, so nothing is lost but time.
    ///
    /// Throws `portal.internal.failed` where it is none that a Factory Service would take.
    func fitting() throws -> SyncState {
        var most = SyncLimits.mostListed
        var state = listing(most)
        while try state.serialized().count > Self.largest, most > 1 {
            most /= 2
            state = listing(most)
        }
        do { try state.validate() } catch let refusal as Refusal {
            throw Refusal(PortalError.internalFailed, "state of \(factory): \(refusal.code) \(refusal.detail)")
        }
        return state
    }

    private func listing(_ most: Int) -> SyncState {
        let edges = edges.map { edge in
            Edge(
                edgeHSM: edge.edgeHSM,
                storedSize: edge.storedSize,
                storedRoot: edge.storedRoot,
                roleKeysVersion: edge.roleKeysVersion,
                downlink: edge.downlink,
                packages: Array(edge.packages.prefix(most)),
                firmware: Array(edge.firmware.prefix(most)),
                certificates: Array(edge.certificates.prefix(most)),
                preparations: Array(edge.preparations.prefix(most))
            )
        }
        return with(edges)
    }
}
