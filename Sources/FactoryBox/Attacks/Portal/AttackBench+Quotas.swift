import Vocabulary

/// More than the officers allotted, asked of the portal itself: alone, and by many at once.
extension AttackBench {
    /// Units that are left to the line's EdgeHSM for what is granted after this.
    static let unitsKept = 1

    func attackQuotas() async throws {
        let (portal, box, end) = (try portal(), site.edge.id, oem.start + 7 * Self.day)
        let left = Self.lineAllotment - site.order(Self.product).quantity
        try await attack(.beyondAllotmentAsked) {
            try await portal.grant("chi", left + 1, at: box, until: end)
        } mended: {
            try await portal.grant("chi", 1, at: box, until: end)
        }
        let (race, quantity) = (left - 1 - Self.unitsKept, 9)
        try await attack(.beyondAllotmentRacing) {
            throw try await self.race(64, of: quantity, over: race + Self.unitsKept, at: box, until: end)
        } mended: {
            try await portal.grant("phi", race % quantity, at: box, until: end)
        }
        let granted = try await unitsGranted(at: box)
        guard granted == Self.lineAllotment - Self.unitsKept else {
            throw Refusal(FactoryBoxError.unexpected, "\(granted) units granted to \(box)")
        }
    }

    /// All at once; as many as fit are granted and no more. Returns the refusal that all others got.
    private func race(
        _ count: Int,
        of quantity: Int,
        over left: Int,
        at box: String,
        until end: Instant
    ) async throws -> PortalRefusal {
        let portal = try portal()
        let before = try await unitsGranted(at: box)
        let refusals = try await withThrowingTaskGroup(of: PortalRefusal?.self) { tasks in
            for number in 1...count {
                tasks.addTask {
                    do {
                        try await portal.grant("psi-\(number)", quantity, at: box, until: end)
                        return nil
                    } catch let refusal as PortalRefusal { return refusal }
                }
            }
            return try await tasks.reduce(into: [PortalRefusal]()) { list, refusal in
                if let refusal { list.append(refusal) }
            }
        }
        let (granted, sum) = (count - refusals.count, try await unitsGranted(at: box) - before)
        guard granted == left / quantity, sum == granted * quantity, let first = refusals.first,
            refusals.allSatisfy({ $0.code == first.code })
        else {
            let codes = Set(refusals.map(\.code)).sorted().joined(separator: ", ")
            throw Refusal(FactoryBoxError.unexpected, "\(granted) granted with \(sum) units over \(left): \(codes)")
        }
        return first
    }

    /// The sum of all batches of the product, as the portal lists them, and their serials, none of them twice.
    private func unitsGranted(at box: String) async throws -> Int {
        let batches = try await portal().admin.all("/v1/batches").filter { try $0.string("edgeHSM") == box }
        let ranges = try batches.map { (try $0.string("firstSerial"), try $0.string("lastSerial")) }.sorted { $0 < $1 }
        guard zip(ranges, ranges.dropFirst()).allSatisfy({ $0.1 < $1.0 }) else {
            throw Refusal(FactoryBoxError.unexpected, "serials granted twice: \(ranges)")
        }
        return try batches.map { try $0.integer("quantity") }.reduce(0, +)
    }
}
