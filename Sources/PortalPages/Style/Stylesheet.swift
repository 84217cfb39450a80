/// The one stylesheet, by hand: tokens, base, layout, components, data. No rule outside a layer, no framework.
enum Stylesheet {
    static let text =
        "@layer tokens, base, layout, components, data;\n" + tokens + base + layout + components + forms + doors + data
        + parts
}
