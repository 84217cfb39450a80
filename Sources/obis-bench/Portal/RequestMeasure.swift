import Foundation
import NIOHTTP1
import OEMWorld
import PortalProtocol
import PortalStore
import PortalWeb
import Statements
import Verify
import Vocabulary

/// What people and programs ask a portal for, over HTTP and TLS, one request after the other.
struct RequestMeasure {
    enum Kind: String, CaseIterable, Codable, Sendable, CodingKeyRepresentable {
        case batch = "batch created"
        case package = "batch to sealed package"
        case serial = "unit by device serial"
        case chip = "unit by chip UID"
        case dac = "unit by DAC serial"
        case proof = "inclusion proof of a unit"
    }

    /// Seconds.
    struct Waits: Codable, Sendable {
        let count: Int
        let p50: Double
        let p99: Double

        init(_ waits: [Double]) {
            let ascending = waits.sorted()
            func rank(_ share: Double) -> Double {
                guard !ascending.isEmpty else { return 0 }
                let rank = Int((Double(ascending.count) * share).rounded(.up)) - 1
                return ascending[min(max(rank, 0), ascending.count - 1)]
            }
            (count, p50, p99) = (ascending.count, rank(0.5), rank(0.99))
        }
    }

    let stage: PortalStage
    let journals: [JournalMill.Product]
    /// What the batches' names begin with.
    var tag = "bench"

    func measure(batches: Int, lookUps: Int) async throws -> [Kind: Waits] {
        var waits: [Kind: [Double]] = [:]
        for number in -5..<batches {
            let (created, packaged) = try await batch(number)
            // The first ones open connections and compile statements.
            guard number >= 0 else { continue }
            waits[.batch, default: []].append(created)
            waits[.package, default: []].append(packaged)
        }
        let units = try await units(lookUps)
        for (number, unit) in units.enumerated() {
            let paths: [(Kind, String)] = [
                (.serial, "/v1/units?serial=\(unit.serial)"), (.chip, "/v1/units?chip=\(unit.chip)"),
                (.dac, "/v1/units?dac=\(unit.dac)"), (.proof, "/v1/units/\(unit.reference)/proof"),
            ]
            for (kind, path) in paths {
                var answer: [UInt8] = []
                let wait = try await seconds { answer = try await stage.admin.send(.GET, path) }
                waits[kind, default: []].append(wait)
                if number < 20 { try check(kind, answer, unit) }
            }
        }
        return waits.mapValues(Waits.init)
    }

    private func seconds(_ body: () async throws -> Void) async rethrows -> Double {
        let start = ContinuousClock.now
        try await body()
        return (ContinuousClock.now - start) / .seconds(1)
    }

    // MARK: Batches

    /// Seconds to the answer, and to the sealed package being kept.
    private func batch(_ number: Int) async throws -> (Double, Double) {
        let new = NewBatch(
            batch: try BatchName("\(tag)-\(number + 5)"),
            product: try ProductName(ProductionWorld.product),
            version: try VersionName("1.0.0"),
            edgeHSM: stage.production.appliance.id,
            quantity: try BatchQuantity(1),
            notBefore: PortalStage.now,
            notAfter: PortalStage.now + 7 * 86_400
        )
        let start = ContinuousClock.now
        let batch = try await stage.manager.post("/v1/batches", new, as: Batch.self)
        let created = ContinuousClock.now - start
        while try await stage.database.read({ try PackageTable($0).package(batch.authorization) }) == nil {
            guard ContinuousClock.now - start < .seconds(30) else { throw Fault.refused }
            try await Task.sleep(for: .milliseconds(1))
        }
        return (created / .seconds(1), (ContinuousClock.now - start) / .seconds(1))
    }

    // MARK: Units

    struct Sample {
        let reference: UnitReference
        let serial: String
        let chip: ChipUID
        let dac: String
    }

    /// Units drawn from all journals.
    func units(_ count: Int) async throws -> [Sample] {
        var found: [Sample] = []
        while found.count < count {
            guard let journal = journals.randomElement(), let chunk = journal.chunks.randomElement() else { break }
            let entry = try chunk.entries.randomElement().map { try JournalEntry(parsing: $0.bytes) }
            guard let issued = entry?.event.body as? Issued else { continue }
            let record = try await stage.database.read { transaction in
                try JournalRecords(transaction).units(by: .chip(issued.chipUID)).first
            }
            let credential = try await stage.database.read {
                try JournalUnits($0).credentials(of: issued.deviceKey).first
            }
            guard let record, let dac = credential?.dacSerial else { throw Fault.refused }
            found.append(
                Sample(
                    reference: UnitReference(log: record.unit.log, unit: issued.unit),
                    serial: issued.serial.text,
                    chip: issued.chipUID,
                    dac: dac
                )
            )
        }
        return found
    }

    /// That what was measured is an answer.
    private func check(_ kind: Kind, _ answer: [UInt8], _ unit: Sample) throws {
        if kind == .proof {
            let file = try InclusionFile(parsing: answer)
            let stated = try Checkpoint.read(payload: file.checkpoint.payload)
            let edge = journals.first { $0.edge.edgeHSM == stated.edgeHSM }?.edge
            let verdict = InclusionAudit.verdict(file, trust: .init(identity: edge?.identity))
            guard verdict.accepted else { throw Fault.proofWrong }
        } else {
            let list = try StatementCoding.decode(UnitList.self, from: answer)
            guard list.units.contains(where: { $0.id == unit.reference }) else { throw Fault.answerWrong }
        }
    }
}
