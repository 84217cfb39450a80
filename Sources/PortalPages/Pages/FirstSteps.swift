import PortalProtocol
import Vocabulary

/// How far a portal is on which nothing is made yet, and what comes next: offered to whoever can do it, told to all others
/// with the name of who does it.
public struct FirstSteps: Sendable {
    let hasProduct, hasODM, hasApproved: Bool

    /// - Parameters:
    ///   - hasProduct: the viewer sees one at least.
    ///   - hasODM: an ODM is in the portal.
    ///   - hasApproved: a version of a product is approved.
    public init(hasProduct: Bool = false, hasODM: Bool = false, hasApproved: Bool = false) {
        (self.hasProduct, self.hasODM, self.hasApproved) = (hasProduct, hasODM, hasApproved)
    }

    func empty(_ viewer: Viewer) -> Empty { viewer.isOEM ? ofOEM(viewer) : ofODM(viewer) }

    private func ofOEM(_ viewer: Viewer) -> Empty {
        let isAdmin = viewer.roles.contains(.oemAdmin)
        let (title, text, next): (String, String, Button) =
            if !hasProduct {
                (
                    "First comes a product",
                    "Then the ODM that makes it, then its factory. Each step leads to the next.",
                    Button("Set up the first product", "/products/new", style: .primary)
                )
            } else if !hasODM {
                (
                    "Next comes the ODM",
                    "The one that makes the product. Its people prepare versions; then its factory is enrolled.",
                    Button("Invite an ODM", "/people/invite?kind=odm", style: .primary)
                )
            } else {
                (
                    "Next comes the factory", "Its page leads on, step by step, to its first device.",
                    Button("Enrol a factory", "/factories/new", style: .primary)
                )
            }
        return isAdmin
            ? Empty(.factory, title, .text(text), [next])
            : Empty(.factory, title, "\(text) An OEM admin does that.")
    }

    private func ofODM(_ viewer: Viewer) -> Empty {
        guard hasProduct else {
            return Empty(
                .product,
                "No product yet",
                "An OEM admin invites you into the workspace of a product. Then it is here, and you go on."
            )
        }
        let factory = "An OEM admin enrols your factory: tell them its town and its time zone."
        guard viewer.roles.contains(.odmEngineer) else {
            return Empty(
                .factory,
                "No factory of yours yet",
                "\(factory) Batches can be made once it is there and the officers have approved a version."
            )
        }
        return hasApproved
            ? Empty(.factory, "No factory of yours yet", .text(factory), [Button("Go to products", "/products")])
            : Empty(
                .factory,
                "No factory of yours yet",
                "\(factory) Meanwhile prepare the first version, which the OEM's officers approve.",
                [Button("Prepare a version", "/products", style: .primary)]
            )
    }
}
