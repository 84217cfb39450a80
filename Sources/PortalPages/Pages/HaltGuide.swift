import PortalProtocol
import Vocabulary

/// What somebody does about an EdgeHSM whose journal contradicts itself, by what they may do: at three in the morning nobody
/// looks for it in a manual.
struct HaltGuide {
    let edge: EdgeHSMID
    /// What its journal is: `forked`, `restored`, `truncated`.
    let kind: String
    let factory: FactoryID

    private var place: String { "/factories/\(factory.text)/edges/\(edge.text)" }

    /// For the head of the page that it stands on; nil where nothing is stopped.
    static func box(_ stopped: [HaltGuide], _ viewer: Viewer) -> Box? {
        guard !stopped.isEmpty else { return nil }
        let guides = stopped.enumerated().map { index, guide -> Markup in
            let name: Markup = stopped.count == 1 ? .empty : "<h3>\(guide.edge.text)</h3>"
            return name + guide.steps(viewer, "halt-\(index)")
        }
        return Box(
            "halt",
            "What to do now",
            guides.joined(),
            note: .text(stopped.map { "\($0.edge.text): \($0.kind)" }.joined(separator: ", "))
        )
    }

    private func steps(_ viewer: Viewer, _ id: String) -> Markup {
        let steps = viewer.isOEM ? atOEM(viewer, id) : atFactory
        let items = steps.enumerated().map { index, step -> Markup in
            "<li class=\"\(index == 0 ? "now" : "later")\"><h3>\(step.0)</h3><div class=\"muted small\">\(step.1)</div></li>"
        }
        return "<ol class=\"steps\">\(items.joined())</ol>"
    }

    private var atFactory: [(Markup, Markup)] {
        [
            (
                "Leave \(edge.text) powered and as it is",
                "Don't restart it, restore a backup, exchange its disk or its token, or start a second one: each makes it harder to say what happened."
            ),
            (
                "Call the OEM",
                "Say what was done to it in the last days: a disk that was set back, a repair, a copy. Only the OEM's officers can lift the stop; nothing at the factory can."
            ),
            (
                "Make new batches on another EdgeHSM",
                "This one gets no package, and no batch can be granted to it. What it certified before stands."
            ),
        ]
    }

    private func atOEM(_ viewer: Viewer, _ id: String) -> [(Markup, Markup)] {
        let isOfficer = viewer.roles.contains(.oemSecurityOfficer)
        let orders: Markup = .link("Officers' orders", "/keys/orders")
        let importing: Markup =
            viewer.roles.contains(.oemAdmin)
            ? "Then import it under \(orders): it counts at once." : "Then an OEM admin imports it under \(orders)."
        return [
            (
                "Have the factory leave it powered and as it is",
                "No restart, no restored disk, no second one. Ask whether a disk was set back or a copy of it runs."
            ),
            (
                "Compare what it signed",
                "Both versions are kept as \(.link("evidence", "\(place)#evidence")) on its page. Neither ends the stop, and no order makes them one again."
            ),
            isOfficer
                ? (
                    "Either: the cause is known and no copy runs. Leave it in service",
                    "\(lifting(id)) \(importing)"
                )
                : (
                    "Either: the cause is known and no copy runs. The officers leave it in service",
                    "They sign an order for \(edge.text) that gives up allotment or resets its clock, issued after the finding, with the word <b>\(kind)</b> in its reason. \(importing)"
                ),
            (
                "Or: nobody is sure, or a copy may run. Take it out for good",
                "No order makes it trusted again. The officers sign one order a product that declares it dead (<code>retireEdgeHSM</code>), and one that revokes it (<code>revoke</code>, kind <code>edgeHSM</code>); the next approvals allot the rest elsewhere. A new appliance is a new enrolment."
            ),
        ]
    }

    /// The order that takes nothing from it: it keeps the allotment that it has.
    private func lifting(_ id: String) -> Markup {
        let order = """
            {"order":{"kind":"releaseAllotment","edgeHSM":"\(edge.text)",
              "product":"PRODUCT","units":ALLOTMENT,"sequence":APPROVAL},
             "reason":"\(kind): CAUSE, both journals compared",
             "issuedAt":"TIME","expiresAt":"TIME"}
            """
        let command = """
            obis order order.json --out order.env
            obis approve order.env --token officer.json --role-keys role-keys.json
            """
        return """
            With the allotment of one product and the number of its newest approval, both on \(.link("the product's page", "/products")), the order takes nothing away. \
            It ends the stop if its reason says <b>\(kind)</b> and it is issued after the finding: \
            \(Markup.of(CodeBlock(order, id: "\(id)-order", label: "order.json")))\
            \(Markup.of(CodeBlock(command: command, id: "\(id)-command", label: "Commands for the order")))
            """
    }
}

extension FactoryProgress {
    /// What is said before all else where officers have to decide.
    func haltNotes(_ viewer: Viewer) -> [Note] {
        let orders: Markup = viewer.isOEM ? " or \(.link("officers' orders", "/keys/orders"))" : .empty
        return edges.compactMap { edge in
            edge.halted.map { kind in
                Note(
                    .bad,
                    "\(edge.edgeHSM.text) at \(factory.name) is stopped: its journal is \(kind)",
                    """
                    It gets no package, and no batch can be granted to it, until the OEM's officers decide. What it certified before stands. \
                    See \(.link("what to do now", "/factories/\(factory.id.text)#halt"))\(orders).
                    """
                )
            }
        }
    }
}
