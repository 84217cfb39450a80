import Vocabulary

/// A set of names in one column: sorted, with commas. Which names a column holds is closed, so a name that nobody knows
/// is a damaged row.
enum NameList {
    static func write<Name: RawRepresentable>(_ names: Set<Name>) -> SQLValue where Name.RawValue == String {
        .text(names.map(\.rawValue).sorted().joined(separator: ","))
    }

    static func read<Name: RawRepresentable & Hashable>(
        _ row: SQLRow,
        _ column: String,
        as type: Name.Type
    ) throws -> Set<Name> where Name.RawValue == String {
        Set(
            try row.text(column).split(separator: ",").map { name in
                guard let known = Name(rawValue: String(name)) else {
                    throw Refusal(PortalStoreError.type, "\(column): \(name.prefix(40))")
                }
                return known
            }
        )
    }

    static func one<Name: RawRepresentable>(_ row: SQLRow, _ column: String, as type: Name.Type) throws -> Name
    where Name.RawValue == String {
        guard let known = Name(rawValue: try row.text(column)) else { throw Refusal(PortalStoreError.type, column) }
        return known
    }
}
