import Statements
import Vocabulary

extension StatementWords {
    static func words(_ authorization: ProductionAuthorization) -> StatementWords {
        func allowance(_ value: ProductionAuthorization.Allowance) -> String {
            "\(value.count), until \(value.notAfter)"
        }
        let serials = authorization.serials
        let first = (try? serials.serial(0))?.text ?? "?"
        let last = (try? serials.serial(authorization.quantity - 1))?.text ?? "?"
        return StatementWords(
            "Authorizes \(units(authorization.quantity)) of \(authorization.product) at \(authorization.edgeHSM).",
            [
                ("product", "\(authorization.product)"), ("approval", "statement \(authorization.approval)"),
                ("manifest", "SHA-256 \(authorization.manifest)"),
                ("EdgeHSM", "\(authorization.edgeHSM) at \(authorization.factory)"),
                ("batch", "\(authorization.batch)"), ("quantity", units(authorization.quantity)),
                ("serials", "\(first) to \(last)"),
                ("window", "\(authorization.notBefore) to \(authorization.notAfter)"),
                ("grace", "counted units may finish for \(duration(authorization.grace)) more"),
                ("debug unlocks", allowance(authorization.debugUnlocks)),
                ("re-provisionings", allowance(authorization.reprovisions)),
                ("rotations", allowance(authorization.rotations)),
                ("RoleKeys", "version \(authorization.roleKeysVersion) or later"),
                ("issued", "\(authorization.issuedAt)"),
            ]
        )
    }

    static func words(_ package: ProductionPackage) -> StatementWords {
        StatementWords(
            "A sealed production package for \(package.edgeHSM).",
            [
                ("EdgeHSM", "\(package.edgeHSM)"), ("authorization", "statement \(package.authorization)"),
                ("sealed part", "SHA-256 \(package.sealed)"), ("encapsulated key", "\(package.encapsulated)"),
                ("RoleKeys", "version \(package.roleKeysVersion) or later"), ("issued", "\(package.issuedAt)"),
            ]
        )
    }
}
