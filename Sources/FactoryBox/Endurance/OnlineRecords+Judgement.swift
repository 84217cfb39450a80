import Statements
import TransparencyLog
import Vocabulary

extension OnlineRecords {
    /// Throws at the first thing that was lost, counted twice or given away.
    func judge(_ told: OnlineBook.State, allotment: Int) throws {
        try judgeJournal()
        try judgeSiteRecords(told)
        try judgeCounts()
        try judgeGrants(told, allotment)
        try judgePackages()
    }

    private func require(_ condition: Bool, _ what: @autoclosure () -> String) throws {
        guard condition else { throw Refusal(FactoryBoxError.unexpected, what()) }
    }

    /// The same entries at all three, under one root.
    private func judgeJournal() throws {
        try require(portalLogs == 1, "\(portalLogs) journals of one EdgeHSM")
        try require(portal == factory, "\(portal.count) entries at the portal, \(factory.count) at the factory")
        let leaves = try factory.map { MerkleHash.leaf(try Vocabulary.Hex.decode($0.lowercased())) }
        try require(
            leaves.map { $0.hex.uppercased() } == edge,
            "\(edge.count) entries in the EdgeHSM, \(factory.count) at the factory"
        )
        let root = CompactRange.root(of: 0..<leaves.count) { leaves[$0] }
        try require(root.hex.uppercased() == portalRoot, "root \(portalRoot) at the portal")
        try require(quarantined == 0, "\(quarantined) notes in quarantine")
        try require(alarms.isEmpty, "alarms: \(alarms)")
    }

    /// Label records and events, number by number; each unit's label once.
    private func judgeSiteRecords(_ told: OnlineBook.State) throws {
        try require(portalLabels == factoryLabels, "\(portalLabels.count) labels, factory has \(factoryLabels.count)")
        try require(portalEvents == factoryEvents, "\(portalEvents.count) events, factory has \(factoryEvents.count)")
        let units = portalLabels.map(\.unit)
        try require(Set(units).count == units.count, "a label record stands twice")
        try require(portalLabels.map(\.number) == Array(1..<portalLabels.count + 1), "label numbers have gaps")
        try require(portalEvents.map(\.number) == Array(1..<portalEvents.count + 1), "event numbers have gaps")
        let known = Set(units)
        try require(
            told.reported.allSatisfy { known.contains($0.hex.uppercased()) },
            "a report that was acknowledged has no label record"
        )
    }

    /// Sums, units and credentials against a recount of the entries.
    private func judgeCounts() throws {
        try require(rollUps == recount, "sums \(rollUps.subtracting(recount)), recount \(recount.subtracting(rollUps))")
        let issued = recount.map(\.issued).reduce(0, +)
        try require(issued > 0, "nothing was made")
        try require(units == issued && credentials == issued, "\(units) units, \(credentials) DACs, \(issued) issued")
        let finished = recount.map(\.completed).reduce(0, +)
        try require(finishedUnits == finished, "\(finishedUnits) units are done, \(finished) in the journal")
        let quantities = Dictionary(batches.map { ($0.statement, $0.quantity) }) { first, _ in first }
        for sum in recount {
            try require(sum.issued <= quantities[sum.batch] ?? 0, "\(sum.issued) units of batch \(sum.batch)")
        }
    }

    /// Exactly what people were told of, within what officers allowed, serials apart.
    private func judgeGrants(_ told: OnlineBook.State, _ allotment: Int) throws {
        let granted = batches.map(\.quantity).reduce(0, +)
        try require(granted <= allotment, "\(granted) units granted of \(allotment)")
        let known = Set(batches.map { "\($0.id) \($0.name) \($0.statement) \($0.quantity)" })
        let heard = Set(
            told.batches.map { "\($0.id) \($0.name) \($0.authorization.hex.uppercased()) \($0.quantity)" }
        )
        try require(known.count == batches.count, "a batch stands twice")
        try require(heard.isSubset(of: known), "batches that people were told of are gone: \(heard.subtracting(known))")
        try require(known.isSubset(of: heard), "batches that nobody ordered: \(known.subtracting(heard))")
        for (batch, next) in zip(batches, batches.dropFirst()) {
            try require(batch.first + batch.quantity <= next.first, "\(batch.name) and \(next.name) share serials")
        }
        try require(acts.sorted() == batches.map(\.id).sorted(), "\(acts.count) grants in the portal's log")
    }

    /// One package a batch, and the EdgeHSM opened each exactly once.
    private func judgePackages() throws {
        for batch in batches {
            try require(batch.packages == 1 && batch.tasks == 0, "\(batch.name): \(batch.packages) packages")
        }
        try require(Set(loaded).count == loaded.count, "an authorization was loaded twice")
        try require(Set(loaded) == Set(batches.map(\.statement)), "\(loaded.count) of \(batches.count) batches loaded")
    }

    /// With one fault planted each judgement must fail; one that accepts it proves nothing.
    func judgeTheJudge(_ told: OnlineBook.State, allotment: Int) throws {
        func mustFail(_ what: String, _ plant: (inout OnlineRecords, inout OnlineBook.State) -> Void) throws {
            var (records, book) = (self, told)
            plant(&records, &book)
            do { try records.judge(book, allotment: allotment) } catch { return }
            throw Refusal(FactoryBoxError.unexpected, "the judgement does not see \(what)")
        }
        try mustFail("a lost entry") { records, _ in records.portal.removeLast() }
        try mustFail("an entry that both lost") { records, _ in
            records.portal.removeLast()
            records.factory.removeLast()
        }
        try mustFail("another root") { records, _ in records.portalRoot = String(records.portalRoot.reversed()) }
        try mustFail("a second journal") { records, _ in records.portalLogs = 2 }
        try mustFail("a lost label record") { records, _ in records.portalLabels.removeLast() }
        try mustFail("a report without a label record") { _, book in _ = book.reported.insert(.of([1])) }
        try mustFail("a lost event") { records, _ in records.portalEvents.removeLast() }
        try mustFail("a unit counted twice") { records, _ in records.units += 1 }
        try mustFail("a sum too high") { records, _ in
            guard let sum = records.rollUps.popFirst() else { return }
            records.rollUps.insert(Sum(batch: sum.batch, issued: sum.issued + 1, completed: sum.completed))
        }
        try mustFail("a quota given away") { records, _ in
            guard let batch = records.batches.popLast() else { return }
            records.batches.append(batch.of(allotment))
        }
        try mustFail("a batch that is gone") { _, book in
            book.batches.append(ToldBatch(key: "", id: "b-1", name: "b", authorization: .zero, quantity: 1))
        }
        try mustFail("a batch that nobody ordered") { _, book in book.batches.removeLast() }
        try mustFail("a grant without an act") { records, _ in records.acts.removeLast() }
        try mustFail("a package that is not made") { records, _ in
            guard let batch = records.batches.popLast() else { return }
            records.batches.append(batch.of(batch.quantity, packages: 0))
        }
        try mustFail("a package loaded twice") { records, _ in records.loaded += records.loaded.suffix(1) }
        try mustFail("a package that never came") { records, _ in records.loaded.removeLast() }
        try mustFail("an alarm") { records, _ in records.alarms = ["gap"] }
    }
}

extension OnlineRecords.Batch {
    fileprivate func of(_ quantity: Int, packages: Int = 1) -> Self {
        Self(
            id: id,
            name: name,
            statement: statement,
            quantity: quantity,
            first: first,
            packages: packages,
            tasks: tasks
        )
    }
}
