import HTTPTypes
import PortalProtocol
import Vocabulary

/// The operations that tell of the service itself: document, health, readiness, metrics.
public enum ServiceRoutes {
    public struct Health: Codable, Sendable, Hashable {
        public let status: String
    }

    enum DocumentKind: RawKind {
        static let contentType = "application/json"
        static let largest = 0
    }

    enum MetricsKind: RawKind {
        static let contentType = "text/plain; version=0.0.4"
        static let largest = 0
    }

    /// `routes` and the service's own, the document among them: the whole list of the people's listener.
    ///
    /// - Parameter ready: throws what keeps the portal from working.
    public static func adding(
        to routes: [any MountableRoute],
        metrics: @escaping @Sendable () async throws -> String,
        ready: @escaping @Sendable () async throws -> Void
    ) throws -> [any MountableRoute] {
        try documented("OBIS portal", routes + own(metrics, ready)) { bytes in
            try Route(.get, "/openapi.json", "getAPIDocument", .service, "This document.") {
                (_: PublicContext, _: PlainCall) in
                TextAnswer<DocumentKind>(bytes)
            }
        }
    }

    /// `routes` and the document of them all: the whole list of the factories' listener.
    public static func documentedSync(_ routes: [any MountableRoute]) throws -> [any MountableRoute] {
        try documented("OBIS portal: sync with factories", routes) { bytes in
            try Route(.get, "/sync/openapi.json", "getSyncDocument", .service, "This document.") {
                (_: SiteContext, _: PlainCall) in
                TextAnswer<DocumentKind>(bytes)
            }
        }
    }

    /// The document lists the operation that answers with it, too.
    private static func documented(
        _ title: String,
        _ routes: [any MountableRoute],
        _ document: ([UInt8]) throws -> any MountableRoute
    ) throws -> [any MountableRoute] {
        let api = try APIDocument(title: title, routes: routes + [document([])])
        return try routes + [document(api.serialized())]
    }

    private static func own(
        _ metrics: @escaping @Sendable () async throws -> String,
        _ ready: @escaping @Sendable () async throws -> Void
    ) throws -> [any MountableRoute] {
        [
            try Route(.get, "/healthz", "getHealth", .service, "Whether the process runs.") {
                (_: PublicContext, _: PlainCall) in
                Answer(Health(status: "ok"))
            },
            try Route(
                .get,
                "/readyz",
                "getReadiness",
                .service,
                "Whether the portal can work: database, token, authorities.",
                refusals: [.codes(503, PortalError.notReady)]
            ) { (_: PublicContext, _: PlainCall) in
                do { try await ready() } catch {
                    throw Refusal(PortalError.notReady, (error as? Refusal)?.code ?? "")
                }
                return Answer(Health(status: "ready"))
            },
            try Route(.get, "/metrics", "getMetrics", .service, "Counters in the Prometheus text format.") {
                (_: OEMReaderContext, _: PlainCall) in
                TextAnswer<MetricsKind>(Array(try await metrics().utf8))
            },
        ]
    }
}
