import Crypto
import LineProtocol
import Programmers
import Silicon
import Statements
import StationCore
import Synchronization
import Testing
import Vocabulary

@Suite struct UnitFlowTests {
    private func requirePassed(_ site: FakeSite, _ outcome: UnitOutcome) {
        #expect(outcome.result == .passed || outcome.result == .passedBefore, "\(String(describing: outcome.refusal))")
        let unit = site.edge.state.withLock { $0.units[site.chip.uid] }
        #expect(unit?.completed == true && unit?.completions == 1)
        #expect(site.edge.state.withLock { $0.issued } == 1, "counted once")
        #expect(site.edge.state.withLock { $0.failed }.isEmpty)
        site.chip.state.withLock { chip in
            #expect(chip.locked && chip.locks == 1)
            #expect(chip.regions[.firmware] == site.firmware)
            #expect(chip.slots.count == 2)
        }
    }

    @Test(arguments: ChipFamily.allCases)
    func oneUnitPasses(_ family: ChipFamily) async throws {
        let site = FakeSite(chip: FakeChip(family: family))
        let steps = Mutex<[UnitStep]>([])
        let outcome = try await site.run { step, moment in
            if moment == .before { steps.withLock { $0.append(step) } }
        }
        requirePassed(site, outcome)
        #expect(steps.withLock { $0 } == UnitStep.allCases, "in their order, each once")
        #expect(outcome.serial?.text == "T1")
        let results = site.store.reports.withLock { $0.map(\.result) }
        #expect(results == [.begun, .passed])
        #expect(site.store.reports.withLock { $0.allSatisfy { $0.labelRecord != nil } })
        #expect(try await site.run().result == .passedBefore)
        #expect(site.edge.state.withLock { $0.issued } == 1)
    }

