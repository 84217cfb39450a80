import HTTPTypes
import PortalPages
import PortalProtocol
import Statements
import Vocabulary

/// Devices: look-up, and one with its life, certificates and proof.
enum DeviceController {
    static let routes: [PageRoute] = [
        PageRoute(.get, "/devices", "devices", handler: list),
        PageRoute(.get, "/devices/{unit}", "device") { look in try await page(look, nil, status: 200) },
        PageRoute(.post, "/devices/{unit}", "deviceLabel", handler: reveal),
        PageRoute(.get, "/devices/{unit}/proof.json", "deviceProof") { look in
            let bytes = try await look.api.octets("\(api(look))/proof")
            let serial = try await look.api.get(api(look), as: UnitHistory.self).unit.serial.text
            return .file(bytes, type: "application/json", name: "proof-\(serial).json")
        },
    ]

    private static func api(_ look: PageRequest) -> String { "/v1/units/\(look.escapedParameter("unit"))" }

    @Sendable private static func list(_ look: PageRequest) async throws -> PageAnswer {
        _ = try look.require()
        let query = (look.query["q"] ?? "").filter { !$0.isWhitespace }
        var batches = try await look.api.get("/v1/batches", ["limit": "60"], as: Page<Batch>.self).items
        let factories: [Factory] = try await look.api.all("/v1/factories")
        var values = look.query.filter { ["q", "batch", "stage", "factory", "from", "to"].contains($0.key) }
        // What knows an authorization alone, as a journal does, names the batch by it.
        if let text = values["batch"], let authorization = try? Digest256(hex: text) {
            let known = try await look.api.get(
                "/v1/batches",
                ["authorization": authorization.hex],
                as: Page<Batch>.self
            ).items
            guard let batch = known.first else {
                let page = DeviceListPage(
                    [],
                    ungranted: authorization,
                    values: values,
                    batches: batches,
                    factories: factories,
                    now: look.time
                )
                return .page(page)
            }
            values["batch"] = batch.id.text
            if !batches.contains(where: { $0.id == batch.id }) { batches.append(batch) }
        } else if let id = values["batch"], !id.isEmpty, !batches.contains(where: { $0.id.text == id }) {
            batches.append(try await look.api.get("/v1/batches/\(escaped(id))", as: Batch.self))
        }
        let filter = Self.filter(values)
        if !query.isEmpty {
            let units = try await found(query, look).filter { admits($0, filter, batches) }
            if units.count == 1, let unit = units.first { return .redirect("/devices/\(unit.id.text)") }
            return .page(
                DeviceListPage(
                    units,
                    isLookUp: true,
                    values: values,
                    batches: batches,
                    factories: factories,
                    now: look.time
                )
            )
        }
        let page = try await look.api.get(
            "/v1/devices",
            filter.merging(["limit": "50", "cursor": look.query["cursor"]].compactMapValues { $0 }) { first, _ in first
            },
            as: PortalProtocol.Page<UnitView>.self
        )
        return .page(
            DeviceListPage(
                page.items,
                isContinued: look.query["cursor"] != nil,
                next: page.next.map { address("/devices", values, ["cursor": $0.text]) },
                exports: ["csv", "json"].map { address("/exports/devices.\($0)", filter) },
                values: values,
                batches: batches,
                factories: factories,
                now: look.time
            )
        )
    }

    /// The API's words for what was entered: days are whole days of UTC.
    private static func filter(_ values: [String: String]) -> [String: String] {
        var filter: [String: String] = [:]
        for name in ["batch", "stage", "factory"] { filter[name] = values[name].flatMap { $0.isEmpty ? nil : $0 } }
        if let from = values["from"], !from.isEmpty { filter["from"] = "\(from)T00:00:00Z" }
        if let to = values["to"], !to.isEmpty { filter["to"] = "\(to)T23:59:59Z" }
        return filter
    }

