public import HTTPTypes
public import HummingbirdCore
import PortalProtocol
import Vocabulary

/// One operation: its declaration and its handler.
///
/// The handler's own types say everything else: whom it admits (`Context`), what it takes (`Input`) and what it answers
/// (`Output`). So it can be mounted under no other rule, and documented no other way, than the one it was written for.
public struct Route<Context: PortalContext, Input: RouteInput, Output: RouteOutput>: Sendable {
    public let declaration: RouteDeclaration
    private let reader: InputReader<Input>
    private let handler: @Sendable (Context, Input) async throws -> Output

    /// - Parameters:
    ///   - path: `/v1/products/{product}`; the names must be the fields of the input's path type.
    ///   - operationID: unique, lower camel case.
    ///   - status: of a good answer; 204 for `NoContent`.
    ///   - refusals: what it may refuse beyond what the types already say (see `standardRefusals`); a refusal that is
    ///     not declared is answered as 500.
    /// Throws `portal.route.inconsistent` and `portal.schema.underivable`.
    public init(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ operationID: String,
        _ tag: RouteTag,
        _ summary: String,
        status: Int? = nil,
        demands: RouteDemands = [],
        refusals: [RefusalGroup] = [],
        handler: @escaping @Sendable (Context, Input) async throws -> Output
    ) throws {
        let reader = try Input.reader()
        let output = try Output.declared()
        let usual = if case .none = output.body { 204 } else { 200 }
        declaration = RouteDeclaration(
            method: method,
            template: PathTemplate(path),
            operationID: operationID,
            tag: tag,
            summary: summary,
            rule: Context.rule,
            input: reader.declaration,
            output: output,
            status: status ?? usual,
            demands: demands,
            refusals: refusals
                + RouteDeclaration.standardRefusals(Context.rule, reader.declaration, output, demands)
        )
        self.reader = reader
        self.handler = handler
        let fields = Set(reader.declaration.path.fields.map(\.name))
        guard Set(declaration.template.parameters) == fields,
            fields.count == declaration.template.parameters.count
        else { throw Refusal(PortalError.inconsistentRoutes, "\(operationID): \(path) and \(fields.sorted())") }
    }
}

/// A route without its types, for the one list that is mounted and documented.
public protocol MountableRoute: Sendable {
    var declaration: RouteDeclaration { get }
    /// Throws what the handler, the context and the reader refuse.
    func answer(_ caller: Caller, _ facts: RequestFacts, _ request: IncomingRequest) async throws -> Response
}

extension Route: MountableRoute {
    public func answer(_ caller: Caller, _ facts: RequestFacts, _ request: IncomingRequest) async throws -> Response {
        let context = try Context(caller, facts)
        if declaration.demands.contains(.freshProof) { try caller.requireFresh(at: facts.time) }
        let input = try reader.read(request)
        return try await handler(context, input).response(status: declaration.status)
    }
}
