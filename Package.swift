// swift-tools-version:6.2
import PackageDescription

/// One list of settings for every Swift target of the project.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// The keeper is a process per workload: static and small, so that a hundred of them fit on a small board.
let keeperLinkerSettings: [LinkerSetting] = [
    .unsafeFlags(["-static-stdlib", "-nostartfiles", "-Xclang-linker", "-static"])
]

let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let asyncHTTPClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")

let package = Package(
    name: "master-control",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "master-control", targets: ["MasterControl"]),
        .executable(name: "mc-keeper", targets: ["Keeper"]),
        .executable(name: "mc-console", targets: ["MCConsole"]),
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.0", traits: []),
        .package(url: "https://github.com/hummingbird-project/swift-mustache.git", from: "2.1.0"),
        .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0", traits: []),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.0"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
    ],
    targets: [
        // What things are. Values only.
        .target(
            name: "FleetModel", dependencies: [crypto], path: "Sources/Shared/FleetModel", swiftSettings: settings),
        // Text from elsewhere, made fit for a terminal.
        .target(name: "TerminalText", path: "Sources/Shared/TerminalText", swiftSettings: settings),
        // YAML to validated values.
        .target(
            name: "FleetConfig",
            dependencies: ["FleetModel", .product(name: "Yams", package: "Yams")],
            path: "Sources/Shared/FleetConfig", swiftSettings: settings),
        // The typed HTTP client of both servers.
        .target(
            name: "FleetClient",
            dependencies: ["FleetModel", asyncHTTPClient, nioCore, nioPosix, nioHTTP1],
            path: "Sources/Shared/FleetClient", swiftSettings: settings),
        // What both servers do alike: errors, limits, authentication, streams.
        .target(
            name: "FleetHTTP",
            dependencies: [
                "FleetModel", "TerminalText", hummingbird, log, lifecycle, nioCore, nioPosix, nioHTTP1, httpTypes,
            ],
            path: "Sources/Shared/FleetHTTP", swiftSettings: settings),
        // How both programs keep what they know: one opener, one way of reading rows.
        .target(
            name: "SQLiteFile", dependencies: ["FleetModel", grdb], path: "Sources/Shared/SQLiteFile",
            swiftSettings: settings),
        // C that Swift cannot do: spawning, pidfd, small system calls.
        .target(name: "CProcess", path: "Sources/Shared/CProcess"),
        // The process between the daemon and each workload.
        .executableTarget(
            name: "Keeper", path: "Sources/Daemon/Keeper",
            cSettings: [.define("_GNU_SOURCE")], linkerSettings: keeperLinkerSettings),
        .target(
            name: "DaemonCore",
            dependencies: [
                "FleetModel", "FleetConfig", "FleetClient", "FleetHTTP", "TerminalText", "SQLiteFile", "CProcess",
                hummingbird, log, lifecycle, unixSignals, grdb, nioCore, nioPosix, httpTypes,
            ],
            path: "Sources/Daemon/DaemonCore",
            resources: [.embedInCode("Resources/module_runner.py")],
            swiftSettings: settings),
        // Clients that are not there, for a central that is.
        .target(
            name: "FleetSimulator",
            dependencies: [
                "FleetModel", "FleetClient", "FleetHTTP", "DaemonCore", hummingbird, log, lifecycle, asyncHTTPClient,
                httpTypes,
            ],
            path: "Sources/Daemon/FleetSimulator", swiftSettings: settings),
        // zlib, for pages and assets.
        .target(name: "CZlib", path: "Sources/Central/CZlib", linkerSettings: [.linkedLibrary("z")]),
        .target(
            name: "CentralServer",
            dependencies: [
                "CZlib", "CProcess", "SQLiteFile", "FleetModel", "FleetConfig", "FleetClient", "FleetHTTP",
                "TerminalText",
                hummingbird, log, lifecycle, grdb, asyncHTTPClient, nioCore, nioPosix, nioHTTP1, httpTypes,
                .product(name: "Mustache", package: "swift-mustache"),
            ],
            path: "Sources/Central/CentralServer",
            resources: [.embedInCode("Dashboard/Assets")],
            swiftSettings: settings),
        .executableTarget(
            name: "MasterControl",
            dependencies: [
                "DaemonCore", "CentralServer", "FleetSimulator", "FleetClient", "FleetConfig", "FleetHTTP",
                "FleetModel", "TerminalText", log,
                lifecycle, unixSignals,
                asyncHTTPClient,
                nioCore,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Sources/Daemon/MasterControl", swiftSettings: settings),
        // ncurses with wide characters, and the C that its use from Swift needs.
        .target(
            name: "CNcurses", path: "Sources/Console/CNcurses",
            linkerSettings: [.linkedLibrary("ncursesw"), .linkedLibrary("tinfo")]),
        // What the console knows, does and shows, without a terminal.
        .target(
            name: "ConsoleCore", dependencies: ["FleetModel", "FleetConfig", "TerminalText"],
            path: "Sources/Console/ConsoleCore", resources: [.embedInCode("Themes/Shipped")],
            swiftSettings: settings),
        // The only one that knows curses.
        .target(
            name: "Terminal", dependencies: ["CNcurses", "ConsoleCore", "FleetModel"], path: "Sources/Console/Terminal",
            swiftSettings: settings),
        .executableTarget(
            name: "MCConsole",
            dependencies: [
                "ConsoleCore", "Terminal", "FleetClient", "FleetConfig", "FleetModel", "TerminalText",
                asyncHTTPClient, nioCore,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Sources/Console/MCConsole", swiftSettings: settings),

        .testTarget(
            name: "FleetModelTests", dependencies: ["FleetModel", "TestSupport"], path: "Tests/FleetModelTests",
            exclude: ["cron_cases.py", "cron_cases.tsv"], swiftSettings: settings),
        .testTarget(
            name: "TerminalTextTests", dependencies: ["TerminalText"], path: "Tests/TerminalTextTests",
            swiftSettings: settings),
        .testTarget(
            name: "FleetConfigTests", dependencies: ["FleetConfig", "FleetModel", "TestSupport"],
            path: "Tests/FleetConfigTests", swiftSettings: settings),
        .testTarget(
            name: "FleetClientTests", dependencies: ["FleetClient", "FleetModel", asyncHTTPClient, nioCore, nioPosix],
            path: "Tests/FleetClientTests", swiftSettings: settings),
        .testTarget(
            name: "FleetHTTPTests",
            dependencies: [
                "FleetHTTP", "FleetModel", hummingbird, log, lifecycle, nioCore, nioPosix, nioHTTP1, httpTypes,
                asyncHTTPClient,
            ],
            path: "Tests/FleetHTTPTests", swiftSettings: settings),
        .testTarget(
            name: "CentralServerTests",
            dependencies: [
                "CentralServer", "FleetClient", "FleetHTTP", "FleetModel", "FleetConfig", "SQLiteFile", "TestSupport",
                hummingbird,
                log,
                lifecycle, grdb, nioCore, nioPosix, nioHTTP1, httpTypes, asyncHTTPClient,
            ],
            path: "Tests/CentralServerTests", swiftSettings: settings),
        .testTarget(
            name: "DaemonCoreTests",
            dependencies: [
                "DaemonCore", "FleetClient", "FleetModel", "FleetConfig", "SQLiteFile", "TestSupport", asyncHTTPClient,
                log, grdb,
                nioCore,
                nioPosix,
            ],
            path: "Tests/DaemonCoreTests", swiftSettings: settings),
        .testTarget(
            name: "MasterControlTests",
            dependencies: [
                "MasterControl", "MCConsole", "DaemonCore", "CentralServer", "FleetSimulator", "ConsoleCore",
                "Terminal",
                "FleetClient", "FleetConfig", "FleetHTTP", "FleetModel", "TerminalText", "TestSupport", nioCore,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/MasterControlTests", swiftSettings: settings),
        .testTarget(
            name: "ConsoleTests",
            dependencies: [
                "ConsoleCore", "Terminal", "MCConsole", "FleetModel", "FleetConfig", "TestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/ConsoleTests", exclude: ["Screens"], swiftSettings: settings),
        // Random damage to all that comes from outside. Its seeds lie beside it.
        .testTarget(
            name: "Fuzz",
            dependencies: [
                "FleetModel", "FleetConfig", "FleetClient", "FleetHTTP", "TerminalText", "DaemonCore", "CentralServer",
                "MasterControl", "ConsoleCore", "Terminal", "TestSupport", asyncHTTPClient, log, nioCore, nioPosix,
                nioHTTP1,
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ],
            path: "Tests/Fuzz", exclude: ["Seeds"], swiftSettings: settings),
        .target(
            name: "TestSupport", dependencies: ["CProcess", "FleetModel"], path: "Tests/TestSupport",
            swiftSettings: settings),
        .testTarget(
            name: "EndToEnd",
            dependencies: [
                "TestSupport", "FleetModel", "MasterControl", "Keeper", "MCConsole", asyncHTTPClient, nioCore, nioHTTP1,
            ],
            path: "Tests/EndToEnd", swiftSettings: settings),
    ]
)
