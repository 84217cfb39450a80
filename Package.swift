// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    // Of debug builds, which every change passes: whole-module builds take members of C structures, `stat` for one, for
    // another module's.
    .enableUpcomingFeature("MemberImportVisibility", .when(configuration: .debug)),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]
/// For the targets that touch C: every unsafe expression must say so.
let strictWithC = strict + [.strictMemorySafety()]

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")
let asn1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOTLS", package: "swift-nio"),
    .product(name: "NIOSSL", package: "swift-nio-ssl"),
]

/// Templates of the portal's pages.
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")

/// HTTP/1.1 without a framework.
let nioHTTP = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")

/// The portal's HTTP server.
let web: [Target.Dependency] = [
    .product(name: "Hummingbird", package: "hummingbird"),
    .product(name: "HummingbirdTLS", package: "hummingbird"),
    .product(name: "HTTPTypes", package: "swift-http-types"),
    .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
]
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")

/// Sockets without TLS.
let sockets: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
]

func library(_ name: String, _ dependencies: [Target.Dependency], settings: [SwiftSetting] = strict) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies + ["CommandSupport", arguments], swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name + "Tests", dependencies: dependencies + ["TestSupport"], swiftSettings: strict)
}

let package = Package(
    name: "obis",
    dependencies: [
        .package(url: "https://github.com/apple/swift-crypto.git", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-certificates.git", exact: "1.21.1"),
        .package(url: "https://github.com/apple/swift-asn1.git", exact: "1.7.4"),
        .package(url: "https://github.com/apple/swift-nio.git", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl.git", exact: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift.git", exact: "7.10.0"),
        .package(url: "https://github.com/apple/swift-log.git", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", exact: "1.8.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", exact: "2.28.1", traits: []),
        .package(url: "https://github.com/hummingbird-project/swift-mustache.git", exact: "2.1.1"),
        .package(url: "https://github.com/swift-server/async-http-client.git", exact: "1.37.0"),
        .package(url: "https://github.com/apple/swift-http-types.git", exact: "1.8.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", exact: "2.13.0"),
        // Transitive, listed only so that they are pinned too.
        .package(url: "https://github.com/apple/swift-collections.git", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-atomics.git", exact: "1.3.0"),
        .package(url: "https://github.com/apple/swift-system.git", exact: "1.8.1"),
        .package(url: "https://github.com/apple/swift-algorithms.git", exact: "1.2.1"),
        .package(url: "https://github.com/apple/swift-async-algorithms.git", exact: "1.1.4"),
        .package(url: "https://github.com/apple/swift-configuration.git", exact: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-distributed-tracing.git", exact: "1.7.3"),
        .package(url: "https://github.com/apple/swift-http-structured-headers.git", exact: "1.7.0"),
        .package(url: "https://github.com/apple/swift-metrics.git", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", exact: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-http2.git", exact: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-transport-services.git", exact: "1.28.0"),
        .package(url: "https://github.com/apple/swift-numerics.git", exact: "1.1.1"),
        .package(url: "https://github.com/apple/swift-service-context.git", exact: "1.5.1"),
    ],
    targets: [
        // What everything is made of.
        library("Vocabulary", []),
        library("Statements", ["Vocabulary", crypto]),
        library("TransparencyLog", ["Vocabulary", crypto]),
        library("Matter", ["Vocabulary", crypto, cryptoExtras, x509, asn1]),
        library("Silicon", ["Vocabulary", crypto]),

        // Keys.
        library("KeyCustody", ["Vocabulary", crypto, cryptoExtras]),
        .systemLibrary(name: "CPKCS11", providers: [.apt(["libp11-kit-dev"])]),
        library(
            "PKCS11Token",
            ["Vocabulary", "KeyCustody", "Silicon", "CPKCS11", crypto, cryptoExtras],
            settings: strictWithC
        ),

        // Edges that every process shares.
        library("CommandSupport", ["Vocabulary", arguments]),
        library("Durability", ["Vocabulary", grdb]),
        .target(name: "CPeer"),
        library("ServiceSupport", ["Vocabulary", "CPeer", crypto, x509, asn1, logging] + nio, settings: strictWithC),
        library("LineProtocol", ["Vocabulary", "Statements"]),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        library("Compression", ["CZlib"], settings: strictWithC),

        // The roles.
        library("EdgeHSMCore", ["Vocabulary", "Statements", crypto]),
        library(
            "EdgeHSMDaemon",
            [
                "Vocabulary", "Statements", "TransparencyLog", "Matter", "Silicon", "KeyCustody", "Durability",
                "ServiceSupport", "LineProtocol", "EdgeHSMCore", crypto, cryptoExtras, x509, asn1, grdb, logging,
            ]
        ),
        library("FactoryCore", ["Vocabulary", "Statements", "LineProtocol", "PortalProtocol"]),
        library(
            "FactoryService",
            [
                "Vocabulary", "Statements", "TransparencyLog", "Silicon", "Durability", "ServiceSupport",
                "LineProtocol", "FactoryCore", "PortalProtocol", "Verify", crypto, x509, asn1, grdb, logging,
                httpClient,
                nioHTTP,
            ] + nio
        ),
        .systemLibrary(name: "CQRencode", pkgConfig: "libqrencode", providers: [.apt(["libqrencode-dev"])]),
        library("Labels", ["Vocabulary", "CQRencode"], settings: strictWithC),
        library("Programmers", ["Vocabulary", "Statements", "Silicon"]),
        library("ChipPort", ["Vocabulary", "Silicon", "Programmers"] + sockets),
        library(
            "VirtualChip",
            ["Vocabulary", "Statements", "Silicon", "Programmers", "ChipPort", crypto, cryptoExtras, x509, asn1]
                + sockets
        ),
        library(
            "StationCore",
            ["Vocabulary", "Statements", "Matter", "Silicon", "LineProtocol", "Programmers", crypto, x509, asn1]
        ),
        library(
            "StationService",
            [
                "Vocabulary", "Statements", "StationCore", "Programmers", "ChipPort", "Labels", "LineProtocol",
                "ServiceSupport", "Durability", crypto, x509, asn1, grdb,
            ]
        ),
        library("Governance", ["Vocabulary", "Statements", "Verify", "Matter", "Silicon", "KeyCustody", crypto]),
        library(
            "Ceremony",
            ["Vocabulary", "Statements", "Matter", "Silicon", "KeyCustody", "Governance", "PortalCore"]
        ),
        library("Verify", ["Vocabulary", "Statements", "TransparencyLog", "Matter", "Silicon", crypto, x509, asn1]),

        // The portal.
        library("PortalProtocol", ["Vocabulary", "Statements"]),
        library(
            "PortalCore",
            [
                "Vocabulary", "Statements", "TransparencyLog", "Matter", "Silicon", "KeyCustody", "Governance",
                "Verify",
                "PortalProtocol", crypto, cryptoExtras,
            ]
        ),
        library(
            "PortalStore",
            [
                "Vocabulary", "Statements", "TransparencyLog", "Governance", "Verify", "PortalProtocol", "PortalCore",
                "Durability", crypto, grdb, sqlite,
            ]
        ),
        library("PortalPages", ["Vocabulary", "Statements", "PortalProtocol", mustache]),
        library(
            "PortalWeb",
            [
                "Vocabulary", "Statements", "TransparencyLog", "Matter", "Silicon", "KeyCustody", "Governance",
                "Verify",
                "PortalProtocol", "PortalCore", "PortalStore", "PortalPages", "Durability", "ServiceSupport", "Labels",
                "Compression", crypto,
                x509, asn1, grdb, logging,
            ] + web + nio
        ),

        // A whole factory on one machine: training, demo, system tests, load.
        .target(name: "CSearch"),
        library(
            "FactoryBox",
            [
                "CSearch", "Vocabulary", "Statements", "TransparencyLog", "Matter", "Silicon", "LineProtocol",
                "PortalProtocol", "ServiceSupport", "Programmers", "ChipPort", "VirtualChip", "Verify", "Labels",
                crypto,
                cryptoExtras, x509, asn1,
                httpClient, .product(name: "NIOHTTP1", package: "swift-nio"),
            ] + nio
        ),

        // The programs.
        program(
            "edgehsmd",
            [
                "Vocabulary", "Statements", "LineProtocol", "EdgeHSMDaemon", "PKCS11Token", "KeyCustody",
                "ServiceSupport", crypto, logging,
            ]
        ),
        program(
            "obis-factory",
            ["Vocabulary", "Statements", "LineProtocol", "PortalProtocol", "FactoryService", "ServiceSupport", logging]
        ),
        program(
            "obis-station",
            ["Vocabulary", "StationService", "StationCore", "Silicon", "Statements", "ServiceSupport", "LineProtocol"]
        ),
        program("obis", ["Vocabulary", "Governance", "Ceremony", "PKCS11Token", "KeyCustody", "Statements"]),
        program(
            "obis-portal",
            [
                "Vocabulary", "Statements", "PortalProtocol", "PortalCore", "PortalStore", "PortalWeb", "PKCS11Token",
                "KeyCustody", "ServiceSupport", logging,
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),
        program("obis-verify", ["Vocabulary", "Statements", "Verify", "Matter", "Silicon"]),
        program(
            "obis-demo",
            ["Vocabulary", "FactoryBox", "Statements", "Governance", "KeyCustody", "PKCS11Token"]
        ),
        program(
            "obis-bench",
            [
                "Vocabulary", "FactoryBox", "Matter", "KeyCustody", "PKCS11Token", "Statements", "TransparencyLog",
                "Verify", "Governance", "PortalProtocol", "PortalCore", "PortalStore", "PortalWeb", "ServiceSupport",
                "EdgeHSMFixture", "OEMWorld", "PortalFixture", crypto, grdb, sqlite, logging, httpClient,
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),

        // The tests.
        .target(
            name: "TestSupport",
            dependencies: ["Vocabulary"] + sockets,
            path: "Tests/TestSupport",
            swiftSettings: strict
        ),
        // An OEM on tokens of SoftHSM2: officers, ceremony, portal, an appliance, an approved product.
        .target(
            name: "OEMWorld",
            dependencies: [
                "TestSupport", "Vocabulary", "Statements", "Matter", "KeyCustody", "PKCS11Token", "Governance",
                "Ceremony", crypto,
            ],
            path: "Tests/OEMWorld",
            swiftSettings: strict
        ),
        // An EdgeHSM without sockets and tokens: its core, an OEM with software keys, chips.
        .target(
            name: "EdgeHSMFixture",
            dependencies: ["EdgeHSMCore", "Statements", "Vocabulary", "Verify", "TransparencyLog", "Matter", crypto],
            path: "Tests/EdgeHSMFixture",
            swiftSettings: strict
        ),
        // Rows that officers and people would have left in a portal's database, for journals made without either.
        .target(
            name: "PortalFixture",
            dependencies: ["PortalStore", "PortalProtocol", "Statements", "Vocabulary"],
            path: "Tests/PortalFixture",
            swiftSettings: strict
        ),
        tests(
            "Documentation",
            [
                "Vocabulary", "Statements", "TransparencyLog", "Matter", "Silicon", "KeyCustody", "Durability",
                "ServiceSupport", "LineProtocol", "EdgeHSMCore", "EdgeHSMDaemon", "FactoryCore", "Programmers",
                "VirtualChip", "StationCore", "Labels", "Governance", "Ceremony", "Verify", "FactoryBox",
                "PortalProtocol",
                "PortalCore", "PortalStore", "PortalPages", "PortalWeb",
            ]
        ),
        tests("Vocabulary", ["Vocabulary"]),
        tests("Statements", ["Statements", "Vocabulary", crypto]),
        tests("TransparencyLog", ["TransparencyLog", "Vocabulary", crypto]),
        tests("Matter", ["Matter", "Vocabulary", crypto, cryptoExtras, x509, asn1]),
        tests("Silicon", ["Silicon", "Vocabulary", crypto]),
        tests(
            "KeyCustody",
            ["KeyCustody", "PKCS11Token", "Silicon", "Matter", "Vocabulary", crypto, cryptoExtras, x509, asn1]
        ),
        tests("Durability", ["Durability", "Vocabulary", grdb]),
        tests("ServiceSupport", ["ServiceSupport", "Vocabulary", crypto, x509, asn1, logging] + nio),
        tests("LineProtocol", ["LineProtocol", "Statements", "Vocabulary"]),
        tests(
            "EdgeHSMCore",
            [
                "EdgeHSMFixture", "EdgeHSMCore", "Statements", "Vocabulary", "Verify", "TransparencyLog", "Matter",
                crypto,
            ]
        ),
        tests(
            "EdgeHSMDaemon",
            [
                "EdgeHSMDaemon", "EdgeHSMCore", "OEMWorld", "Statements", "Matter", "Silicon", "KeyCustody",
                "PKCS11Token",
                "Durability",
                "LineProtocol", "ServiceSupport", "TransparencyLog", "Vocabulary", "Verify", crypto, cryptoExtras, x509,
                asn1, grdb, logging,
            ]
        ),
        tests(
            "FactoryService",
            [
                "FactoryService", "FactoryCore", "LineProtocol", "PortalProtocol", "ServiceSupport", "TransparencyLog",
                "Statements", "Vocabulary", "Durability", "PortalCore", "PortalWeb", "PortalStore", "KeyCustody",
                crypto, x509, asn1,
                grdb, logging, httpClient, nioHTTP,
            ] + web + nio
        ),
        tests("PortalProtocol", ["PortalProtocol", "LineProtocol", "Statements", "Vocabulary"]),
        tests(
            "PortalCore",
            [
                "PortalCore", "PortalProtocol", "EdgeHSMFixture", "EdgeHSMCore", "Governance", "KeyCustody", "Verify",
                "Matter", "Silicon",
                "TransparencyLog", "Statements", "Vocabulary", crypto,
            ]
        ),
        tests(
            "PortalStore",
            [
                "PortalStore", "PortalCore", "PortalProtocol", "Durability", "TransparencyLog", "Statements",
                "Verify", "Vocabulary", crypto, grdb,
            ]
        ),
        tests(
            "PortalWeb",
            [
                "PortalWeb", "PortalStore", "PortalCore", "PortalProtocol", "Durability", "ServiceSupport",
                "Governance",
                "OEMWorld", "PortalFixture", "EdgeHSMFixture", "EdgeHSMCore", "KeyCustody", "PKCS11Token", "Verify",
                "Matter", "Silicon", "TransparencyLog", "Statements", "obis-portal",
                "Vocabulary", crypto, x509, asn1, grdb, logging, httpClient,
            ] + web + nio
        ),
        tests("PortalPages", ["PortalPages", "PortalProtocol", "Statements", "Vocabulary"]),
        tests("Labels", ["Labels", "Vocabulary"]),
        tests("Compression", ["Compression"]),
        tests(
            "VirtualChip",
            [
                "VirtualChip", "Programmers", "ChipPort", "Statements", "Silicon", "Matter", "Vocabulary", crypto,
                cryptoExtras,
                x509,
                asn1,
            ]
        ),
        tests(
            "StationCore",
            [
                "StationCore", "StationService", "Labels", "ServiceSupport", "FactoryCore", "Programmers",
                "VirtualChip",
                "LineProtocol", "Statements", "Matter", "Silicon", "Vocabulary", crypto, cryptoExtras, x509, asn1,
            ]
        ),
        // Every rule of `Governance` is tried on what a ceremony made.
        tests(
            "Governance",
            [
                "Governance", "Ceremony", "OEMWorld", "PKCS11Token", "KeyCustody", "Statements", "Matter",
                "Silicon", "EdgeHSMFixture", "Vocabulary", crypto,
            ]
        ),
        tests(
            "Ceremony",
            [
                "Ceremony", "Governance", "OEMWorld", "PKCS11Token", "KeyCustody", "Statements", "Matter",
                "Silicon", "Vocabulary", crypto,
            ]
        ),
        .testTarget(
            name: "SystemTests",
            dependencies: [
                "FactoryBox", "Vocabulary", "TestSupport", "edgehsmd", "obis", "obis-factory", "obis-station",
                "obis-verify", "obis-demo", "obis-portal",
            ] + sockets,
            swiftSettings: strict
        ),
        tests(
            "Verify",
            [
                "Verify", "EdgeHSMFixture", "EdgeHSMCore", "Matter", "Silicon", "Statements", "TransparencyLog",
                "Vocabulary", crypto, x509, asn1,
            ]
        ),
    ],
    swiftLanguageModes: [.v6]
)

// `OBIS_ONLY_TESTS=Durability,KeyCustody` leaves these modules' tests and what they reach: a sanitizer instruments every
// C and Swift file it meets, and `swift test` builds all targets that the manifest names.
if let only = Context.environment["OBIS_ONLY_TESTS"]?.split(separator: ",").map({ $0 + "Tests" }) {
    let targets = Dictionary(uniqueKeysWithValues: package.targets.map { ($0.name, $0) })
    var kept: Set<String> = []
    var open = only.map(String.init)
    while let name = open.popLast() {
        guard let target = targets[name], kept.insert(name).inserted else { continue }
        open += target.dependencies.compactMap { dependency in
            if case .byNameItem(let name, _) = dependency { name } else { nil }
        }
    }
    package.targets.removeAll { !kept.contains($0.name) }
}
