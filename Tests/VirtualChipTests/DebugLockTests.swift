import ChipPort
import Programmers
import Silicon
import Testing
import VirtualChip
import Vocabulary

struct DebugLockTests {
    /// Runs `body` on a finished unit with a locked port.
    private func locked(
        _ family: ChipFamily = .virtualN,
        _ body: @Sendable (StationStandIn) async throws -> Void
    ) async throws {
        let (product, bench) = try await (ProductFixture(), ChipBench(family))
        try await bench.powered { chip in
            let station = StationStandIn(product: product, bench: bench, chip: chip)
            try await station.provision()
            try await chip.lockDebug()
            try await body(station)
        }
    }

    private func expectAllRefused(_ code: String, _ station: StationStandIn, reading: Bool = true) async throws {
        let (chip, product) = (station.chip, station.product)
        let key = try #require(try await chip.status().signingKey)
        let credentials = try product.credentials(for: key)
        let seal = try product.seal(to: key, uid: station.bench.uid, nonce: .fresh())
        await expectRefusal(code) { try await chip.generateKeys(nonce: .fresh()) }
        await expectRefusal(code) { try await chip.writeFactoryData(product.factoryData(credentials)) }
        await expectRefusal(code) { try await chip.writeCredentials(credentials) }
        await expectRefusal(code) { try await chip.installSealedKey(seal) }
        await expectRefusal(code) { try await chip.writeFirmware(offset: 0, total: 4, chunk: [1, 2, 3, 4]) }
        await expectRefusal(code) { try await chip.setSecurityFeatures(product.features) }
        await expectRefusal(code) { try await chip.lockDebug() }
        await expectRefusal(code) { try await chip.wipe(.keys) }
        guard reading else { return }
        for region in ChipRegion.allCases {
            await expectRefusal(code) { try await chip.readBack(region, offset: 0, length: 1) }
            await expectRefusal(code) { try await chip.digest(region) }
        }
    }

    @Test func aLockedPortRefusesEveryDebugCommand() async throws {
        try await locked { station in
            try await expectAllRefused("chip.debug.locked", station)
            #expect(try await station.chip.status().lifecycle == .secured)
            _ = try await station.attest()
            _ = try await station.chip.attest(nonce: .fresh())
        }
    }

    @Test func theLockIsAFuse() async throws {
        let (product, bench) = try await (ProductFixture(), ChipBench(.virtualN))
        try await bench.powered { chip in
            await expectRefusal("chip.lock.unprepared") { try await chip.lockDebug() }
            try await StationStandIn(product: product, bench: bench, chip: chip).provision()
            try await chip.lockDebug()
        }
        try await bench.powered { chip in
            let status = try await chip.status()
            #expect(status.debugLocked)
            await expectRefusal("chip.debug.locked") { try await chip.wipe(.everything) }
        }
    }

    @Test func burntFusesKeepTheirValues() async throws {
        let (product, other, bench) = try await (ProductFixture(), ProductFixture(), ChipBench(.virtualN))
        try await bench.powered { chip in
            let features = product.features
            try await chip.setSecurityFeatures(features)
            try await chip.setSecurityFeatures(features)
            await expectRefusal("chip.fuse.burnt") { try await chip.setSecurityFeatures(other.features) }
            let otherClass = SecurityFeatures(
                secureBootKey: features.secureBootKey,
                debugRootKeyHash: features.debugRootKeyHash,
                socClass: 5
            )
            await expectRefusal("chip.fuse.burnt") { try await chip.setSecurityFeatures(otherClass) }
            let anyClass = SecurityFeatures(
                secureBootKey: features.secureBootKey,
                debugRootKeyHash: nil,
                socClass: 0
            )
            await expectRefusal("chip.fuse.invalid") { try await chip.setSecurityFeatures(anyClass) }
            #expect(try await chip.status().debugRootKeyHash == features.debugRootKeyHash)
            try await chip.wipe(.everything)
            #expect(try await chip.status().socClass == ProductFixture.socClass)
        }
    }

    @Test func adacOpensForItsPermissionsUntilReset() async throws {
        try await locked { station in
            let chip = station.chip
            let challenge = try await chip.startDebugSession()
            try await chip.openDebugPort(station.product.answer(challenge, of: station.bench.uid, .readFlash))
            #expect(try await chip.status().granted == .readFlash)
            #expect(try await chip.readBack(.firmware) == station.product.firmware)
            try await expectAllRefused("chip.debug.permission-missing", station, reading: false)
            try await chip.reset()
            try await expectAllRefused("chip.debug.locked", station)
        }
    }

