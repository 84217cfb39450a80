import Governance
import Matter
import PortalCore
import PortalProtocol
import PortalStore
import Statements
import Vocabulary

extension PortalServices {
    struct FactoryPath: Codable, Sendable { let factory: FactoryID }
    struct SiteCertificatePath: Codable, Sendable {
        let factory: FactoryID
        let key: Digest256
    }

    func createFactory(
        _ context: OEMAdminContext,
        _ call: Call<Nothing, Nothing, JSON<NewFactory>>
    ) async throws -> Answer<Factory> {
        let (request, now) = (call.body, context.facts.time)
        return try await acts.perform(context) { transaction in
            guard try PeopleTable(transaction).organisation(request.organisation)?.kind == .odm else {
                throw Refusal(IdentityError.unknownOrganisation)
            }
            let record = FactoryRecord(
                id: request.id,
                organisation: request.organisation,
                name: request.name.text,
                country: request.country.text,
                timeZone: request.timeZone.text,
                createdAt: now
            )
            guard record.id.text != Alarm.portal, try FactoryTable(transaction).insert(record) else {
                throw Refusal(IdentityError.factoryTaken, request.id.text)
            }
            return Act(Answer(Factory(record), location: "/v1/factories/\(record.id)"), object: record.id.text)
        }
    }

    func factories(_ context: MemberContext, _ call: ListCall) async throws -> Answer<Page<Factory>> {
        let (limit, own) = ((call.query.limit ?? .usual).value, context.limitedTo)
        let scope = "factories \(own?.text ?? "")"
        let start = try cursors.start(call.query.cursor, of: scope, count: 1)
        let found = try await database.read {
            try FactoryTable($0).factories(of: own, after: start?.first, limit: limit + 1)
        }
        return Answer(try cursors.page(found.map { Factory($0) }, limit: limit, of: scope) { [$0.id.text] })
    }

    func factory(_ context: MemberContext, _ call: ObjectCall<FactoryPath>) async throws -> Answer<Factory> {
        let found = try await database.read { try FactoryTable($0).factory(call.path.factory) }
        guard let found, context.limitedTo == nil || context.limitedTo == found.organisation else {
            throw Refusal(PortalError.unknownObject)
        }
        return Answer(Factory(found))
    }

    func createJoiningCode(
        _ context: OEMAdminContext,
        _ call: Call<FactoryPath, Nothing, JSON<JoiningCodeRequest>>
    ) async throws -> Answer<NewJoiningCode> {
        let (factory, now) = (call.path.factory, context.facts.time)
        let (settings, days) = (settings, call.body.days ?? .usual)
        return try await acts.perform(context) { transaction in
            let factories = FactoryTable(transaction)
            guard try factories.factory(factory) != nil else { throw Refusal(PortalError.unknownObject) }
            let code = RandomCode()
            let until = now + Int64(days.value) * 86_400
            try factories.insertJoiningCode(code.digest, for: factory, until: until)
            let joining = try JoiningCode(
                host: settings.publicHost,
                port: settings.publicPort,
                issuer: settings.tlsIssuer,
                code: code.text
            )
            return Act(Answer(NewJoiningCode(text: joining.text, expiresAt: until)), object: factory.text)
        }
    }

    /// A Factory Service takes its first certificate. Signed before the code is used up: a certificate that is not
    /// registered opens nothing, so a crash between the two costs nothing.
    func join(
        _ context: PublicContext,
        _ call: Call<Nothing, Nothing, JSON<JoinRequest>>
    ) async throws -> Answer<JoinReply> {
        let (request, now) = (call.body, context.facts.time)
        let digest = Digest256.of(request.code.utf8)
        return try await countingFailures(context) {
            if let answer = try await acts.repeated(context, as: JoinReply.self) { return answer }
            guard let factory = try await database.read({ try FactoryTable($0).joiningCode(digest, at: now) }) else {
                throw Refusal(IdentityError.codeRefused)
            }
            let (record, reply) = try await certify(request.csr, factory, request.service, at: now)
            return try await acts.perform(context) { transaction in
                let factories = FactoryTable(transaction)
                guard try factories.useJoiningCode(digest, at: now),
                    let organisation = try factories.factory(factory)?.organisation
                else { throw Refusal(IdentityError.codeRefused) }
                guard try factories.insert(record) else { throw Refusal(IdentityError.keyTaken) }
                return Act(
                    Answer(reply),
                    object: record.keyDigest.hex,
                    detail: "\(factory) \(request.service)",
                    actor: .factory(factory, organisation)
                )
            }
        }
    }

