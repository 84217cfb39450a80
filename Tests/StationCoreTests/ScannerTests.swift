import Foundation
import Glibc
import Labels
import LineProtocol
import ServiceSupport
import StationCore
import StationService
import Synchronization
import Testing
import Vocabulary

/// A label as the scanner at a site sends it, over real sockets and a real terminal line.
@Suite(.serialized) struct ScannerTests {
    private let folder = NSTemporaryDirectory() + "s\(UInt32.random(in: 0...UInt32.max))"
    private static let code = "MT:Y.K9042C00KA0648G00"

    init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

    private func label(_ serial: String = "T-1", _ qr: String = code) throws -> LabelContent {
        LabelContent(
            serial: try DeviceSerial(serial),
            vendorID: VendorID(0xFFF1),
            productID: ProductID(0x8000),
            discriminator: 3840,
            qr: qr,
            manualCode: "34970112332"
        )
    }

    /// A scanner that answers each caller with what `scan` makes, piece by piece, then hangs up or stays silent.
    private final class Scanner: Sendable {
        let address: String
        private let descriptor: Int32

        init(unix path: String, hangsUp: Bool = true, scan: @escaping @Sendable () -> [[UInt8]]) throws {
            address = path
            let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var name = sockaddr_un()
            name.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
            let bound = withUnsafePointer(to: &name) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            try #require(bound == 0 && listen(descriptor, 4) == 0)
            self.descriptor = descriptor
            Self.serve(descriptor, hangsUp: hangsUp, scan)
        }