    /// What was looked up is narrowed as the list is.
    private static func admits(_ unit: UnitView, _ filter: [String: String], _ batches: [Batch]) -> Bool {
        let batch = filter["batch"].map { id in batches.first { $0.id.text == id }?.authorization }
        return (filter["stage"].map { unit.stage.rawValue == $0 } ?? true)
            && (batch.map { unit.authorization == $0 } ?? true)
            && (filter["factory"].map { unit.factory.text == $0 } ?? true)
            && (filter["from"].flatMap { try? Instant($0) }.map { unit.issuedAt >= $0 } ?? true)
            && (filter["to"].flatMap { try? Instant($0) }.map { unit.issuedAt <= $0 } ?? true)
    }

    private static func address(_ path: String, _ values: [String: String]...) -> String {
        let all = values.reduce([:]) { $0.merging($1) { first, _ in first } }.filter { !$0.value.isEmpty }
        let pairs = all.sorted { $0.key < $1.key }.map { "\($0.key)=\(escaped($0.value))" }
        return pairs.isEmpty ? path : "\(path)?\(pairs.joined(separator: "&"))"
    }

    /// By whatever the text can be: people paste what they have.
    private static func found(_ query: String, _ look: PageRequest) async throws -> [UnitView] {
        let lower = query.lowercased().replacing(":", with: "")
        var questions: [[String: String]] = []
        if (try? DeviceSerial(query.uppercased())) != nil { questions.append(["serial": query.uppercased()]) }
        if (try? DeviceSerial(query)) != nil, query != query.uppercased() { questions.append(["serial": query]) }
        if (try? ChipUID(hex: lower)) != nil { questions.append(["chip": lower]) }
        if (try? CertificateSerialText(lower)) != nil { questions.append(["dac": lower]) }
        if (try? Digest256(hex: lower)) != nil { questions.append(["key": lower]) }
        var units: [UnitView] = []
        for question in questions {
            let answer = try await look.api.get("/v1/units", question, as: UnitList.self)
            for unit in answer.units where !units.contains(where: { $0.id == unit.id }) { units.append(unit) }
        }
        return units
    }

    /// Shows what stands on the label, in the answer to this form alone.
    @Sendable private static func reveal(_ look: PageRequest) async throws -> PageAnswer {
        do {
            let label = try await look.api.send(.post, "\(api(look))/label", as: UnitLabel.self).message
            return try await page(look, .shown(label), status: 200)
        } catch let problem as APIProblem {
            if problem.problem.code == PortalError.stale.rawValue {
                return try AccountController.proving(problem, next: look.path)
            }
            return try await page(look, .closed(look.refusedForm(problem.problem)), status: problem.problem.status)
        }
    }

    private static func page(
        _ look: PageRequest,
        _ shown: DevicePage.Label?,
        status: Int
    ) async throws -> PageAnswer {
        let (_, viewer) = try look.require()
        let history = try await look.api.get(api(look), as: UnitHistory.self)
        let proof = try await look.api.optional("\(api(look))/proof", as: InclusionFile.self)
        let factory = try await look.api.get("/v1/factories/\(history.unit.factory.text)", as: Factory.self)
        var certificates: [DevicePage.CertificateText] = []
        for step in history.steps {
            guard let entry = try? JournalEntry(parsing: step.entry.bytes) else { continue }
            let der: [UInt8]? =
                switch entry.event.body {
                case let body as Issued: body.dac.bytes
                case let body as Rotated: body.dac.bytes
                default: nil
                }
            if let der,
                let text = DeviceCertificate.words("Device Attestation Certificate, entry \(step.sequence)", der)
            {
                certificates.append(text)
            }
        }
        var label = shown
        if label == nil, await look.api.admits(.post, "\(api(look))/label") {
            label = history.label == .ready ? .closed(look.freshForm()) : .none(history.label)
        }
        return .page(
            DevicePage(
                history,
                certificates: certificates,
                hasProof: proof != nil,
                label: label,
                place: factory,
                batch: try await look.api.get(
                    "/v1/batches",
                    ["authorization": history.unit.authorization.hex],
                    as: Page<Batch>.self
                ).items.first,
                zone: factory.timeZone,
                viewer: viewer,
                now: look.time
            ),
            status: status
        )
    }
}
