import Crypto
import LineProtocol
import Silicon
import Statements
import Vocabulary

/// What a hostile station tries with chips of its own making.
extension AttackBench {
    func attackUnits() async throws {
        let (first, second, third) = (SoftChip(), SoftChip(), SoftChip())
        try await make("alpha", first)
        try await make("alpha", second)
        try await attack(.beyondQuantity) {
            try await make("alpha", third)
        } mended: {
            try await make("beta", third)
        }
        try await attackRequests(seen: third)
        try await attackSeals()
    }

    private func attackRequests(seen: SoftChip) async throws {
        let (target, other) = (SoftChip(), SoftChip())
        let begun = try await begin("beta", target.uid)
        let elsewhere = try await begin("beta", other.uid)
        try await attack(.otherUID) {
            try await issue("beta", begun.unit, other.request(elsewhere.nonce))
        } mended: {
            try await issue("beta", begun.unit, target.request(begun.nonce))
        }
        let again = try await begin("beta", other.uid)
        try await attack(.staleNonce) {
            try await issue("beta", again.unit, other.request(elsewhere.nonce))
        } mended: {
            try await issue("beta", again.unit, other.request(again.nonce))
        }
        let clone = SoftChip(key: seen.key)
        let honest = SoftChip(uid: clone.uid)
        let held = try await begin("beta", clone.uid)
        try await attack(.keySeenBefore) {
            try await issue("beta", held.unit, clone.request(held.nonce))
        } mended: {
            try await issue("beta", held.unit, honest.request(held.nonce))
        }
    }

    /// A product key goes to the key-agreement key that the chip signed, and to no other.
    private func attackSeals() async throws {
        let (chip, station) = (SoftChip(), SoftChip())
        let begun = try await begin("beta", chip.uid)
        try await attack(.swappedAgreementKey) {
            try await issue("beta", begun.unit, chip.request(begun.nonce, swapping: station.agreementKey))
        } mended: {
            try await issue("beta", begun.unit, chip.request(begun.nonce))
        }
        let resumed = try await begin("beta", chip.uid)
        try await attack(.sealUnattested) {
            _ = try await seal(begun.unit)
        } mended: {
            try await issue("beta", begun.unit, chip.request(resumed.nonce))
            _ = try await seal(begun.unit)
        }
        let impostor = SoftChip(uid: chip.uid)
        let once = try await begin("beta", chip.uid)
        try await attack(.stationsRequest) {
            try await issue("beta", once.unit, impostor.request(once.nonce))
        } mended: {
            try await issue("beta", once.unit, chip.request(once.nonce))
            let sealed = try await seal(once.unit)
            _ = try open(sealed, as: chip)
            guard (try? open(sealed, as: impostor)) == nil else {
                throw Refusal(FactoryBoxError.unexpected, "the station opened a chip's product key")
            }
        }
    }

    private func seal(_ unit: Digest256) async throws -> SealKey.Reply {
        try await client("station").ask(
            SealKey.self,
            .init(authorization: loaded("beta"), unit: unit, slot: KeySlot("ota"))
        )
    }

    private func open(_ sealed: SealKey.Reply, as chip: SoftChip) throws -> Int {
        try ProductKeySeal.open(
            ephemeral: sealed.ephemeral,
            wrapped: sealed.wrapped.bytes,
            info: sealed.info.bytes,
            with: chip.agreement
        ).bitCount
    }

    // MARK: Races

    func attackByRacing() async throws {
        try await raceLastUnit()
        try await raceChip()
        try await raceKey()
    }

    private func raceLastUnit() async throws {
        let chips = [SoftChip(), SoftChip()]
        let begun = [
            try await begin("single", chips[0].uid),
            try await begin("single", chips[1].uid, by: "rival"),
        ]
        let requests = try zip(chips, begun).map { try $0.request($1.nonce) }
        var loser = 1
        try await attack(.raceLastUnit) {
            let outcome = try await race {
                try await self.issue("single", begun[0].unit, requests[0])
            } _: {
                try await self.issue("single", begun[1].unit, requests[1], by: "rival")
            }
            loser = 1 - outcome.winner
            throw outcome.refusal
        } mended: {
            try await make("gamma", chips[loser])
        }
    }

    private func raceChip() async throws {
        let left = SoftChip()
        let right = SoftChip(uid: left.uid)
        let begun = try await begin("gamma", left.uid)
        let requests = [try left.request(begun.nonce), try right.request(begun.nonce)]
        var winner = 0
        try await attack(.raceChip) {
            let outcome = try await race {
                try await self.issue("gamma", begun.unit, requests[0])
            } _: {
                try await self.issue("gamma", begun.unit, requests[1], by: "rival")
            }
            winner = outcome.winner
            throw outcome.refusal
        } mended: {
            let reply = try await issue("gamma", begun.unit, requests[winner], by: "rival")
            guard reply.isRepeat else { throw Refusal(FactoryBoxError.unexpected, "the chip got a second DAC") }
        }
    }

    private func raceKey() async throws {
        let left = SoftChip()
        let right = SoftChip(key: left.key)
        let begun = [
            try await begin("gamma", left.uid),
            try await begin("gamma", right.uid, by: "rival"),
        ]
        let requests = [try left.request(begun[0].nonce), try right.request(begun[1].nonce)]
        var loser = 1
        try await attack(.raceKey) {
            let outcome = try await race {
                try await self.issue("gamma", begun[0].unit, requests[0])
            } _: {
                try await self.issue("gamma", begun[1].unit, requests[1], by: "rival")
            }
            loser = 1 - outcome.winner
            throw outcome.refusal
        } mended: {
            let own = SoftChip(uid: [left, right][loser].uid)
            try await issue(
                "gamma",
                begun[loser].unit,
                own.request(begun[loser].nonce),
                by: loser == 0 ? "station" : "rival"
            )
        }
    }
}
