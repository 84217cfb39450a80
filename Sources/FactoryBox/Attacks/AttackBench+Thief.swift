import Statements
import Vocabulary

/// Packages as whoever has the portal's token makes them: a program of their own, which looks at no total.
extension AttackBench {
    /// The octets of a package; `approval` names another one's file than the product's first.
    func package(
        _ name: String,
        _ terms: BatchTerms = BatchTerms(),
        approval: String? = nil,
        _ options: [String] = []
    ) async throws -> [UInt8] {
        try await steal(order(name, terms), approval: approval, options)
    }

    func steal(_ order: BatchOrder, approval: String? = nil, _ options: [String] = []) async throws -> [UInt8] {
        func file(_ name: String) -> String { site.office.productFile(order.product, name) }
        let (request, package) = (file(order.name + ".batch.json"), file(order.name + ".package"))
        try Files.write(try self.request(order).serialized(), to: request)
        try await oem.ceremonyRoom.run(
            "obis-demo",
            [
                "thief", request, "--role-keys", oem.roleKeys, "--approval", approval ?? file("approval.json"),
                "--manifest", file("manifest.json"), "--cd", file("cd.der"), "--enrolment",
                oem.enrolment(of: order.edgeHSM), "--token", oem.portalTokenFile, "--out", package,
            ] + options
        )
        return try Files.read(package)
    }

    /// The file that the program reads.
    private func request(_ order: BatchOrder) -> JSONTree {
        func allowance(_ count: Int) -> JSONTree {
            ["count": .integer(count), "notAfter": .text((oem.start + 15 * Self.day).description)]
        }
        return [
            "product": .text(order.product.name), "batch": .text(order.name), "edgeHSM": .text(order.edgeHSM),
            "factory": .text(order.factory), "quantity": .integer(order.quantity),
            "serials": [
                "prefix": .text(order.product.serialPrefix), "first": .integer(order.firstSerial), "digits": 8,
            ],
            "notBefore": .text(order.notBefore.description), "notAfter": .text(order.notAfter.description),
            "debugUnlocks": allowance(order.debugUnlocks), "reprovisions": allowance(1),
            "rotations": allowance(order.rotations),
        ]
    }
}
