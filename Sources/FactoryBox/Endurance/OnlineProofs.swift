import Foundation
import NIOHTTP1
import Statements
import Vocabulary

/// What a factory hands over of its journal, asked for and judged by the programs: a batch's closing certificate and the
/// release of allotment.
struct OnlineProofs: Sendable {
    let company: Company
    let factory: Factory
    let customers: BatchCustomers

    /// - Parameter granted: units of all batches; the officers leave the EdgeHSM just these.
    func judge(granted: Int) async throws {
        let people = await company.people
        guard let admin = people?.admin, let batch = customers.book.now.batches.first else {
            throw Refusal(FactoryBoxError.unexpected, "no portal")
        }
        let folder = try company.world.folder("proofs")
        let (closing, release) = (folder + "/closing.json", folder + "/release.json")
        // Nobody has closed it, and nothing was released.
        let (close, free) = (["closing", "--batch", batch.name, "--out", closing], releaseArguments(release))
        for arguments in [close, free] {
            let refused = try await factory.host.run(arguments, expecting: 1)
            guard (refused.output + refused.errors).contains("factory.proof.absent") else {
                throw Refusal(FactoryBoxError.unexpected, "proof of nothing: \(refused.errors)")
            }
        }
        let place = "/v1/batches/\(batch.id)"
        try await customers.manager.change(.POST, place + "/close", of: place, ["reason": "The week is over"])
        let order = try await signedOrder(granted)
        try await admin.put("/v1/orders", bytes: try JSONTree.object(["orders": .list([order])]).serialized())
        try await come(close)
        try await come(free)
        try await expect("closing", [closing], altering: closing)
        try await expect("journal", ["--proof", release], altering: release)
        let figures = try await customers.manager.get(place + "/reconciliation")
        let (issued, returned) = (try figures.integer("issued"), try figures.integer("returned"))
        guard figures["isClosed"] == .bool(true), issued + returned == batch.quantity else {
            throw Refusal(FactoryBoxError.unexpected, "\(batch.name) after its end: \(figures)")
        }
    }

    private func releaseArguments(_ file: String) -> [String] {
        ["release", "--product", customers.product.name, "--out", file]
    }

    /// By the link: down to the EdgeHSM, and its word back.
    private func come(_ arguments: [String]) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while true {
            try await factory.host.run(["sync-now"])
            if (try? await factory.host.run(arguments)) != nil { return }
            guard ContinuousClock.now < end else {
                throw Refusal(FactoryBoxError.unexpected, "\(arguments[0]) never came")
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    /// `obis-verify` accepts the file, and refuses it under another root authority and with one octet changed.
    private func expect(_ command: String, _ arguments: [String], altering file: String) async throws {
        let enrolment = ["--enrolment", company.oem.enrolment(of: factory.edge.id)]
        let trust = enrolment + ["--root-key", company.oem.rootKey]
        try await company.world.run("obis-verify", [command] + arguments + trust)
        let other = company.oem.state + "/public/firmware-signing-\(OEM.firmwareKey).pem"
        let strange = enrolment + ["--root-key", other]
        try await company.world.run("obis-verify", [command] + arguments + strange, expecting: 1)
        let tree = try JSONTree(parsing: Files.read(file))
        guard case .object(var members) = tree, var entry = Data(base64Encoded: try tree.string("entry")) else {
            throw Refusal(FactoryBoxError.unexpected, "\(file) is no proof")
        }
        // A digit of its sequence or of its time.
        guard let place = entry.lastIndex(where: { (0x30...0x38).contains($0) }) else { return }
        entry[place] += 1
        members["entry"] = .text(entry.base64EncodedString())
        try Files.write(JSONTree.object(members).serialized(), to: file)
        try await company.world.run("obis-verify", [command] + arguments + trust, expecting: 1)
    }

    private func signedOrder(_ units: Int) async throws -> JSONTree {
        let folder = try company.world.folder("proofs")
        let (words, file) = (folder + "/order.words.json", folder + "/order.json")
        let oem = company.oem
        try Files.writeJSON(
            OfficerOrder(
                order: .releaseAllotment(
                    edgeHSM: EdgeHSMID(factory.edge.id),
                    product: ProductName(customers.product.name),
                    units: units,
                    sequence: 1
                ),
                reason: "What is left moves to another factory",
                issuedAt: oem.start,
                expiresAt: oem.start + 20 * 86_400
            ),
            to: words
        )
        try await oem.ceremonyRoom.run("obis", ["order", words, "--out", file])
        try await oem.approve(file, by: Array(oem.officers.prefix(2)))
        return try JSONTree(parsing: Files.read(file))
    }
}