    /// A factory's service renews its certificate over the connection that the old one opened.
    func renew(
        _ context: SiteContext,
        _ call: Call<Nothing, Nothing, JSON<RenewRequest>>
    ) async throws
        -> Answer<JoinReply>
    {
        let (factory, now) = (context.site.factory, context.facts.time)
        let service = try StationName(context.site.service)
        let (record, reply) = try await certify(call.body.csr, factory, service, at: now)
        return try await acts.perform(context) { transaction in
            guard try FactoryTable(transaction).insert(record) else { throw Refusal(IdentityError.keyTaken) }
            return Act(Answer(reply), object: record.keyDigest.hex, detail: service.text)
        }
    }

    private func certify(
        _ csr: Octets,
        _ factory: FactoryID,
        _ service: StationName,
        at now: Instant
    ) async throws -> (SiteCertificateRecord, JoinReply) {
        let chain = try await enrolment.certify(csr.bytes, factory: factory, service: service, at: now)
        let key = try CertificateRequest(der: csr.bytes).publicKey
        let notAfter = now + EnrolmentAuthority.clientLifetime
        let record = SiteCertificateRecord(
            keyDigest: Digest256.of(key.bytes),
            factory: factory,
            service: service,
            certificate: chain.first ?? [],
            issuedAt: now,
            notAfter: notAfter
        )
        let reply = JoinReply(factory: factory, certificates: chain.map { Octets($0) }, notAfter: notAfter)
        return (record, reply)
    }

    func siteCertificates(
        _ context: MemberContext,
        _ call: Call<FactoryPath, PageQuery, NoBody>
    ) async throws -> Answer<Page<SiteCertificate>> {
        let (id, own, limit) = (call.path.factory, context.limitedTo, (call.query.limit ?? .usual).value)
        let scope = "certificates \(id)"
        let start = try cursors.start(call.query.cursor, of: scope, count: 2).map { keys in
            (issuedAt: try Instant(keys[0]), key: try Digest256(hex: keys[1]))
        }
        let found = try await database.read { transaction in
            let factories = FactoryTable(transaction)
            guard let factory = try factories.factory(id), own == nil || own == factory.organisation else {
                throw Refusal(PortalError.unknownObject)
            }
            return try factories.certificates(of: id, before: start, limit: limit + 1)
        }
        let items = found.map { SiteCertificate($0) }
        return Answer(
            try cursors.page(items, limit: limit, of: scope) { [$0.issuedAt.description, $0.key.hex] }
        )
    }

    func revokeSiteCertificate(
        _ context: OEMAdminContext,
        _ call: ObjectCall<SiteCertificatePath>
    ) async throws -> NoContent {
        _ = try await acts.perform(context) { transaction in
            let factories = FactoryTable(transaction)
            guard let found = try factories.certificate(call.path.key), found.factory == call.path.factory else {
                throw Refusal(PortalError.unknownObject)
            }
            try factories.revokeCertificate(found.keyDigest, at: context.facts.time)
            return Act(Answer(Nothing()), object: found.keyDigest.hex, detail: found.factory.text)
        }
        return NoContent()
    }
}

extension Factory {
    init(_ record: FactoryRecord) {
        self.init(
            id: record.id,
            organisation: record.organisation,
            name: record.name,
            country: record.country,
            timeZone: record.timeZone,
            createdAt: record.createdAt
        )
    }
}

extension SiteCertificate {
    init(_ record: SiteCertificateRecord) {
        self.init(
            key: record.keyDigest,
            service: record.service,
            issuedAt: record.issuedAt,
            notAfter: record.notAfter,
            revokedAt: record.revokedAt
        )
    }
}
