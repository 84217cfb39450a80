extension Markup {
    /// Fields that narrow a list: in sight where there is room, behind their word where there is not.
    ///
    /// - Parameter isOpen: some of them are set.
    static func fold(_ title: String, _ content: Markup, isOpen: Bool) -> Markup {
        """
        <details class="fold"\(isOpen ? " open" : "")><summary>\(Icon.filter.markup)\(title)</summary>\
        <div>\(content)</div></details>
        """
    }

    /// A filter that no field shows, and the way out of it.
    static func chip(_ name: String, _ value: Markup, without address: String) -> Markup {
        """
        <span class="chip"><span class="muted">\(name)</span> \(value) \
        <a href="\(address)">\(Icon.cross.markup)<span class="sr">Without: \(name)</span></a></span>
        """
    }
}