        init(scan: @escaping @Sendable () -> [[UInt8]]) throws {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            var name = sockaddr_in()
            name.sin_family = sa_family_t(AF_INET)
            name.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let port = withUnsafeMutablePointer(to: &name) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, size) == 0 && listen(descriptor, 4) == 0
                        && getsockname(descriptor, $0, &size) == 0
                } ? UInt16(bigEndian: pointer.pointee.sin_port) : 0
            }
            try #require(port != 0)
            self.descriptor = descriptor
            address = "127.0.0.1:\(port)"
            Self.serve(descriptor, hangsUp: true, scan)
        }

        private static func serve(_ descriptor: Int32, hangsUp: Bool, _ scan: @escaping @Sendable () -> [[UInt8]]) {
            Thread.detachNewThread {
                while true {
                    let caller = accept(descriptor, nil, nil)
                    guard caller >= 0 else { return }
                    for piece in scan() {
                        _ = piece.withUnsafeBytes {
                            Glibc.send(caller, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                        }
                        usleep(2_000)
                    }
                    if hangsUp { close(caller) }
                }
            }
        }

        func read(timeout: Int = 20) async throws -> String {
            try await LabelScanner(ScannerAddress(address), timeout: timeout).read()
        }
    }

    private func refusal(_ body: () async throws -> Void) async -> Refusal? {
        do {
            try await body()
            return nil
        } catch { return error as? Refusal }
    }

    @Test(arguments: ["\r", "\n", "\r\n", "\r\nrest"])
    func aLineEndsWithCROrLF(_ end: String) async throws {
        let pieces = ["\n", String(Self.code.prefix(7)), Self.code.dropFirst(7) + end].map { Array($0.utf8) }
        let unix = try Scanner(unix: folder + "/1") { pieces }
        #expect(try await unix.read() == Self.code)
        let loopback = try Scanner { pieces }
        #expect(try await loopback.read() == Self.code)
    }

    @Test func whatIsNoLineIsRefusedAndToldToNobody() async throws {
        let long = String(repeating: "A", count: 255)
        #expect(try await Scanner(unix: folder + "/0") { [Array((long + "\r").utf8)] }.read() == long)
        let cases: [(String, [UInt8], Bool, StationError)] = [
            ("too-long", Array((long + "A\r").utf8), true, .scanMalformed),
            ("control", Array("MT:SECRET\u{1B}\r".utf8), true, .scanMalformed),
            ("octets", Array("MT:SECRET".utf8) + [0xC3, 0xA9, 13], true, .scanMalformed),
            ("no-end", Array("MT:SECRET".utf8), true, .scannerUnreachable),
            ("silence", [], false, .scanTimeout), ("half", Array("MT:SECRET".utf8), false, .scanTimeout),
        ]
        for (name, bytes, hangsUp, expected) in cases {
            let scanner = try Scanner(unix: "\(folder)/\(name)", hangsUp: hangsUp) { [bytes] }
            let refused = await refusal { _ = try await scanner.read(timeout: expected == .scanTimeout ? 1 : 20) }
            #expect(refused?.has(expected) == true, "\(name): \(String(describing: refused))")
            #expect(refused.map { "\($0)".contains("SECRET") } == false, "\(name)")
        }
    }

    @Test func anAbsentScannerStopsTheLine() async throws {
        for address in [folder + "/none", "127.0.0.1:1", "/dev/null", "/dev/obis-none"] {
            let refused = await refusal { _ = try await LabelScanner(ScannerAddress(address)).read() }
            #expect(refused?.has(StationError.scannerUnreachable) == true, "\(address)")
            #expect(refused.map { FailureKind($0) } == .stopLine)
        }
        for address in ["", "ttyACM0", "10.0.0.1:99", "127.0.0.1:0", "/" + String(repeating: "x", count: 100)] {
            #expect(await refusal { _ = try ScannerAddress(address) }?.has(StationError.scannerAddress) == true)
        }
    }

    private static func send(_ text: String, into descriptor: Int32) {
        _ = Array(text.utf8).withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }

    /// What was scanned before the station waited for it waits in the line's buffer, and counts for nothing.
    @Test func aTerminalLineForgetsWhatWasScannedBefore() async throws {
        var (master, held): (Int32, Int32) = (-1, -1)
        var name = [CChar](repeating: 0, count: 128)
        // Somebody keeps the line open, as the kernel does for a device that is plugged in.
        try #require(openpty(&master, &held, &name, nil, nil) == 0)
        let path = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let line = master
        defer {
            close(held)
            close(line)
        }
        Self.send("MT:OF-THE-DEVICE-BEFORE\r", into: line)
        let scan = Task { try await LabelScanner(ScannerAddress(path), timeout: 20).read() }
        let scanning = Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(100))
                Self.send(Self.code + "\r", into: line)
            }
        }
        let read = try await scan.value
        scanning.cancel()
        await scanning.value
        #expect(read == Self.code)
    }

    @Test func aStoppedLineWaitsForNoScan() async throws {
        let scanner = try Scanner(unix: folder + "/1", hangsUp: false) { [] }
        let scan = Task { try await scanner.read(timeout: 3_600) }
        scan.cancel()
        await #expect(throws: CancellationError.self) { try await scan.value }
    }

    @Test func theConfigurationNamesAScannerOrALaboratory() async throws {
        func configuration(_ changes: String) throws -> StationConfiguration {
            let key = "04" + String(repeating: "11", count: 64)
            let text = """
                {"name": "s", "tls": {"certificates": "/c", "key": "/k", "authorities": "/a"}, "chips": ["/chip"],
                "edgeHSM": {"id": "e", "host": "h", "port": 1, "identityKey": "\(key)"},
                "factory": {"name": "f", "host": "h", "port": 2}, "state": "/s", "labels": "/l/{n}"\(changes)}
                """
            return try JSONDecoder().decode(StationConfiguration.self, from: Data(text.utf8))
        }
        func code(_ changes: String, site: Int = 1) async -> String? {
            await refusal { _ = try configuration(changes).scanner(site) }?.code
        }
        #expect(await code("") == "station.scanner.missing")
        #expect(await code(#","profile":"production""#) == "station.scanner.missing")
        #expect(try configuration(#","profile":"lab""#).scanner(1) == nil)
        let one = #","scanners":["/dev/ttyACM0"]"#
        #expect(try configuration(one).scanner(1) != nil)
        #expect(await code(one, site: 2) == "station.scanner.missing", "one scanner serves one site")
        #expect(try configuration(#","scanners":["/run/scan{n}"]"#).scanner(9) != nil)
        #expect(await code(#","scanners":["ttyACM0"]"#) == "station.scanner.address")
        #expect(await code(one + #","scanTimeout":0"#) == "config.value.invalid")
        #expect(await code(one + #","profile":"lab""#, site: 2) == "station.scanner.missing", "named scanners are used")
        #expect(try configuration(one).labelFolder(3) == "/l/3")
    }

    /// The spooler of a laboratory takes its files the moment they are there.
    @Test func aPromptSpoolerRacesNobody() async throws {
        let desk = LabDesk(LabelSpool(folder: folder, productName: "Lamp"))
        try await desk.printLabel(try label())
        for ending in ["json", "svg", "zpl"] { try FileManager.default.removeItem(atPath: "\(folder)/T-1.\(ending)") }
        #expect(try await desk.scanLabel(try label()) == Self.code)
        #expect(await refusal { _ = try await desk.scanLabel(try label()) }?.has(StationError.labelMismatch) == true)
        let other = await refusal { _ = try await desk.scanLabel(try label("T-2")) }
        #expect(other?.has(StationError.labelMismatch) == true)
    }

    /// Printer and scanner of a site: the label of another unit on the device is refused, before any fuse is burnt; with
    /// its own label the same unit passes. The spooler takes the files before the scanner reads.
    @Test func aWrongLabelOnTheDeviceIsRefused() async throws {
        let site = FakeSite()
        let wrong = Mutex(true)
        let spool = folder
        let scanner = try Scanner(unix: folder + "/scanner") {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: spool)) ?? []
            var code = "MT:nothing-printed"
            for name in names where name.contains(".") {
                let path = spool + "/" + name
                if name.hasSuffix(".zpl"), let text = try? String(contentsOfFile: path, encoding: .utf8) {
                    code = ZPLReader.code(in: text) ?? code
                }
                unlink(path)
            }
            return [Array((wrong.withLock { $0 } ? "MT:-24J0AFN00KA0648G00" : code).utf8) + [13, 10]]
        }
        func run() async throws -> UnitOutcome {
            var place = site.site()
            place.desk = ScannedDesk(
                LabelSpool(folder: spool, productName: "Lamp"),
                scanner: LabelScanner(try ScannerAddress(scanner.address))
            )
            return try await UnitFlow(site: place, batch: site.edge.batch, shift: "shift-1").run()
        }
        let refused = try await run()
        #expect(refused.refusal?.has(StationError.labelMismatch) == true && refused.result == .unfinished)
        #expect(site.chip.state.withLock { $0.locks == 0 && $0.features == nil }, "no fuse is burnt")
        wrong.withLock { $0 = false }
        let passed = try await run()
        #expect(passed.result == .passed, "\(String(describing: passed.refusal))")
        #expect(site.chip.state.withLock { $0.locks } == 1)
    }
}
