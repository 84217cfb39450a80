import Foundation
import Statements
import Vocabulary

/// What people carry in and out of a factory.
extension FactoryHost {
    /// Puts a file into the inbox as a person with a USB stick does.
    func drop(_ file: String, as name: String) throws { try Files.write(Files.read(file), to: inbox + "/" + name) }

    /// Waits until everything in the inbox was taken; throws where something was refused.
    func inboxIsEmpty(within seconds: Double = 60) async throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < deadline {
            let refused = try Self.names(inbox + "/refused")
            if let why = refused.first(where: { $0.hasSuffix(".why") }) {
                let text = String(decoding: try Files.read(inbox + "/refused/" + why), as: UTF8.self)
                throw Refusal(FactoryBoxError.unexpected, "\(why): \(text)")
            }
            if try Self.names(inbox).allSatisfy({ ["done", "refused"].contains($0) }) { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Refusal(FactoryBoxError.unexpected, "the inbox of \(name) was not emptied")
    }

    private static func names(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder)
    }

    /// Where `export` puts its files.
    var exportFolder: String { world.path(name, "export") }

    /// The journal as the site hands it over, once the Factory Service has all of it.
    func export() async throws -> JournalExport {
        let folder = try world.folder(name, "export")
        let size = try await edge.status().journalSize
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            try await run(["export", "--out", folder])
            let export = try Files.decode(JournalExport.self, folder + "/journal.json")
            if export.entries.count >= size { return export }
            guard ContinuousClock.now < deadline else {
                throw Refusal(FactoryBoxError.unexpected, "the Factory Service has \(export.entries.count) entries")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Has the EdgeHSM make the keys of a product; returns the file for the ceremony.
    func prepare(_ product: ProductPlan) async throws -> String {
        let file = folder + "/\(product.name).preparation.json"
        try await run([
            "prepare-product", "--product", product.name, "--vendor", OEM.vendorID, "--product-id",
            product.productIDText, "--out", file,
        ])
        return file
    }
}