    /// The station loses its power before and after every step: the next start finishes the same unit.
    @Test(arguments: UnitStep.allCases, StepMoment.allCases)
    func stationIsCut(_ step: UnitStep, _ moment: StepMoment) async throws {
        for edgeRestarts in [false, true] {
            let site = FakeSite()
            await #expect(throws: PowerCut.self) {
                try await site.run { if $0 == step && $1 == moment { throw PowerCut() } }
            }
            if edgeRestarts { site.edge.restart() }
            requirePassed(site, try await site.run())
        }
    }

    /// The EdgeHSM forgets its holds while a unit is in work.
    @Test(arguments: UnitStep.allCases)
    func edgeRestartsInAStep(_ step: UnitStep) async throws {
        let site = FakeSite()
        let done = Mutex(false)
        let outcome = try await site.run { current, moment in
            guard current == step, moment == .before, !done.withLock({ $0 }) else { return }
            done.withLock { $0 = true }
            site.edge.restart()
        }
        requirePassed(site, outcome)
    }

    /// Each command to the chip breaks, before or after it took effect: it is repeated.
    @Test(
        arguments: [
            "identify", "status", "generateKeys", "writeFirmware", "writeFactoryData", "writeCredentials",
            "installSealedKey", "setSecurityFeatures", "readBack", "digest", "attestationSignature", "lockDebug",
        ],
        [false, true]
    )
    func chipIsCut(_ command: String, takesEffect: Bool) async throws {
        let site = FakeSite()
        site.chip.fail(command, Refusal(ProgrammerError.disconnected), takesEffect: takesEffect)
        requirePassed(site, try await site.run())
    }

    /// Each reply of the EdgeHSM is lost, before or after it took effect.
    @Test(arguments: ["begin", "issue", "factoryData", "sealKey", "permit", "complete"], [false, true])
    func replyIsLost(_ operation: String, takesEffect: Bool) async throws {
        let site = FakeSite()
        site.edge.fail(operation, Refusal(FakeEdgeError.lost), takesEffect: takesEffect)
        requirePassed(site, try await site.run())
    }

    /// After all attempts the unit stays open, and the line stops: the EdgeHSM is gone.
    @Test(arguments: ["issue", "factoryData", "sealKey", "permit", "complete"])
    func edgeStaysAway(_ operation: String) async throws {
        let site = FakeSite()
        let lost = Refusal(FakeEdgeError.unreachable)
        site.edge.fail(operation, lost, lost, lost, lost)
        let outcome = try await site.run()
        #expect(outcome.result == .unfinished && outcome.stopsLine && outcome.refusal == lost)
        #expect(site.edge.state.withLock { $0.failed }.isEmpty, "a unit is not given up for a link")
        requirePassed(site, try await site.run())
    }

    @Test(arguments: [FakeEdgeError.quota, .windowOver, .stopped])
    func lineStops(_ error: FakeEdgeError) async throws {
        let site = FakeSite()
        site.edge.fail("begin", Refusal(error))
        let outcome = try await site.run()
        #expect(outcome.result == .notBegun && outcome.stopsLine && outcome.refusal?.has(error) == true)
    }

    /// A chip that breaks for good is given up, with the code as the reason.
    @Test(arguments: [
        "generateKeys", "writeFirmware", "writeFactoryData", "writeCredentials", "setSecurityFeatures", "lockDebug",
    ])
    func brokenChipIsGivenUp(_ command: String) async throws {
        let site = FakeSite()
        site.chip.fail(command, Refusal(FakeChipError.flashFailed))
        let outcome = try await site.run()
        #expect(outcome.result == .failed && !outcome.stopsLine)
        #expect(outcome.refusal?.has(FakeChipError.flashFailed) == true)
        #expect(site.edge.state.withLock { $0.failed } == ["chip.flash.failed"])
        #expect(site.store.reports.withLock { $0.last?.result } == .failed)
        #expect(site.chip.state.withLock { $0.locks } == 0, "nothing irreversible was done")
    }

    /// A device that was given up may be tried again: as a new unit with new keys.
    @Test func aFailedUnitStartsAgainAsAnother() async throws {
        let site = FakeSite()
        site.chip.fail("writeCredentials", Refusal(FakeChipError.flashFailed))
        let first = try await site.run()
        let second = try await site.run()
        #expect(first.result == .failed && second.result == .passed)
        #expect(first.unit != second.unit)
        #expect(site.chip.state.withLock { $0.wipes } == 1)
        #expect(site.edge.state.withLock { $0.issued } == 2, "what was issued stays counted")
    }

    @Test(arguments: ["firmware", "factoryData", "unit", "uid", "edgeHSM", "key"])
    func aPermitForSomethingElseStopsTheLine(_ what: String) async throws {
        let site = FakeSite()
        let other = Digest256.of([42])
        site.edge.state.withLock { state in
            state.changePermit = { permit in
                let wrong = permit
                permit = ProgrammingPermit(
                    edgeHSM: what == "edgeHSM" ? EdgeHSMID(validated: "edge-2") : wrong.edgeHSM,
                    authorization: wrong.authorization,
                    unit: what == "unit" ? other : wrong.unit,
                    chipUID: what == "uid" ? ChipUID(validated: [UInt8](repeating: 3, count: 16)) : wrong.chipUID,
                    firmware: what == "firmware" ? other : wrong.firmware,
                    factoryData: what == "factoryData" ? other : wrong.factoryData,
                    secureBootKey: wrong.secureBootKey,
                    debugRoot: wrong.debugRoot,
                    socClass: wrong.socClass,
                    attestationNonce: wrong.attestationNonce,
                    attestationChallenge: wrong.attestationChallenge,
                    expiresAt: wrong.expiresAt
                )
            }
        }
        var environment = site.site()
        if what == "key" {
            environment.identityKey = P256Point(
                validated: Array(P256.Signing.PrivateKey().publicKey.x963Representation)
            )
        }
        let outcome = try await UnitFlow(site: environment, batch: site.edge.batch, shift: "s").run()
        #expect(outcome.refusal?.has(StationError.permitMismatch) == true && outcome.stopsLine)
        #expect(!site.chip.state.withLock { $0.commands }.contains("writeFirmware"), "nothing was written")
    }

    @Test func aCertificateForAnotherKeyStopsTheLine() async throws {
        let site = FakeSite()
        site.edge.state.withLock { $0.wrongKeyDAC = true }
        let outcome = try await site.run()
        #expect(outcome.refusal?.has(StationError.credentialMismatch) == true && outcome.stopsLine)
    }

    @Test func aForeignLabelIsNotLetThrough() async throws {
        let site = FakeSite()
        site.desk.scan.withLock { $0 = "MT:-24J0AFN00KA0648G00" }
        let outcome = try await site.run()
        #expect(outcome.refusal?.has(StationError.labelMismatch) == true && outcome.result == .unfinished)
        #expect(site.chip.state.withLock { $0.locks == 0 && $0.features == nil }, "no fuse is burnt")
        site.desk.scan.withLock { $0 = nil }
        requirePassed(site, try await site.run())
    }

    /// What can't be undone comes last: first all is read back, then the fuses, then the lock.
    @Test(arguments: ChipFamily.allCases)
    func fusesAreBurntAfterTheReadBack(_ family: ChipFamily) async throws {
        let site = FakeSite(chip: FakeChip(family: family))
        requirePassed(site, try await site.run())
        let commands = site.chip.state.withLock { $0.commands }
        let fuses = try #require(commands.firstIndex(of: "setSecurityFeatures"))
        let lock = try #require(commands.firstIndex(of: "lockDebug"))
        #expect(commands[..<fuses].count { $0 == "readBack" } >= 5, "five regions")
        #expect(!commands[fuses...].dropLast(commands.count - lock).contains("readBack"))
        #expect(fuses < lock)
    }

    @Test func contentThatCannotBeReadBackIsFoundBeforeAnyFuseIsBurnt() async throws {
        let site = FakeSite()
        site.chip.fail("readBack", Refusal(FakeChipError.flashFailed))
        let outcome = try await site.run()
        #expect(outcome.result == .failed)
        #expect(site.chip.state.withLock { $0.features == nil && $0.locks == 0 })
    }

    @Test func aDeviceThatCannotProveItsKeyIsGivenUp() async throws {
        let site = FakeSite(chip: FakeChip(attestationKey: P256.Signing.PrivateKey()))
        let outcome = try await site.run()
        #expect(outcome.result == .failed && outcome.refusal?.has(StationError.attestationInvalid) == true)
        #expect(site.chip.state.withLock { $0.locks } == 0)
    }

    @Test func alteredFirmwareNeverReachesAChip() async throws {
        let site = FakeSite()
        site.firmwareFaults.withLock { $0 = [[UInt8](repeating: 0, count: ReadFirmware.largestPiece)] }
        let outcome = try await site.run()
        #expect(outcome.refusal?.has(StationError.firmwareMismatch) == true && outcome.stopsLine)
        #expect(!site.chip.state.withLock { $0.commands }.contains("writeFirmware"))
    }

    @Test func aChipOfAnotherFamilyIsNotBegun() async throws {
        let site = FakeSite()
        let environment = site.site(chip: FakeChip(uid: 9, family: .virtualV))
        let outcome = try await UnitFlow(site: environment, batch: site.edge.batch, shift: "s").run()
        #expect(outcome.result == .notBegun && outcome.refusal?.has(StationError.familyMismatch) == true)
    }

    @Test func aLineStopsAtItsQuotaAndFinishesWhatItBegan() async throws {
        let site = FakeSite()
        site.edge.state.withLock { $0.quota = 5 }
        let places = Mutex<[Int]>([])
        let runner = LineRunner(
            batch: site.edge.batch,
            shift: "s",
            sites: 3,
            quantity: 20,
            makeSite: { _, place in site.site(chip: FakeChip(uid: UInt8(place))) },
            events: { if case .finished(_, let place, _, _) = $0 { places.withLock { $0.append(place) } } }
        )
        let summary = try await runner.run()
        #expect(summary.passed == 5 && summary.exitCode == 3)
        #expect(summary.stop?.code == "edge.quota.exhausted")
        #expect(places.withLock { $0.count } == summary.visited && summary.visited <= 8)
        #expect(site.edge.state.withLock { $0.issued } == 5)
    }
}
