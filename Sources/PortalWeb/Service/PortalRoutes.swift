public import ServiceSupport

/// The whole lists of both listeners, which a portal mounts and its tests walk.
public enum PortalRoutes {
    public static func people(_ parts: PortalParts, metrics: Metrics) throws -> [any MountableRoute] {
        let portal = parts.services
        let figures = OperationFigures(portal, ingest: parts.ingest, metrics: metrics)
        let routes =
            try CoreRoutes.people(portal) + AccountRoutes.routes(portal) + VersionRoutes.routes(parts.versions)
            + BatchRoutes.routes(parts.batches) + PreparationRoutes.routes(portal) + RecordRoutes.people(portal)
            + OverviewRoutes.routes(portal) + SyncRoutes.sticks(parts.sync, acts: portal.acts)
        return try ServiceRoutes.adding(
            to: routes + ExportRoute.all(of: routes, acts: portal.acts),
            metrics: { try await figures.text() },
            ready: portal.checkReadiness
        )
    }

    public static func sync(_ parts: PortalParts) throws -> [any MountableRoute] {
        try ServiceRoutes.documentedSync(CoreRoutes.sync(parts.services) + SyncRoutes.sync(parts.sync))
    }
}
