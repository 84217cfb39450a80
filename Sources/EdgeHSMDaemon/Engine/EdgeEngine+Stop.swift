import EdgeHSMCore
import Logging
import TransparencyLog
import Vocabulary

extension EdgeEngine {
    /// A clean stop: takes nothing more, lets what is inside end, journals the last refusals, and writes ceilings =
    /// consumed to the secure element, so that the next start burns nothing. Where that fails, the next start burns.
    public func stop() async {
        await admission.close()
        defer { logger.notice("stopped") }
        guard halted == nil else {
            await writer.stop()
            return
        }
        do {
            try await flushRefusals(all: true)
            try await keeper.finish { [writer] in
                try await writer.change { state, _, tree in try state.cleanStop(size: tree.size, root: tree.root) }
            }
            logger.notice("the anchor says: clean")
        } catch {
            logger.error("no clean stop: the next start burns leased units", metadata: ["error": "\(error)"])
        }
        await writer.stop()
        do { try writer.store.close() } catch { logger.error("journal", metadata: ["error": "\(error)"]) }
    }
}
