import LineProtocol
import Statements
import Vocabulary

/// Packages that were changed on the way, and packages that a thief of the portal's token makes.
extension AttackBench {
    func attackPackages() async throws {
        try await attackOctets()
        let again = try await package("alpha-once-more", BatchTerms(quantity: 1))
        let alpha = try Files.read(site.office.productFile(Self.product, "attack-alpha.package"))
        try await attack(.reloadedPackage) {
            try await load(alpha, as: "nothing")
        } mended: {
            try await load(again, as: "single")
        }
        let production = site.order(Self.product).name + ".package"
        let foreign = try Files.read(site.office.productFile(Self.product, production))
        let own = try await package("own", BatchTerms(quantity: 1))
        try await attack(.otherBoxPackage) {
            try await load(foreign, as: "nothing")
        } mended: {
            try await load(own, as: "own")
        }
        try await attackAsThief()
        try await attackFigures()
    }

    private func attackOctets() async throws {
        let alpha = try await package("alpha")
        try await attack(.alteredPackage) {
            let file = try PackageFile(parsing: alpha)
            var sealed = file.sealed.bytes
            sealed[sealed.count / 2] ^= 1
            try await load(
                StatementCoding.encode(PackageFile(package: file.package, sealed: Octets(sealed))),
                as: "nothing"
            )
        } mended: {
            try await load(alpha, as: "alpha")
        }
        // Made twice at one time, it is the same authorization under two seals, both of them good ones.
        let order = try await order("beta", BatchTerms(quantity: 10))
        let time = ["--at", Clock.now.description]
        let (beta, other) = (try await steal(order, time), try await steal(order, time))
        try await attack(.resealedPackage) {
            try await load(exchangingSeal(of: beta, for: other), as: "nothing")
        } mended: {
            try await load(beta, as: "beta")
        }
    }

    /// The outside of `package`, rewritten for the seal of `other`, under the signature that it had.
    private func exchangingSeal(of package: [UInt8], for other: [UInt8]) throws -> [UInt8] {
        let (file, taken) = (try PackageFile(parsing: package), try PackageFile(parsing: other))
        let outside = try ProductionPackage.read(payload: file.package.payload)
        let inner = try ProductionPackage.read(payload: taken.package.payload)
        let rewritten = ProductionPackage(
            edgeHSM: outside.edgeHSM,
            authorization: outside.authorization,
            sealed: inner.sealed,
            encapsulated: inner.encapsulated,
            roleKeysVersion: outside.roleKeysVersion,
            issuedAt: outside.issuedAt
        )
        let envelope = Envelope(
            payloadType: file.package.payloadType,
            payload: try rewritten.payload(),
            signatures: file.package.signatures
        )
        return try StatementCoding.encode(PackageFile(package: envelope, sealed: taken.sealed))
    }

    /// Whoever has the portal's token signs and seals whatever they like; the officers' figures still bind.
    private func attackAsThief() async throws {
        let foreign = try await package(
            "gamma",
            BatchTerms(quantity: 10, box: site.edge.id),
            ["--seal-to", oem.enrolment(of: edge.id)]
        )
        let gamma = try await package("gamma", BatchTerms(quantity: 10))
        try await attack(.otherBox, because: "authorization and EdgeHSM") {
            try await load(foreign, as: "nothing")
        } mended: {
            try await load(gamma, as: "gamma")
        }
        let terms = BatchTerms(quantity: 2, unlocks: 6)
        let later = site.office.productFile(Self.product, "manifest.later.json")
        let manifest = String(
            decoding: try Files.read(site.office.productFile(Self.product, "manifest.json")),
            as: UTF8.self
        )
        try Files.write(manifest.replacing("\"\(VersionOffice.version)\"", with: "\"1.0.1\""), to: later)
        let changed = try await package("delta", terms, ["--inside-manifest", later])
        let delta = try await package("delta", terms)
        try await attack(.otherVersion, because: "authorization and manifest") {
            try await load(changed, as: "nothing")
        } mended: {
            try await load(delta, as: "delta")
        }
        let approval = try Files.envelope(site.office.productFile(Self.product, "approval.json"))
        let lone = site.office.productFile(Self.product, "approval.lone.json")
        try Files.write(
            Envelope(
                payloadType: approval.payloadType,
                payload: approval.payload,
                signatures: Array(approval.signatures.prefix(1))
            ).serialized(),
            to: lone
        )
        let unapproved = try await package("lambda", BatchTerms(quantity: 1), ["--inside-approval", lone])
        let lambda = try await package("lambda", BatchTerms(quantity: 1))
        try await attack(.approvalTooFew, because: "1 of 2") {
            try await load(unapproved, as: "nothing")
        } mended: {
            try await load(lambda, as: "lambda")
        }
    }

    /// More than the officers allotted, or for longer: a thief can sign it, and the EdgeHSM refuses it by its own sums.
    private func attackFigures() async throws {
        let many = try await package("epsilon", BatchTerms(quantity: Site.spareUnits, unlocks: 1))
        let few = try await package("epsilon", BatchTerms(quantity: 2, unlocks: 1))
        try await attack(.beyondAllotment) {
            try await load(many, as: "nothing")
        } mended: {
            try await load(few, as: "epsilon")
        }
        try await attackSum()
        let end = Self.longestWindow - 300
        let longer = try await package("mu", BatchTerms(quantity: 1, closes: end + 1))
        let longest = try await package("mu", BatchTerms(quantity: 1, closes: end))
        try await attack(.beyondWindow) {
            try await load(longer, as: "nothing")
        } mended: {
            try await load(longest, as: "mu")
        }
    }

    /// Each of two batches is within what is left, both together are one unit beyond it: what counts is the sum.
    private func attackSum() async throws {
        let left = try await unitsLeft()
        guard left > 3 else { throw Refusal(FactoryBoxError.unexpected, "\(left) units left to attack") }
        let one = try await package("nu", BatchTerms(quantity: 2, unlocks: 1))
        let other = try await package("xi", BatchTerms(quantity: left - 1, unlocks: 1))
        let within = try await package("omicron", BatchTerms(quantity: 1, unlocks: 1))
        try await load(one, as: "nu")
        try await attack(.beyondAllotmentTogether) {
            try await load(other, as: "nothing")
        } mended: {
            try await load(within, as: "omicron")
        }
    }

    /// What the officers allotted to this EdgeHSM, less what it has loaded.
    private func unitsLeft() async throws -> Int {
        let finished = try await edge.host.run(
            "edgehsmd",
            ["operator", "status", "--config", edge.configuration]
        )
        let status = try StatementCoding.decode(EdgeAppliance.Status.self, from: Array(finished.output.utf8))
        let granted = status.batches.filter { $0.product == Self.product.name }.map(\.account.granted)
        return Site.spareUnits - granted.reduce(0, +)
    }
}
