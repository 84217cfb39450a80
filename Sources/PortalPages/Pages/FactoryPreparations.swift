import PortalProtocol
import Vocabulary

/// Products that come to a factory: what its EdgeHSMs made for the ceremony, and what the ceremony made of it.
extension FactoryPage {
    static func preparations(_ content: Content, _ viewer: Viewer, _ now: Instant) -> Markup {
        let place = "/factories/\(content.progress.factory.id.text)"
        let rows = content.edges.flatMap { edge in
            edge.preparations.map { preparation -> [Markup] in
                let file: Markup =
                    viewer.isOEM && preparation.receivedAt != nil
                    ? .link(
                        "For the ceremony",
                        "\(place)/preparations/\(preparation.edgeHSM.text)/\(preparation.product.text)/preparation.json"
                    ) : .none
                let box: Markup = .link(preparation.edgeHSM.text, "\(place)/edges/\(preparation.edgeHSM.text)")
                return [
                    .link(preparation.product.text, "/products/\(preparation.product.text)"),
                    edge.journal.halted == nil ? box : .sub(box, .stopped(edge.journal.halted)),
                    edge.journal.halted == nil ? preparation.state : preparation.stoppedState,
                    file,
                    .code("\(preparation.vendorID) / \(preparation.productID)"), .ago(preparation.askedAt, now: now),
                ]
            }
        }
        return .table(
            "Preparations",
            [
                .init("Product"), .init("EdgeHSM", .tight), .init("PAI and debug keys", .tight), .init("File", .tight),
                .init(ReviewWords.ids, .tight), .init("Asked", .tight),
            ],
            rows,
            empty: Empty(
                .key,
                "Nothing was prepared through the portal",
                "A new product at a running factory needs no travel: the EdgeHSM makes the keys, the OEM's ceremony certifies them."
            )
        )
    }

    static func preparationActions(_ content: Content, _ place: String, _ viewer: Viewer) -> [Button] {
        guard viewer.roles.contains(.oemAdmin), !content.edges.isEmpty else { return [] }
        return [
            Button(
                "Import certificates",
                "\(place)?do=certificates",
                icon: .upload,
                dialog: "dialog-certificates",
                isSmall: true
            )
        ]
    }

    /// For the one that the ceremony was held for: what waits comes first.
    static func certificateDialog(
        _ content: Content,
        _ place: String,
        _ form: FormState,
        _ opened: String?
    ) -> DialogForm {
        let products = Set(content.edges.flatMap(\.preparations).map(\.product.text))
        let waiting = content.edges.flatMap(\.preparations).filter { $0.receivedAt != nil && $0.certificates == nil }
        return DialogForm(
            "certificates",
            "Import certificates",
            "Choose or paste the file that the ceremony wrote for one EdgeHSM and product. Certificates for other keys are refused.",
            action: place,
            form: form,
            fields: [
                .select(
                    form,
                    "edge",
                    "EdgeHSM",
                    content.edges.map { ($0.journal.edgeHSM.text, $0.journal.edgeHSM.text, .empty) },
                    value: waiting.first?.edgeHSM.text ?? ""
                ),
                .select(
                    form,
                    "product",
                    "Product",
                    products.union(content.products.map(\.text)).sorted().map { ($0, $0, .empty) },
                    value: waiting.first?.product.text ?? ""
                ),
                .document(form, "file", "Content of the ceremony's file", help: "The whole file, unchanged."),
            ],
            submit: Button("Import certificates", style: .primary),
            isOpen: opened == "certificates"
        )
    }
}
