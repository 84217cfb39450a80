import HTTPTypes
import PortalCore
import Statements

/// The routes of products that are prepared at EdgeHSMs.
public enum PreparationRoutes {
    /// An enrolment or a preparation that counts no more.
    private static let registered: [RefusalGroup] = [
        .codes(409, PreparationError.edgeRevoked), .all(422, of: StatementError.self),
    ]

    /// Of the people's listener.
    public static func routes(_ portal: PortalServices) throws -> [any MountableRoute] {
        try preparations(portal) + certificates(portal)
    }

    private static func preparations(_ portal: PortalServices) throws -> [any MountableRoute] {
        [
            try Route(
                .post,
                "/v1/edges/{edge}/preparations",
                "askPreparation",
                .factories,
                "Asks an EdgeHSM for the keys of a product: the factory's next contact carries it there.",
                status: 201,
                demands: .idempotencyKey,
                refusals: registered + [.codes(409, PreparationError.workspace), .web(IdentityError.unknownProduct)],
                handler: portal.askPreparation
            ),
            try Route(
                .get,
                "/v1/edges/{edge}/preparations",
                "listPreparations",
                .factories,
                "What an EdgeHSM was asked to prepare, and how far that is.",
                handler: portal.preparations
            ),
            try Route(
                .get,
                "/v1/edges/{edge}/preparations/{product}",
                "getPreparation",
                .factories,
                "The EdgeHSM's signed ProductPreparation, the file that the ceremony takes.",
                refusals: [.codes(409, PreparationError.pending)],
                handler: portal.preparation
            ),
        ]
    }

    private static func certificates(_ portal: PortalServices) throws -> [any MountableRoute] {
        [
            try Route(
                .put,
                "/v1/edges/{edge}/certificates/{product}",
                "putCertificates",
                .factories,
                "Brings the OEM's certificates for prepared keys; they are offered until the journal has them.",
                refusals: registered + [
                    .codes(409, PreparationError.pending), .codes(422, PreparationError.mismatch),
                ],
                handler: portal.putCertificates
            ),
            try Route(
                .get,
                "/v1/edges/{edge}/certificates/{product}",
                "getCertificates",
                .factories,
                "The ProductCertificates that are there.",
                handler: portal.certificates
            ),
        ]
    }
}
