import ChipPort
import Foundation
import Programmers
import Vocabulary

/// The OEM's hand reaches finished devices, as far as it was allowed and no further.
extension Company {
    func rework() async throws {
        let factory = factories[0]
        let batches = await factory.batches
        // The batch with one unlock, and the last one.
        let (bulbs, plugs) = (batches[1], batches[2])
        try await rotate(bulbs, at: factory)
        try await mend(bulbs, at: factory)
        let anew = await factory.chips(of: plugs)[0]
        let old = try await anew.probe { try await $0.status() }.signingKey
        try expectSuccess("reprovision", try await factory.service("reprovision", plugs, chip: anew))
        guard try await anew.probe({ try await $0.status() }).signingKey != old else {
            throw Refusal(FactoryBoxError.unexpected, "a re-provisioned chip kept its key")
        }
        await factory.remade(anew)
        narrator.passed("one plug made anew: wiped, new keys, new DAC", "no quota, 1 of 1 re-provisionings")
    }

    /// One unit gets another credential with its port shut, and is like the others to everybody else.
    private func rotate(_ batch: Factory.Batch, at factory: Factory) async throws {
        let chip = await factory.chips(of: batch)[0]
        let before = try await chip.probe { try await $0.status() }
        try expectSuccess("rotate", try await factory.service("rotate", batch, chip: chip))
        let after = try await chip.probe { try await $0.status() }
        guard let key = after.signingKey, key != before.signingKey, after.nextKey == nil, after.debugLocked,
            !after.debugOpen
        else { throw Refusal(FactoryBoxError.unexpected, "a rotated chip kept its key, or its port is open") }
        let beyond = try await factory.service("rotate", batch, chip: chip)
        guard beyond.status != 0, (beyond.output + beyond.errors).contains("edge.allowance.exhausted"),
            try await chip.probe({ try await $0.status() }).signingKey == key
        else { throw Refusal(FactoryBoxError.unexpected, "rotation beyond the allowance: exit \(beyond.status)") }
        narrator.passed("one bulb given another key and DAC, its port shut", "1 of 1 rotations, the next one refused")
    }

    /// One unit is opened within the batch's allowance and completed again; the next is beyond it.
    private func mend(_ batch: Factory.Batch, at factory: Factory) async throws {
        let chips = await factory.chips(of: batch)
        let (mended, other) = (chips[0], chips[1])
        let before = try await mended.probe { try await $0.status() }
        guard before.debugLocked, !before.debugOpen else {
            throw Refusal(FactoryBoxError.unexpected, "a finished chip's debug port is open")
        }
        try expectSuccess("rework", try await factory.service("rework", batch, chip: mended, ["--rewrite"]))
        for chip in [mended, other] {
            guard try await !chip.probe({ try await $0.status() }).debugOpen else {
                throw Refusal(FactoryBoxError.unexpected, "a debug port is open")
            }
        }
        narrator.passed("one bulb opened, mended, locked and completed again", "1 of 1 unlock of its own batch")
        let beyond = try await factory.service("rework", batch, chip: other, ["--rewrite"])
        guard beyond.status != 0, (beyond.output + beyond.errors).contains("edge.allowance.exhausted") else {
            throw Refusal(FactoryBoxError.unexpected, "rework beyond the allowance: exit \(beyond.status)")
        }
        narrator.passed("another bulb of that batch stays locked", "edge.allowance.exhausted")
    }

    nonisolated func expectSuccess(_ what: String, _ finished: Finished) throws {
        guard finished.status == 0 else {
            throw Refusal(
                FactoryBoxError.unexpected,
                "\(what): exit \(finished.status): \(finished.output.suffix(400)) \(finished.errors.suffix(300))"
            )
        }
    }
}
