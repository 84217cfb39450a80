import PortalProtocol
import Vocabulary

extension EdgePage {
    /// What its newest checkpoint says of each package: batches by name, those with units left first.
    static func accounts(_ content: Content, _ now: Instant) -> Markup {
        let open = content.journal.accounts.filter { $0.remaining > 0 }
        let rest = content.journal.accounts.filter { $0.remaining <= 0 }
        return .table(
            "Batches loaded",
            [
                .init("Batch"), .init("State", .tight), .init("Granted", .number), .init("Issued", .number),
                .init("Burned", .number), .init("Returned", .number), .init("Not yet issued", .number),
            ],
            (open + rest).map { account in
                let batch = content.batches[account.authorization]
                let devices = "/devices?batch=\(account.authorization.hex)"
                return [
                    batch.map(name)
                        ?? .sub(
                            "<a href=\"\(devices)\">\(.digest(account.authorization.hex))</a>",
                            "an authorization that was not granted here"
                        ),
                    batch?.cell(at: now) ?? .none,
                    .number(account.granted),
                    account.issued == 0 ? .number(0) : .link(Format.number(account.issued), devices),
                    .number(account.burned), .number(account.returned), .number(account.remaining),
                ]
            },
            empty: Empty(
                .batch,
                "No authorization is loaded",
                "A batch that is granted here stands in this list once the EdgeHSM has loaded its package."
            )
        )
    }

    private static func name(_ batch: Batch) -> Markup {
        .sub(
            .link(batch.batch.text, "/batches/\(batch.id.text)"),
            "\(.link(batch.product.text, "/products/\(batch.product.text)")) \(batch.version.text)"
        )
    }
}
