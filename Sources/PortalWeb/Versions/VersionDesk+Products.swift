import Governance
import KeyCustody
import PortalCore
import PortalProtocol
import PortalStore
import Statements
import Vocabulary

extension VersionDesk {
    func products(_ context: MemberContext, _ query: PageQuery) async throws -> Page<Product> {
        let odm = context.limitedTo
        let limit = (query.limit ?? .usual).value
        let scope = "products/\(context.person.organisation)"
        let start = try portal.cursors.start(query.cursor, of: scope, count: 1)?.first
        let items = try await database.read { transaction in
            try ProductTable(transaction).page(after: start, limit: limit + 1, workspaceOf: odm)
                .map { try Self.message($0, to: odm, in: transaction) }
        }
        return try portal.cursors.page(items, limit: limit, of: scope) { [$0.product.text] }
    }

    func product(_ context: MemberContext, _ name: ProductName) async throws -> Answer<Product> {
        let odm = context.limitedTo
        return try await database.read { transaction in
            let record = try Self.visible(name, to: odm, in: transaction)
            return Answer(
                try Self.message(record, to: odm, in: transaction),
                tag: EntityTag(version: record.revision)
            )
        }
    }

    func create(_ context: OEMAdminContext, _ new: NewProduct) async throws -> Answer<Product> {
        try ProductDecision.check(new.foundation)
        try ProductDecision.check(new.rules, lifetimeTotal: new.lifetimeTotal, granted: 0)
        let record = ProductRecord(
            product: new.product,
            title: new.title,
            foundation: new.foundation,
            lifetimeTotal: new.lifetimeTotal,
            rules: new.rules,
            revision: 1,
            createdAt: context.facts.time
        )
        return try await act(context, object: new.product.text) { transaction in
            guard try ProductTable(transaction).insert(record) else {
                throw Refusal(VersionError.productExists, new.product.text)
            }
            return Answer(
                try Self.message(record, in: transaction),
                tag: EntityTag(version: 1),
                location: "/v1/products/\(record.product)"
            )
        }
    }

    func change(
        _ context: OEMAdminContext,
        _ name: ProductName,
        _ change: ProductChange
    ) async throws -> Answer<Product> {
        try await act(context, object: name.text, detail: change.words) { [ledger] transaction in
            let old = try Self.visible(name, to: nil, in: transaction)
            try context.facts.requireMatch(EntityTag(version: old.revision))
            let record = ProductRecord(
                product: name,
                title: change.title ?? old.title,
                foundation: old.foundation,
                lifetimeTotal: change.lifetimeTotal ?? old.lifetimeTotal,
                rules: change.rules ?? old.rules,
                revision: old.revision + 1,
                createdAt: old.createdAt
            )
            let granted = try ledger.granted(name, in: transaction).total
            try ProductDecision.check(record.rules, lifetimeTotal: record.lifetimeTotal, granted: granted)
            try ProductTable(transaction).update(record)
            return Answer(try Self.message(record, in: transaction), tag: EntityTag(version: record.revision))
        }
    }

    // MARK: - Key slots

    /// Of a version that the caller does not see as of one without keys.
    func keys(_ context: MemberContext, _ name: ProductName, _ version: VersionName) async throws -> [ProductKeyState] {
        let odm = context.limitedTo
        let (product, isHidden) = try await database.read { transaction in
            let product = try Self.visible(name, to: odm, in: transaction)
            let known = try VersionTable(transaction).version(name, version)
            return (product, odm.map { known?.isSeen(by: $0) == false } ?? false)
        }
        var states: [ProductKeyState] = []
        for slot in product.foundation.keySlots {
            states.append(
                isHidden
                    ? ProductKeyState(
                        version: version,
                        slot: slot.slot,
                        kind: slot.kind,
                        custody: .none,
                        token: portal.token.information.serial,
                        checkValue: nil
                    ) : try await state(of: slot, name, version)
            )
        }
        return states
    }

    func makeKey(
        _ context: OEMAdminContext,
        _ name: ProductName,
        _ version: VersionName,
        _ slot: KeySlot
    ) async throws -> ProductKeyState {
        let product = try await database.read { try Self.visible(name, to: nil, in: $0) }
        guard let planned = product.foundation.keySlots.first(where: { $0.slot == slot }) else {
            throw Refusal(VersionError.keySlotUnknown, slot.text)
        }
        let key = KeyName.product(name, version: version.text, slot: slot, kind: planned.kind)
        // The trace comes first: a key that nobody knows the maker of must not be there.
        if try await !portal.token.has(key) {
            _ = try await act(context, object: key.label) { _ in Answer(Nothing()) }
            do { try await portal.token.generate(key) } catch let refusal as Refusal
                where refusal.has(KeyCustodyError.nameTaken)
            {
                // Somebody made it at the same time.
            }
        }
        return try await state(of: planned, name, version)
    }

    private func state(
        of slot: ProductKeySlot,
        _ product: ProductName,
        _ version: VersionName
    ) async throws -> ProductKeyState {
        let key = KeyName.product(product, version: version.text, slot: slot.slot, kind: slot.kind)
        let isThere = try await portal.token.has(key)
        let inClear = isThere ? try await portal.token.isImportedInClear(key) : false
        return ProductKeyState(
            version: version,
            slot: slot.slot,
            kind: slot.kind,
            custody: isThere ? (inClear ? .importedInClear : .portalToken) : .none,
            token: portal.token.information.serial,
            checkValue: isThere ? try SixteenOctets(Hex.encode(await portal.token.checkValue(key))) : nil
        )
    }
}

extension ProductChange {
    /// For the log of acts.
    fileprivate var words: String {
        var parts: [String] = []
        if let title { parts.append("title \(title)") }
        if let lifetimeTotal { parts.append("lifetime total \(lifetimeTotal)") }
        if let rules, let text = try? StatementCoding.encode(rules) {
            parts.append("rules \(String(decoding: text, as: UTF8.self))")
        }
        return parts.joined(separator: ", ")
    }
}
