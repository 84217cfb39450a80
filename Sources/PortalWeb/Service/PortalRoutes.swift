public import ServiceSupport

/// The whole lists of both listeners, which a portal mounts and its tests walk.
public enum PortalRoutes {
    public static func people(_ portal: PortalServices, metrics: Metrics) throws -> [any MountableRoute] {
        try ServiceRoutes.adding(
            to: CoreRoutes.people(portal) + RecordRoutes.people(portal),
            metrics: metrics,
            ready: portal.checkReadiness
        )
    }

    public static func sync(_ portal: PortalServices) throws -> [any MountableRoute] {
        try CoreRoutes.sync(portal)
    }
}
