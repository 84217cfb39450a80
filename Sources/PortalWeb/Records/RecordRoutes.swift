import HTTPTypes
import PortalProtocol
import Vocabulary

/// The routes of what the EdgeHSMs recorded: units, sums, alarms, quarantine, journals.
public enum RecordRoutes {
    /// Of the people's listener.
    public static func people(_ portal: PortalServices) throws -> [any MountableRoute] {
        try units(portal) + LabelRoutes.routes(portal) + watch(portal) + journals(portal)
    }

    private static func units(_ portal: PortalServices) throws -> [any MountableRoute] {
        [
            try Route(
                .get,
                "/v1/units",
                "findUnits",
                .records,
                "Units by device serial, chip, serial number of a DAC or device key.",
                refusals: [.web(RecordError.oneKey)],
                handler: portal.units
            ),
            try Route(
                .get,
                "/v1/devices",
                "listDevices",
                .records,
                "Units by date, result, batch and factory, newest first.",
                refusals: [.web(PortalError.unknownObject)],
                handler: portal.devices
            ),
            try Route(
                .get,
                "/v1/batches/{batch}/units",
                "listBatchUnits",
                .records,
                "Units of a batch by serial number, of one stage or all. A page may hold few or none and still name a next.",
                handler: portal.batchUnits
            ),
            try Route(
                .get,
                "/v1/units/{unit}",
                "getUnit",
                .records,
                "A unit with the journal entries about it.",
                handler: portal.unit
            ),
            try Route(
                .get,
                "/v1/units/{unit}/proof",
                "getUnitProof",
                .records,
                "The file for obis-verify journal --proof: of the entry that issued the unit, or of another one about it.",
                refusals: [.web(RecordError.notProven), .web(RecordError.otherEntry)],
                handler: portal.unitProof
            ),
            try Route(
                .get,
                "/v1/rollups",
                "getRollUps",
                .records,
                "Sums by day, factory, product, batch or EdgeHSM, in its order.",
                refusals: [.web(RecordError.days)],
                handler: portal.rollUps
            ),
        ]
    }

    private static func watch(_ portal: PortalServices) throws -> [any MountableRoute] {
        [
            try Route(
                .get,
                "/v1/alarms",
                "listAlarms",
                .records,
                "Alarms, newest first; of one factory or all, open or all.",
                handler: portal.alarms
            ),
            try Route(.get, "/v1/alarms/{alarm}", "getAlarm", .records, "One alarm.", handler: portal.alarm),
            try Route(
                .post,
                "/v1/alarms/{alarm}/acknowledge",
                "acknowledgeAlarm",
                .records,
                "Says that somebody has seen the alarm.",
                demands: .ifMatch,
                refusals: [.web(RecordError.acknowledged)],
                handler: portal.acknowledgeAlarm
            ),
            try Route(
                .get,
                "/v1/quarantine",
                "listQuarantine",
                .records,
                "Entries that were stored and judged wrong, newest first.",
                handler: portal.quarantine
            ),
        ]
    }

    private static func journals(_ portal: PortalServices) throws -> [any MountableRoute] {
        [
            try Route(
                .get,
                "/v1/factories/{factory}/events",
                "listSiteEvents",
                .factories,
                "What the site tells of itself beside the journal, newest first: attribution, no proof.",
                handler: portal.siteEvents
            ),
            try Route(
                .get,
                "/v1/edges/{edge}",
                "getEdge",
                .factories,
                "An EdgeHSM's journal, newest checkpoint and accounts.",
                handler: portal.edgeJournal
            ),
            try Route(
                .get,
                "/v1/edges/{edge}/evidence",
                "listEvidence",
                .records,
                "Chunks of the EdgeHSM's journal that contradicted what is stored.",
                handler: portal.evidence
            ),
            try Route(
                .get,
                "/v1/edges/{edge}/evidence/{number}",
                "getEvidence",
                .records,
                "One of them as a file: both checkpoints and the entries brought.",
                handler: portal.evidenceFile
            ),
        ]
    }
}
