import HTTPTypes
import NIOCore
import PortalProtocol
import Statements
import Synchronization
import Vocabulary

@testable import PortalWeb

/// One route of every kind and context, as a test of the mount needs them.
enum TestRoutes {
    struct Thing: Codable, Sendable, Hashable {
        let name: ProductName
        let count: Int
    }

    struct ThingPath: Codable, Sendable { let thing: ProductName }
    struct Filter: Codable, Sendable {
        let limit: PageLimit?
        let cursor: PageCursor?
        let kind: OrganisationKind?
    }
    struct Unknown: Error {}
    enum Octetstream: RawKind {
        static let contentType = "application/octet-stream"
        static let largest = 1 << 20
    }

    /// What one context tells.
    struct Who: Codable, Sendable, Hashable { let name: String }

    private static func who<Context: PersonalContext>(_ path: String, _ type: Context.Type) throws -> any MountableRoute
    {
        try Route(.get, "/v1/who/\(path)", "who\(path)", .people, "Who \(path).") { (context: Context, _: PlainCall) in
            Answer(Who(name: context.person.id.text))
        }
    }

    static func people() throws -> [any MountableRoute] {
        [
            try who("Person", PersonContext.self), try who("Reader", OEMReaderContext.self),
            try who("Admin", OEMAdminContext.self), try who("Officer", SecurityOfficerContext.self),
            try who("Engineer", EngineerContext.self), try who("Manager", ProductionManagerContext.self),
            try who("Member", MemberContext.self),
            try Route(.get, "/v1/things", "listThings", .products, "Lists.") {
                (_: PublicContext, call: Call<Nothing, Filter, NoBody>) in
                Answer(Page(items: [Thing](), next: nil))
            },
            try Route(.get, "/v1/things/{thing}", "getThing", .products, "Gets.") {
                (_: PublicContext, call: ObjectCall<ThingPath>) in
                guard call.path.thing.text != "gone" else { throw Refusal(PortalError.unknownObject) }
                guard call.path.thing.text != "broken" else { throw Unknown() }
                guard call.path.thing.text != "odd" else { throw Refusal(PortalError.keyReused, "never promised") }
                return Answer(Thing(name: call.path.thing, count: 1), tag: EntityTag(version: 1))
            },
            try Route(
                .post,
                "/v1/things",
                "createThing",
                .products,
                "Creates.",
                status: 201,
                demands: .idempotencyKey
            ) { (_: OEMAdminContext, call: Call<Nothing, Nothing, JSON<Thing>>) in
                Answer(call.body, tag: EntityTag(version: 1), location: "/v1/things/\(call.body.name)")
            },
            try Route(.patch, "/v1/things/{thing}", "changeThing", .products, "Changes.", demands: .ifMatch) {
                (context: OEMAdminContext, call: Call<ThingPath, Nothing, JSON<Thing>>) in
                try context.facts.requireMatch(EntityTag(version: 1))
                return Answer(call.body, tag: EntityTag(version: 2))
            },
            try Route(.delete, "/v1/things/{thing}", "deleteThing", .products, "Deletes.") {
                (_: OEMAdminContext, _: ObjectCall<ThingPath>) in
                NoContent()
            },
            try Route(.put, "/v1/blobs/{thing}", "putBlob", .products, "Takes octets.") {
                (_: OEMAdminContext, call: Call<ThingPath, Nothing, Raw<Octetstream>>) in
                var count = 0
                try await call.body.forEach { count += $0.readableBytes }
                return Answer(Thing(name: call.path.thing, count: count))
            },
            try Route(.get, "/v1/blobs/{thing}", "getBlob", .products, "Gives octets.") {
                (context: PublicContext, _: ObjectCall<ThingPath>) in
                try RawAnswer<Octetstream>(
                    bytes: Array(0..<100),
                    tag: EntityTag(digest: .zero),
                    range: context.facts.range
                )
            },
        ]
    }

    static func sync() throws -> [any MountableRoute] {
        [
            try Route(.get, "/sync/v1/state", "getState", .sync, "State.") { (context: SiteContext, _: PlainCall) in
                Answer(Who(name: context.site.factory.text))
            }
        ]
    }
}
