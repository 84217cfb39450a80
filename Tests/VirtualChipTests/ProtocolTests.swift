import ChipPort
import Foundation
import Programmers
import Silicon
import TestSupport
import Testing
import VirtualChip
import Vocabulary

struct ProtocolTests {
    private func json(_ body: String, version: Int = 1) -> [UInt8] {
        Array("{\"body\":\(body),\"id\":7,\"version\":\(version)}".utf8)
    }

    @Test func unknownCommandsVersionsAndFormsAreRefused() async throws {
        #expect(try ChipFrame<ChipRequest>.decode(json("{\"identify\":{}}")).body == .identify)
        let cases = [
            (json("{\"dumpKeys\":{}}"), "programmer.command.unknown"),
            (json("{\"identify\":{},\"status\":{}}"), "programmer.command.unknown"),
            (json("{\"identify\":{}}", version: 2), "programmer.message.version-unknown"),
            (json("{\"identify\":{\"extra\":1}}"), "programmer.message.malformed"),
            (json("{\"identify\": {}}"), "programmer.message.malformed"),
            (Array("[]".utf8), "programmer.message.malformed"), ([], "programmer.message.malformed"),
        ]
        for (bytes, code) in cases {
            await expectRefusal(code) { try ChipFrame<ChipRequest>.decode(bytes) }
        }
    }

    @Test func requestsAndRepliesKeepTheirMeaning() throws {
        let blob = try Blob([1, 2, 3, 0xff])
        let requests: [ChipRequest] = try [
            .status, .generateKeys(nonce: .fresh()), .writeFirmware(offset: 1, total: 2, chunk: blob),
            .readBack(region: .factoryData, offset: 0, length: 9), .wipe(scope: .keys), .adac(packet: blob),
            .installSealedKey(
                delivery: .init(slot: KeySlot("ota"), ephemeral: TokenStandIn().point, wrapped: blob)
            ),
        ]
        for request in requests {
            #expect(try ChipFrame<ChipRequest>.decode(ChipFrame(id: .max, body: request).encoded()).body == request)
        }
    }

    @Test func blobsAreBounded() {
        #expect(throws: Refusal.self) { try Blob([UInt8](repeating: 0, count: Blob.largest + 1)) }
        #expect(throws: Never.self) { try Blob([UInt8](repeating: 0, count: Blob.largest)) }
    }

    @Test func addressesAreLocal() async throws {
        #expect(try ChipAddress("127.0.0.1:4711") == .loopback(port: 4711))
        for text in [
            "", "socket", "10.0.0.1:1", "127.0.0.1:0", "127.0.0.1:70000", "/" + String(repeating: "x", count: 100),
        ] {
            await expectRefusal("programmer.address.invalid") { try ChipAddress(text) }
        }
    }

    @Test func nobodyThereIsRetryable() async throws {
        let programmer = SocketProgrammer(try ChipAddress("/tmp/obis-no-chip-here"))
        let refusal = await #expect(throws: Refusal.self) { try await programmer.identify() }
        #expect(refusal?.code == "programmer.chip.unreachable")
        #expect(refusal?.isRetryable == true)
    }

    @Test func rangesOutsideTheChipAreRefused() async throws {
        let bench = try await ChipBench(.virtualN)
        try await bench.powered { chip in
            await expectRefusal("chip.region.empty") { try await chip.readBack(.firmware, offset: 0, length: 1) }
            await expectRefusal("chip.region.range") {
                try await chip.writeFirmware(offset: 1, total: 4, chunk: [1, 2, 3, 4])
            }
            await expectRefusal("chip.region.range") {
                try await chip.writeFirmware(offset: 0, total: .max, chunk: [1])
            }
            try await chip.writeFirmware(offset: 2, total: 6, chunk: [1, 2])
            #expect(try await chip.readBack(.firmware) == [0xff, 0xff, 1, 2, 0xff, 0xff])
            for (offset, length) in [(UInt32.max, UInt32.max), (6, 1), (0, 7), (0, 0)] {
                await expectRefusal("chip.region.range") {
                    try await chip.readBack(.firmware, offset: offset, length: length)
                }
            }
        }
    }

    /// Octets as another program sends them: frames too large, empty, cut short, and no JSON at all.
    @Test(arguments: ["ffffffff00", "00000000", "0000000a7b7d", "000000047b7b7b7b", "00"])
    func aChipSurvivesBrokenFrames(_ hex: String) async throws {
        let bench = try await ChipBench(.virtualN)
        let script = """
            import socket, sys
            s = socket.socket(socket.AF_UNIX)
            s.connect(sys.argv[1])
            s.sendall(bytes.fromhex(sys.argv[2]))
            s.shutdown(socket.SHUT_WR)
            while s.recv(4096): pass
            """
        let path = bench.folder + "/socket"
        try await bench.powered { chip in
            let sender = try Subprocess.run("/usr/bin/python3", ["-c", script, path, hex])
            #expect(sender.status == 0, "\(sender.output)")
            #expect(try await chip.identify().uid == bench.uid)
        }
    }

    @Test func tcpOnLoopbackServesToo() async throws {
        let bench = try await ChipBench(.virtualN)
        let address = ChipAddress.loopback(port: 20_000 + Int.random(in: 0..<20_000))
        let (ready, signal) = AsyncStream<Void>.makeStream()
        let configuration = VirtualChipProcess.Configuration(folder: bench.folder, address: address)
        let process = Task { try await VirtualChipProcess.run(configuration) { signal.yield() } }
        for await _ in ready.prefix(1) {}
        let programmer = SocketProgrammer(address)
        #expect(try await programmer.identify().uid == bench.uid)
        await programmer.close()
        process.cancel()
        _ = await process.result
    }
}
