import SwiftASN1
import TestSupport
import Testing

@testable import Matter

/// Our walk beside SwiftASN1's parser: the same octets are DER, and they hold the same values.
@Suite struct DERNodeTests {
    /// What both say of a value: tag, where it stands, and what is in it.
    private indirect enum Shape: Equatable {
        case primitive(ASN1Identifier, [UInt8], content: [UInt8])
        case constructed(ASN1Identifier, [UInt8], [Shape])

        init(_ node: ASN1Node) {
            switch node.content {
            case .primitive(let content):
                self = .primitive(node.identifier, Array(node.encodedBytes), content: Array(content))
            case .constructed(let children):
                self = .constructed(node.identifier, Array(node.encodedBytes), children.map { Shape($0) })
            }
        }

        init(_ node: DERNode) throws {
            guard node.isConstructed else {
                self = .primitive(node.identifier, Array(node.encodedBytes), content: Array(node.content))
                return
            }
            var children: [Shape] = []
            var reader = try DERReader(node, node.identifier, fault: .certificateMalformed)
            while !reader.isAtEnd { children.append(try Shape(reader.any())) }
            try reader.end()
            self = .constructed(node.identifier, Array(node.encodedBytes), children)
        }
    }

    /// Padding around the octets shows places that are counted from the wrong start.
    private func agree(_ bytes: [UInt8]) throws -> Bool {
        let padded = [0x30, 0x00] + bytes + [0x05, 0x00]
        let ours = try DERNode(checking: padded[2..<2 + bytes.count]).map { try Shape($0) }
        return ours == (try? DER.parse(bytes)).map { Shape($0) }
    }

    @Test("a certificate, as it is and changed")
    func certificate() async throws {
        let seed = Seed.take("MatterTests.DERNodeTests")
        var random = SeededGenerator(seed: seed)
        let der = try await Laboratory().dac().der
        let tree = DERTree(parsing: der)
        #expect(try agree(der))
        for round in 0..<2_000 {
            #expect(try agree(Mutator.octets(der, &random)), "seed \(seed), octets, round \(round)")
            #expect(try agree(Mutator.structure(tree, &random).encoded), "seed \(seed), structure, round \(round)")
        }
    }

    @Test("short octets: tags and lengths of every form")
    func short() throws {
        let seed = Seed.take("MatterTests.DERNodeTests")
        var random = SeededGenerator(seed: seed)
        let tags: [UInt8] = [0x00, 0x20, 0x02, 0x1F, 0x3F, 0x30, 0x80, 0x9F, 0xA0, 0xBF, 0xFF]
        let octets: [UInt8] = [0x00, 0x01, 0x02, 0x1E, 0x1F, 0x7F, 0x80, 0x81, 0x82, 0x84, 0x88, 0x89, 0xFF]
        for round in 0..<40_000 {
            let head = tags.randomElement(using: &random) ?? 0
            let rest = (0..<Int.random(in: 0...10, using: &random)).map { _ in octets.randomElement(using: &random) ?? 0
            }
            let fill = [UInt8](repeating: 0, count: Bool.random(using: &random) ? 0 : 128)
            let bytes = [head] + rest + fill
            #expect(try agree(bytes), "seed \(seed), round \(round): \(bytes)")
        }
    }

    @Test("tags and lengths at their limits")
    func limits() throws {
        func value(_ tag: [UInt8], _ length: [UInt8], _ count: Int) -> [UInt8] {
            tag + length + [UInt8](repeating: 7, count: count)
        }
        let nine: [UInt8] = [0x9F] + [UInt8](repeating: 0xFF, count: 8)
        let cases: [([UInt8], isDER: Bool)] = [
            (value([0x04], [0x7F], 127), true), (value([0x04], [0x81, 0x7F], 127), false),
            (value([0x04], [0x81, 0x80], 128), true), (value([0x04], [0x82, 0x00, 0x80], 128), false),
            (value([0x04], [0x82, 0x01, 0x00], 256), true), (value([0x04], [0x80], 2), false),
            (value([0x04], [0x88] + [UInt8](repeating: 0xFF, count: 8), 0), false),
            (value([0x04], [0x87, 0, 0, 0, 0, 0, 1, 0], 256), false), (value([0x04], [0x89], 0), false),
            (value([0x9F, 0x1F], [0], 0), true), (value([0x9F, 0x1E], [0], 0), false),
            (value([0x9F, 0x80, 0x1F], [0], 0), false), (value(nine + [0x7F], [0], 0), true),
            (value(nine + [0xFF, 0x7F], [0], 0), false), (value([0x9F, 0xFF], [], 0), false), ([], false),
            ([0x00, 0x00], false), ([0x20, 0x00], false), ([0x80, 0x00], true),
        ]
        for (bytes, isDER) in cases {
            #expect((DERNode(checking: bytes[...]) != nil) == isDER, "\(bytes.prefix(16))")
            #expect(try agree(bytes), "\(bytes.prefix(16))")
        }
    }

    @Test("nesting of 50 is read, of 51 is not", arguments: [49, 50, 51, 52])
    func nesting(_ depth: Int) throws {
        var bytes: [UInt8] = []
        for _ in 0..<depth { bytes = DERTree.sequence(bytes) }
        #expect((DERNode(checking: bytes[...]) != nil) == (depth <= 50))
        #expect(try agree(bytes))
    }
}
