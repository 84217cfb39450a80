import Foundation
import Statements
import Vocabulary

/// One factory's figures as the portal tells them, and as they were counted there.
struct Agreement: Sendable {
    let factory: FactoryProfile
    let portal: Recount
    let there: Recount
}

/// What the portal says against what lies in the factories.
extension Company {
    /// Fails on any difference between the portal's figures and the factories' own files at the same checkpoint size.
    func agree() async throws {
        let people = try required(people)
        let found = try await everywhere { factory in
            try await self.bringHome(from: factory, people)
            return try await self.compare(factory, people)
        }
        agreed = found
        let counts = found.map(\.there)
        let entries = counts.map(\.size).reduce(0, +)
        let completed = counts.map { $0.sum("completed") }.reduce(0, +)
        narrator.passed(
            "portal and \(counts.count) factories agree: \(entries) entries, \(completed) completions, batch by batch",
            "recounted by sqlite3 from the files of EdgeHSM and Factory Service, at the same size and root"
        )
        try await reconcile(people)
        try same("entries in quarantine", try await people.admin.all("/v1/quarantine").count, 0)
        let alarms = try await people.admin.all("/v1/alarms")
        try same("alarms", try alarms.map { try $0.string("kind") }, [])
        narrator.passed("no alarm, nothing in quarantine")
        try await proveUnits(people)
    }

    /// All that the factory has is in the portal.
    private nonisolated func bringHome(from factory: Factory, _ people: PortalPeople) async throws {
        let size = try await factory.edge.status().journalSize
        try await eventually("the Factory Service's copy at \(factory.profile.id)") {
            try await Recount.ofService(factory).size >= size
        }
        if !factory.profile.hasLink { try await carryUp(from: factory, people) }
        try await eventually("the portal has all of \(factory.profile.id)") {
            try await people.admin.get("/v1/edges/\(factory.edge.id)").integer("storedSize") >= size
        }
    }

    private nonisolated func compare(_ factory: Factory, _ people: PortalPeople) async throws -> Agreement {
        let edge = try await people.admin.get("/v1/edges/\(factory.edge.id)")
        let local = try await Recount.ofService(factory)
        let name = factory.profile.id
        try same("entries of \(name)", try edge.integer("storedSize"), local.size)
        let root = try await Recount.root(of: factory, at: local.size)
        try same("root of \(name)", try edge.string("storedRoot"), root.hex)
        try same("journal of \(factory.edge.id)", try await Recount.ofAppliance(factory, size: local.size), local)
        let batches = try await sums("batch", of: factory, people)
        try same("batches of \(name)", batches, local.batches)
        let grants = await factory.batches.map(\.grant)
        var products: [String: [String: Int]] = [:]
        for grant in grants {
            products[grant.product.name, default: [:]].merge(
                local.batches[grant.authorization] ?? [:],
                uniquingKeysWith: +
            )
        }
        try same("products of \(name)", try await sums("product", of: factory, people), products)
        return Agreement(
            factory: factory.profile,
            portal: Recount(size: try edge.integer("storedSize"), batches: batches),
            there: local
        )
    }

    /// The portal's roll-ups of one factory, by batch (its authorization) or product.
    private nonisolated func sums(
        _ dimension: String,
        of factory: Factory,
        _ people: PortalPeople
    ) async throws -> [String: [String: Int]] {
        let answer = try await people.admin.get("/v1/rollups?limit=200&by=\(dimension)&factory=\(factory.profile.id)")
        var sums: [String: [String: Int]] = [:]
        for row in answer["items"].list {
            let counts = Dictionary(uniqueKeysWithValues: try Recount.names.map { ($0, try row.integer($0)) })
            // What belongs to no batch counts no unit.
            if counts.values.contains(where: { $0 != 0 }) { sums[try row.string(dimension)] = counts }
        }
        return sums
    }

    /// granted = issued + burned + returned + remaining of each batch, and nothing unaccounted for.
    private func reconcile(_ people: PortalPeople) async throws {
        var units = 0
        for factory in factories {
            let status = try await factory.edge.status()
            for grant in await factory.batches.map(\.grant) {
                let found = try await people.admin.get("/v1/batches/\(grant.id)/reconciliation")
                let figures = try ["granted", "issued", "burned", "returned", "remaining", "unaccounted"].map {
                    try found.integer($0)
                }
                let account = try required(status.batches.first { $0.batch == grant.name }).account
                let own = [
                    account.granted, account.issued, account.burned, account.returned, account.remaining, 0,
                ]
                try same("reconciliation of \(grant.name)", figures, own)
                units += account.granted
            }
        }
        narrator.passed("\(units) granted units reconciled, none unaccounted for")
    }

    /// One unit of each factory, looked up by serial and proven to somebody who trusts the root key alone.
    private func proveUnits(_ people: PortalPeople) async throws {
        let folder = try world.folder("portal", "proofs")
        _ = try await everywhere { factory in
            let serial = try self.required(await factory.batches.last?.grant.lastSerial)
            let found = try await people.admin.get("/v1/units?serial=\(serial)")
            let unit = try self.required(found["units"].list.last)
            let proof = try await people.admin.fetch("/v1/units/\(unit.string("id"))/proof").body
            let file = folder + "/\(serial).json"
            try Files.write(proof, to: file)
            try await self.world.run("obis-verify", ["journal", "--proof", file, "--root-key", self.oem.rootKey])
        }
        narrator.passed(
            "units found by serial number, with proofs that obis-verify accepts offline",
            "one of each factory"
        )
    }
}
