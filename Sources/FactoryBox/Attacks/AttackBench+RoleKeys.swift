import Foundation
import LineProtocol
import Statements
import Vocabulary

/// RoleKeys change while packages and orders are on their way: a newer version counts, an old or expired one does not.
extension AttackBench {
    func attackRoleKeys() async throws {
        let day = Self.day
        let (olivia, oscar, otto) = (oem.officers[0], oem.officers[1], oem.officers[2])
        _ = try await order("retired", .authorization(Digest256.of([1])), by: [olivia, oscar])
        _ = try await order("downgraded", .authorization(Digest256.of([2])), by: [olivia, oscar])
        let opal = try await retireOlivia()
        let iota = try await package("iota", BatchTerms(quantity: 1))
        try await attack(.roleKeysWithheld) {
            try await load(iota, as: "nothing")
        } mended: {
            try await apply(roleKeys: [roleKeys(2)])
            try await load(iota, as: "iota")
        }
        let retired = try Files.envelope(world.path("attacks", "orders", "retired.json"))
        try await attack(.retiredOfficer, because: "1 of 2") {
            try await apply([retired])
        } mended: {
            try await applyRevocation(countersign("retired", by: otto))
        }
        _ = try await order("after", .authorization(Digest256.of([3])), by: [oscar])
        try await attack(.retiredSigns) {
            try await signByProgram("after", olivia)
        } mended: {
            try await signByProgram("after", otto)
        }
        let downgraded = try Files.envelope(world.path("attacks", "orders", "downgraded.json"))
        try await attack(.roleKeysDowngraded, because: "1 of 2") {
            try await apply(roleKeys: [roleKeys(1)], [downgraded])
        } mended: {
            try await applyRevocation(countersign("downgraded", by: otto), roleKeys: [roleKeys(1)])
        }
        let kappa = try await package("kappa", BatchTerms(quantity: 1, closes: 40 * day))
        try clock.set(31 * day)
        // Certificates of the line last 30 days: the operator certifies the Factory Service again.
        _ = try await enrol("service-late", "service")
        try await attack(.roleKeysExpired) {
            try await load(kappa, as: "nothing")
        } mended: {
            let expiry = oem.start + 90 * day
            try await site.hold("RoleKeys 3: a later expiry") {
                $0.roleKeysVersion = 3
                $0.expiresAt = expiry
            }
            try await apply(roleKeys: [roleKeys(3)])
            try await load(kappa, as: "kappa")
        }
        try await attackStolenKey(of: oscar, otto: otto, opal: opal)
        try await informFirstBox()
    }

    private func signByProgram(_ name: String, _ officer: OEM.Officer) async throws {
        let file = world.path("attacks", "orders", name + ".json")
        let digits = String(try Files.envelope(file).statementID.hex.prefix(8))
        try await obis(
            [
                "approve", file, "--token", officer.tokenFile, "--role-keys", oem.roleKeys, "--memory",
                officer.host.path("memory"), "--confirm", digits,
            ],
            on: officer.host
        )
    }

    private func roleKeys(_ version: Int) throws -> Envelope {
        try Files.envelope(oem.roleKeys + "/000\(version).json")
    }

    private func retireOlivia() async throws -> OEM.Officer {
        // She was one of the two who signed the first box's enrolment: somebody who stays signs it before she leaves.
        try await oem.approve(oem.enrolment(of: site.edge.id), by: [oem.officers[2]])
        let opal = try await OEM.makeOfficer("opal", in: world)
        let officers = [oem.officers[1], oem.officers[2], opal]
        try await site.hold("RoleKeys 2: Olivia leaves, Opal comes") {
            $0.roleKeysVersion = 2
            $0.officers = officers
        }
        return opal
    }

    /// Oscar's key is stolen, and revoked as such: an approval stands on the signatures of the others alone.
    private func attackStolenKey(of oscar: OEM.Officer, otto: OEM.Officer, opal: OEM.Officer) async throws {
        let officers = try RoleKeys.read(payload: roleKeys(3).payload).officers
        guard let key = officers.first(where: { $0.name.text == oscar.name })?.key else {
            throw Refusal(FactoryBoxError.unexpected, "no officer \(oscar.name)")
        }
        try await applyRevocation(order("stolen", .roleKey(key.keyID), by: [otto, opal]))
        let terms = BatchTerms(quantity: 1, closes: 40 * Self.day)
        let unsound = try await package("pi", terms)
        try await attack(.signerCompromised) {
            try await load(unsound, as: "nothing")
        } mended: {
            try await oem.approve(site.office.productFile(Self.product, "approval.json"), by: [opal])
            try await load(package("pi", terms), as: "pi")
        }
    }

    /// The box of the line learns of the new RoleKeys by a file too, so that the OEM has one present.
    private func informFirstBox() async throws {
        let bundle = world.path("attacks", "bundle.json")
        try await oem.ceremonyRoom.run(
            "obis",
            ["bundle", "--role-keys", oem.roleKeys, "--after", "1", "--out", bundle]
        )
        try await site.factory.run(["load", bundle])
    }
}
