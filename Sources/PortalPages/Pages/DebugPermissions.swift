import PortalProtocol
import Vocabulary

/// A mask of ADAC permissions (DEN0101) as people read it: bit n is bit n % 8 of octet n / 8.
struct DebugPermissions {
    struct Choice: Sendable {
        let name: String
        let sentence: String
    }

    /// What the bits mean to the chip families of this release, from bit 0 on.
    static let choices = [
        Choice(name: "read flash", sentence: "Read firmware and factory data out of the chip."),
        Choice(name: "write flash", sentence: "Write firmware, factory data and credentials: what rework needs."),
        Choice(
            name: "see secure memory",
            sentence: "Halt and inspect secure code. Where keys can be read so, a unit counts as exposed afterwards."
        ),
        Choice(name: "wipe", sentence: "Erase keys, or everything: what goes back to zero."),
    ]

    private let hex: String
    init(_ mask: SixteenOctets) { hex = mask.text }

    private var bits: [Int]? { Self.bits(hex) }

    private static func bits(_ hex: String) -> [Int]? {
        guard let octets = try? Hex.decode(hex) else { return nil }
        return octets.enumerated().flatMap { index, octet in
            (0..<8).filter { octet >> UInt8($0) & 1 == 1 }.map { index * 8 + $0 }
        }
    }

    private static func mask(_ bits: some Sequence<Int>) -> String {
        var octets = [UInt8](repeating: 0, count: 16)
        for bit in bits where (0..<128).contains(bit) { octets[bit / 8] |= 1 << UInt8(bit % 8) }
        return Hex.encode(octets)
    }

    /// `read flash, write flash, wipe`; what has no word is counted, nothing is left out.
    var words: String {
        guard let bits else { return hex }
        if bits.isEmpty { return "none" }
        if bits.count == 128 { return "everything that the chip has" }
        let others = bits.filter { $0 >= Self.choices.count }
        let known = bits.filter { $0 < Self.choices.count }.map { Self.choices[$0].name }
        let rest = others.isEmpty ? [] : ["\(others.count) that have no name here"]
        return (known + rest).joined(separator: ", ")
    }

    /// The words, and the mask without its zeros at the end.
    var markup: Markup {
        let end = hex.lastIndex { $0 != "0" }.map { hex.distance(from: hex.startIndex, to: $0) + 1 } ?? 0
        let kept = max(4, end + end % 2)
        let short = kept < hex.count ? "0x\(hex.prefix(kept))…" : "0x\(hex)"
        return .sub(.text(words), "<code class=\"digest\" title=\"\(hex)\">\(short)</code>")
    }
}

/// A mask in a form: what has a name is ticked, what has none is added as a mask.
public enum DebugPermissionFields {
    /// The field of the ticks, and that of the mask.
    public static let (ticks, rest) = ("permissions", "debugPermissions")

    /// What the two fields say together. A mask that is none stays as it is, for whoever judges it.
    public static func mask(ticks: String, rest: String) -> String {
        let rest = rest.filter { !$0.isWhitespace }
        guard let others = rest.isEmpty ? [] : DebugPermissions.parsed(rest) else { return rest }
        let ticked = bits(of: ticks).filter { $0 < DebugPermissions.choices.count }
        return DebugPermissions.joined(ticked + others)
    }

    /// `bit-0,bit-3`.
    private static func bits(of ticks: String) -> [Int] {
        ticks.split(separator: ",").compactMap { $0.hasPrefix("bit-") ? Int($0.dropFirst(4)) : nil }
    }

    /// - Parameters:
    ///   - value: the mask that the form starts from.
    ///   - most: what may be ticked; nil: everything.
    static func fields(_ form: FormState, value: String, most: SixteenOctets? = nil) -> (Markup, [Field]) {
        let bits = DebugPermissions.parsed(value) ?? []
        let named = bits.filter { $0 < DebugPermissions.choices.count }
        let others = bits.filter { $0 >= DebugPermissions.choices.count }
        let isBack = !form.values.isEmpty
        let chosen = isBack ? Set(Self.bits(of: form.values[ticks] ?? "")) : Set(named)
        let allowed = most.flatMap { DebugPermissions.parsed($0.text) }.map { Set($0) }
        let ticked = Field.checks(
            form,
            ticks,
            "Debug permissions",
            DebugPermissions.choices.enumerated().map { index, choice in
                ("bit-\(index)", choice.name.prefix(1).uppercased() + choice.name.dropFirst())
            },
            help: most == nil
                ? "The most that any version may ever allow. None ticked: the debug port stays shut."
                : "Within what the product allows. None ticked: the debug port stays shut."
        )
        let mask = Field.input(
            form,
            rest,
            "Further permissions, as a mask",
            help:
                "Only where the chip has bits of its own beyond these: 32 hexadecimal digits, added to what is ticked.",
            value: others.isEmpty ? "" : DebugPermissions.joined(others),
            isRequired: false,
            extra: "class=\"long mono\" spellcheck=\"false\" autocomplete=\"off\""
        )
        return (markup(ticked, chosen, allowed) + "<div class=\"fields\">\(Markup.of(mask))</div>", [ticked, mask])
    }

    private static func markup(_ field: Field, _ chosen: Set<Int>, _ allowed: Set<Int>?) -> Markup {
        let described = field.error == nil ? "\(field.id)-help" : "\(field.id)-help \(field.id)-error"
        let invalid: Markup = field.error == nil ? .empty : " aria-invalid=\"true\""
        let options = DebugPermissions.choices.enumerated().map { index, choice -> Markup in
            let id = "\(field.id)-\(index)"
            let name = choice.name.prefix(1).uppercased() + choice.name.dropFirst()
            let isBeyond = allowed.map { !$0.contains(index) } ?? false
            let beyond: Markup = isBeyond ? " Not allowed by the product." : .empty
            return """
                <div class="check"><input type="checkbox" id="\(id)" name="\(field.name)" value="bit-\(index)"\
                \(chosen.contains(index) ? " checked" : "")\(invalid) aria-describedby="\(id)-words">\
                <div><label for="\(id)">\(name)</label><p class="help" id="\(id)-words">\(choice.sentence)\(beyond)</p></div></div>
                """
        }
        let error: Markup =
            field.error.map {
                "<p class=\"error\" id=\"\(field.id)-error\">\(Icon.warning.markup)<span>\($0)</span></p>"
            } ?? .empty
        return """
            <fieldset class="field permissions" id="\(field.id)" tabindex="-1" aria-describedby="\(described)"><legend>\(field.label)</legend>\
            <p class="help" id="\(field.id)-help">\(field.help ?? "")</p><div class="choices">\(options.joined())</div>\(error)</fieldset>
            """
    }
}

extension DebugPermissions {
    /// Bits of a mask of 16 octets; nil for anything else.
    fileprivate static func parsed(_ hex: String) -> [Int]? {
        (try? SixteenOctets(hex)).flatMap { bits($0.text) }
    }

    fileprivate static func joined(_ bits: [Int]) -> String { mask(bits) }
}