    @Test func aTokenOpensOnlyOnce() async throws {
        try await locked { station in
            let chip = station.chip
            let challenge = try await chip.startDebugSession()
            let chain = try await station.product.answer(challenge, of: station.bench.uid, .rework)
            try await chip.openDebugPort(chain)
            try await chip.reset()
            await expectRefusal("programmer.debug.refused") { try await chip.openDebugPort(chain) }
            let next = try await chip.startDebugSession()
            #expect(next != challenge, "a challenge is fresh")
            await expectRefusal("programmer.debug.refused") { try await chip.openDebugPort(chain) }
            #expect(try await !chip.status().debugOpen)
        }
    }

    @Test func aNewChallengeKillsTheOneBefore() async throws {
        try await locked { station in
            let first = try await station.chip.startDebugSession()
            let chain = try await station.product.answer(first, of: station.bench.uid, .rework)
            _ = try await station.chip.startDebugSession()
            await expectRefusal("programmer.debug.refused") { try await station.chip.openDebugPort(chain) }
        }
    }

    @Test func answersForOthersAreRefused() async throws {
        let foreign = try await ProductFixture()
        try await locked { station in
            let (chip, product, uid) = (station.chip, station.product, station.bench.uid)
            let other = ChipUID(validated: [UInt8](repeating: 1, count: 16))
            func refuses(_ make: (ADACChallenge) async throws -> ADACChain) async throws {
                let chain = try await make(chip.startDebugSession())
                await expectRefusal("programmer.debug.refused") { try await chip.openDebugPort(chain) }
                #expect(try await !chip.status().debugOpen)
            }
            try await refuses { try await product.answer($0, of: other, .rework) }
            try await refuses { try await foreign.answer($0, of: uid, .rework) }
            // The right root and chip under another product's class.
            try await refuses { challenge in
                let key = product.debugIntermediate
                let middle = try ProductFixture.certificate(
                    .intermediate,
                    key,
                    by: product.debugRoot,
                    .all,
                    socClass: 0x78
                )
                return try await ADACAuthentication(root: product.root, intermediate: middle).answer(
                    challenge,
                    of: uid,
                    approved: .rework,
                    leafKey: key.point,
                    signLeaf: key.sign,
                    signToken: key.sign
                )
            }
            // The intermediate itself in the place of the leaf.
            try await refuses { challenge in
                let body = ADACToken.toBeSigned(requested: .rework, challenge: challenge)
                let token = try ADACToken(requested: .rework, signature: product.debugIntermediate.sign(body))
                return ADACChain(certificates: [product.root, product.intermediate], token: token)
            }
            // Everything right: the port opens.
            let challenge = try await chip.startDebugSession()
            try await chip.openDebugPort(product.answer(challenge, of: uid, .rework))
            #expect(try await chip.status().debugOpen)
        }
    }

    @Test func withoutDebugRootTheLockIsForEver() async throws {
        let (product, bench) = try await (ProductFixture(), ChipBench(.virtualN))
        try await bench.powered { chip in
            let features = SecurityFeatures(
                secureBootKey: product.firmwareKey.point,
                debugRootKeyHash: nil,
                socClass: ProductFixture.socClass
            )
            try await chip.setSecurityFeatures(features)
            try await chip.lockDebug()
            await expectRefusal("programmer.debug.refused") { try await chip.startDebugSession() }
        }
    }

    @Test(arguments: [(ChipFamily.virtualN, true), (.virtualV, false)])
    func aPortThatCouldReadTheKeyStoreExposesTheKey(_ family: ChipFamily, _ exposes: Bool) async throws {
        try await locked(family) { station in
            let chip = station.chip
            func open(_ permissions: ADACPermissions) async throws {
                let challenge = try await chip.startDebugSession()
                try await chip.openDebugPort(station.product.answer(challenge, of: station.bench.uid, permissions))
            }
            try await open(.rework)
            #expect(try await !chip.status().exposed)
            try await open(.secureMemory)
            #expect(try await chip.status().exposed == exposes)
            try await chip.reset()
            #expect(try await chip.status().exposed == exposes, "exposed stays so over a reset")
            try await station.rework()
            #expect(try await !chip.status().exposed, "a wipe ends it")
            _ = try await chip.generateKeys(nonce: .fresh())
            #expect(try await !chip.status().exposed)
        }
    }
}
