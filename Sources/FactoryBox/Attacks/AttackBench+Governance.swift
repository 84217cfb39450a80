import LineProtocol
import Statements
import Vocabulary

/// Officers' orders that too few, the wrong or nobody signed, and what a revocation ends.
extension AttackBench {
    func attackGovernance() async throws {
        for name in ["zeta", "eta"] {
            try await load(await package(name, BatchTerms(quantity: 1)), as: name)
        }
        try await attackSignatures()
        try await attackRevoked()
    }

    /// An order to revoke what no box has: harmless, and refused or applied like any other.
    private func harmlessOrder(_ name: String, by signers: [OEM.Officer]) async throws -> Envelope {
        try await order(name, .authorization(Digest256.of(Array(name.utf8))), by: signers)
    }

    func order(_ name: String, _ target: RevocationTarget, by signers: [OEM.Officer]) async throws -> Envelope {
        let folder = try world.folder("attacks", "orders")
        let (words, file) = (folder + "/\(name).words.json", folder + "/\(name).json")
        try Files.writeJSON(
            OfficerOrder(
                order: .revoke(target),
                reason: "The line must not use \(name) any more",
                issuedAt: oem.start,
                expiresAt: oem.start + 30 * Self.day
            ),
            to: words
        )
        try await oem.ceremonyRoom.run("obis", ["order", words, "--out", file])
        try await oem.approve(file, by: signers)
        return try Files.envelope(file)
    }

    /// The order signed by one more.
    func countersign(_ name: String, by signer: OEM.Officer) async throws -> Envelope {
        let file = world.path("attacks", "orders", name + ".json")
        try await oem.approve(file, by: [signer])
        return try Files.envelope(file)
    }

    @discardableResult
    func apply(
        roleKeys: [Envelope] = [],
        _ orders: [Envelope] = [],
        status: Envelope? = nil
    ) async throws -> ApplyDownlink.Reply {
        try await client("service").ask(
            ApplyDownlink.self,
            .init(bundle: DownlinkBundle(roleKeys: roleKeys, orders: orders, status: status))
        )
    }

    func applyRevocation(_ order: Envelope, roleKeys: [Envelope] = []) async throws {
        let reply = try await apply(roleKeys: roleKeys, [order])
        guard reply.newRevocations == 1 else {
            throw Refusal(FactoryBoxError.unexpected, "\(reply.newRevocations) new revocations")
        }
    }

    private func attackSignatures() async throws {
        let (oscar, otto) = (oem.officers[1], oem.officers[2])
        let lone = try await harmlessOrder("lone", by: [oscar])
        try await attack(.tooFewOfficers, because: "1 of 2") {
            try await apply([lone])
        } mended: {
            try await applyRevocation(countersign("lone", by: otto))
        }
        let twice = try await harmlessOrder("twice", by: [oscar])
        try await attack(.officerTwice, because: "1 of 2") {
            try await apply([twice.signatures.reduce(twice) { $0.adding($1) }])
        } mended: {
            try await applyRevocation(countersign("twice", by: otto))
        }
        let approval = try Files.envelope(site.office.productFile(Self.product, "approval.json"))
        let signed = try await harmlessOrder("signed", by: [oscar, otto])
        try await attack(.wrongType) {
            try await apply([approval])
        } mended: {
            try await applyRevocation(signed)
        }
        let order = try await harmlessOrder("relabelled", by: [oscar, otto])
        try await attack(.relabelled, because: "0 of 2") {
            try await apply([
                Envelope(
                    payloadType: OfficerOrder.payloadType,
                    payload: approval.payload,
                    signatures: approval.signatures
                )
            ])
        } mended: {
            try await applyRevocation(order)
        }
    }

    private func attackRevoked() async throws {
        let officers = Array(oem.officers.suffix(2))
        let chip = SoftChip()
        try await applyRevocation(order("zeta", .authorization(loaded("zeta")), by: officers))
        try await attack(.revokedByOfficers) {
            try await make("zeta", chip)
        } mended: {
            try await make("eta", chip)
        }
        try await attackRevokedApproval(by: officers)
        try await attackRevokedVersion(by: officers)
        let file = world.path("attacks", "orders", "status.json")
        try await oem.ceremonyRoom.run(
            "obis",
            [
                "status", "--edgehsm", edge.id, "--role-keys", oem.roleKeys, "--token", oem.portalTokenFile,
                "--revoke", loaded("eta").hex, "--out", file,
            ]
        )
        try await apply(status: Files.envelope(file))
        let other = SoftChip()
        try await attack(.revokedByPortal) {
            try await make("eta", other)
        } mended: {
            try await make("gamma", other)
        }
    }

    /// An approval taken back stops the batches under it, loaded ones too, and none of another approval of the version.
    private func attackRevokedApproval(by officers: [OEM.Officer]) async throws {
        let first = try Files.envelope(site.office.productFile(Self.proven, "approval.json")).statementID
        let second = try await site.approveFurther(10, of: Self.proven, at: Self.boxName, as: "further")
        let terms = BatchTerms(product: Self.proven)
        try await load(await package("further", terms, approval: second), as: "further")
        try await applyRevocation(order("approval", .approval(first), by: officers))
        try await attack(.approvalRevoked, because: first.hex) {
            _ = try await begin("proven", SoftChip().uid)
        } mended: {
            _ = try await begin("further", SoftChip().uid)
        }
    }

    /// A version taken back stops every batch of it, and no other version's.
    private func attackRevokedVersion(by officers: [OEM.Officer]) async throws {
        let manifest = Digest256.of(try Files.read(site.office.productFile(Self.proven, "manifest.json")))
        try await applyRevocation(order("version", .version(manifest), by: officers))
        try await attack(.versionRevoked, because: manifest.hex) {
            _ = try await begin("further", SoftChip().uid)
        } mended: {
            _ = try await begin("gamma", SoftChip().uid)
        }
    }
}
