import Foundation
import Vocabulary

/// The lines at work.
extension Company {
    /// All factories at once, with a bar each: links fail and return meanwhile, and a new product comes to one of them.
    func produce() async throws {
        await factories.first?.swapOneLabel()
        let showing = Task { [board = board()] in await board.run() }
        do {
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { _ = try await self.everywhere { try await $0.produce(shift: 1) } }
                tasks.addTask {
                    try await self.loseLinks()
                    try await self.bringNewProduct()
                }
                try await tasks.waitForAll()
            }
        } catch {
            showing.cancel()
            await showing.value
            throw error
        }
        showing.cancel()
        await showing.value
        let made = factories.map(\.finished).reduce(0, +)
        try same("devices that passed", made, scale.total)
        try same("wrong labels refused", await factories.first?.labelRefused, true)
        narrator.passed("a wrong label on a device", "read by the scanner and refused; its own label passed")
        narrator.passed("\(made) devices made, all passed", "\(factories.count) factories at once")
    }

    private func board() -> ProgressBoard {
        let (factories, portal) = (factories, portal)
        return ProgressBoard(narrator) {
            var rows: [ProgressRow] = []
            for factory in factories {
                let link = portal?.links[factory.profile.id].map { $0.isUp ? "link up" : "link cut" } ?? "by stick"
                rows.append(
                    ProgressRow(
                        name: factory.profile.title,
                        done: factory.finished,
                        total: await factory.quantity,
                        note: "\(await factory.batches.count) batches, \(link), \(factory.profile.localTime())"
                    )
                )
            }
            return rows
        }
    }
}
