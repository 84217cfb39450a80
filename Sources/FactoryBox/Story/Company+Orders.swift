import Foundation
import Silicon
import Statements
import Vocabulary

/// After the story the lines go on: each factory with a link makes what the portal grants it, whoever asks for it there.
extension Company {
    /// Devices of the night shift at each factory, and seconds between two of them: something moves for whoever looks, for
    /// a quarter of an hour.
    static let night = (units: 200, pause: 5)

    /// Batches of the first product, made slowly. The approval allots them beside the story's.
    func beginNightShift() async throws {
        let people = try required(people)
        for factory in factories where factory.profile.hasLink {
            let name = "\(products[0].name)-\(factory.profile.id)-night"
            _ = try await grant(Wish(product: products[0], name: name, quantity: Self.night.units), at: factory, people)
        }
        narrator.passed(
            "\(factories.filter(\.profile.hasLink).count) night shifts of \(Self.night.units) units granted"
        )
    }

    /// Until the task is cancelled.
    nonisolated func takeOrders() async {
        guard let people = await people else { return }
        await withTaskGroup(of: Void.self) { tasks in
            for factory in factories where factory.profile.hasLink {
                tasks.addTask { await self.takeOrders(at: factory, people) }
            }
        }
    }

    private nonisolated func takeOrders(at factory: Factory, _ people: PortalPeople) async {
        var known: Set<String> = Set(await factory.batches.map(\.grant.id))
        var orders: [LineOrder] = []
        while !Task.isCancelled {
            // A portal that is out of reach for a while is asked again.
            if let found = try? await loaded(at: factory, people, but: known) {
                known.formUnion(found.map(\.id))
                orders += found
            }
            // In turn, a few devices each, so that whoever asked last waits for nobody's whole batch.
            for index in orders.indices where orders[index].isDue {
                if Task.isCancelled { return }
                do { try await makeSome(of: &orders[index], at: factory) } catch {
                    orders[index].fail()
                    if orders[index].isOver {
                        narrator.note("\(orders[index].batch) at \(factory.profile.id): \(error)")
                    }
                }
            }
            orders.removeAll(where: \.isOver)
            try? await Task.sleep(for: .milliseconds(500))
        }
    }

    /// Batches that the factory's EdgeHSM has loaded, whose window is open and that have units left.
    private nonisolated func loaded(
        at factory: Factory,
        _ people: PortalPeople,
        but known: Set<String>
    ) async throws -> [LineOrder] {
        let manager = try people.manager(of: factory.profile)
        let now = Clock.now.description
        var orders: [LineOrder] = []
        for batch in try await manager.get("/v1/batches?limit=50")["items"].list {
            let id = try batch.string("id")
            guard !known.contains(id), try batch.string("factory") == factory.profile.id,
                try batch.string("state") == "loaded", try batch.string("notBefore") <= now,
                try batch.string("notAfter") > now
            else { continue }
            let left = try await manager.get("/v1/batches/\(id)/reconciliation").integer("remaining")
            let product = try await manager.get("/v1/products/\(try batch.string("product"))")
            guard left > 0, let family = ChipFamily(rawValue: try product["foundation"].string("family")) else {
                continue
            }
            let name = try batch.string("batch")
            orders.append(
                LineOrder(
                    id: id,
                    batch: name,
                    family: family,
                    left: left,
                    pause: name.hasSuffix("-night") ? Self.night.pause : 0
                )
            )
        }
        return orders
    }

    /// Chips come into the rack as they are needed; the station ends with each few of them.
    private nonisolated func makeSome(of order: inout LineOrder, at factory: Factory) async throws {
        if order.chips.isEmpty {
            let count = min(order.left, LineOrder.chipsAtOnce)
            let made = try await factory.rack.add(count, family: order.family, notBefore: oem.start + -3_600)
            order.chips = made.map(\.place)
        }
        let places = order.chips.prefix(order.pause > 0 ? 1 : LineOrder.devicesAtOnce)
        let work = LineWork(
            batch: order.batch,
            first: places.first ?? 1,
            quantity: places.count,
            sites: 2,
            operatorName: "Nadia"
        )
        let line = try await factory.host.produce(work)
        guard line.status == 0 else {
            throw Refusal(FactoryBoxError.programFailed, "station: exit \(line.status): \(line.output.suffix(300))")
        }
        order.made(places.count)
    }
}

/// A batch that a line is making after the story.
private struct LineOrder {
    static let chipsAtOnce = 50
    static let devicesAtOnce = 4
    /// Tries before it is left alone: it was closed or revoked meanwhile, or firmware is still on its way.
    private static let mostFailures = 4

    let id: String
    let batch: String
    let family: ChipFamily
    var left: Int
    /// Seconds after each device.
    let pause: Int
    /// Places in the rack that are still blank.
    var chips: [Int] = []
    private var failures = 0
    private var next = ContinuousClock.now

    init(id: String, batch: String, family: ChipFamily, left: Int, pause: Int) {
        (self.id, self.batch, self.family, self.left, self.pause) = (id, batch, family, left, pause)
    }

    var isOver: Bool { left <= 0 || failures >= Self.mostFailures }
    var isDue: Bool { !isOver && ContinuousClock.now >= next }

    mutating func made(_ count: Int) {
        chips.removeFirst(count)
        left -= count
        failures = 0
        next = .now + .seconds(pause)
    }

    /// The chips that were begun are not touched again.
    mutating func fail() {
        chips.removeAll()
        failures += 1
        next = .now + .seconds(2)
    }
}
