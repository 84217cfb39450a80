import Foundation
import Labels
import TestSupport
import Testing
import Vocabulary

struct LabelTests {
    static let payload = "MT:Y.K9042C00KA0648G00"

    func label(qr: String = payload, code: String = "34970112332", name: String = "Lamp") throws -> DeviceLabel {
        try DeviceLabel(qr: qr, manualCode: code, serial: DeviceSerial("OB-000001"), productName: name)
    }

    @Test func aScannerReadsTheSVGBack() throws {
        try #require(
            FileManager.default.isExecutableFile(atPath: "/usr/bin/zbarimg"),
            "zbarimg is missing, so no scanner has read the label: run scripts/setup (Debian package zbar-tools)"
        )
        for payload in [Self.payload, "MT:" + String(repeating: "-.ABC0129", count: 8)] {
            let svg = try SVGLabel.render(label(qr: payload))
            let path = NSTemporaryDirectory() + "obis-label-\(UUID().uuidString).pgm"
            defer { try? FileManager.default.removeItem(atPath: path) }
            try Data(Raster(svg: svg).pgm).write(to: URL(fileURLWithPath: path))
            let result = try Subprocess.run("/usr/bin/zbarimg", ["-q", "--raw", path])
            // The tool also grumbles about a missing D-Bus; the code is its last line.
            #expect(result.output.split(separator: "\n").last.map(String.init) == payload)
        }
    }

    @Test func theSymbolHasItsQuietZone() throws {
        let raster = try Raster(svg: SVGLabel.render(label()))
        let dark = raster.dark
        #expect(dark.map(\.0).min() == 4 && dark.map(\.1).min() == 4)
        #expect(dark.map(\.0).max() == raster.side - 5)
    }

    @Test func peopleReadCodeAndSerialUnderTheSymbol() throws {
        let svg = try SVGLabel.render(label(name: "Lamp <&\"'> 1"))
        #expect(svg.contains(">3497-011-2332</text>"))
        #expect(svg.contains(">OB-000001</text>"))
        #expect(svg.contains(">Lamp &lt;&amp;&quot;&#39;&gt; 1</text>"))
        let long = try label(code: "749701123365521327694")
        #expect(long.readableManualCode == "7497-011-2336-55213-27694")
    }

    @Test func theSVGIsWellFormedXML() throws {
        let document = try XMLCheck.parse(SVGLabel.render(label(name: "Ä <&> ]]> \"x\"")))
        #expect(document)
    }

    @Test func zplCannotBeBrokenOutOf() throws {
        let zpl = ZPLLabel.render(try label(name: "a^XZ~JR_5E\\ü"))
        #expect(zpl.contains("^FD" + "a_5EXZ_7EJR_5F5E_5C_C3_BC^FS"))
        #expect(zpl.contains("^BQN,2,5^FH_^FDMA,\(Self.payload)^FS"))
        #expect(zpl.split(separator: "^XZ").count == 2, "one end, then a line feed")
        #expect(zpl.hasPrefix("^XA") && !zpl.contains("~"))
    }

    @Test func theRecordIsOneLineOfJSON() throws {
        let line = try String(decoding: LabelRecord.line(label(name: "a/b")), as: UTF8.self)
        let expected =
            "{\"manualCode\":\"34970112332\",\"productName\":\"a/b\",\"qr\":\"\(Self.payload)\",\"serial\":\"OB-000001\"}\n"
        #expect(line == expected)
    }

    @Test func fieldsAreBounded() throws {
        let faults: [() throws -> DeviceLabel] = [
            { try label(qr: "Y.K9042C00KA0648G00XXX") }, { try label(qr: "MT:short") },
            { try label(qr: Self.payload + "a") }, { try label(qr: Self.payload + "^XZ") },
            { try label(qr: "MT:" + String(repeating: "A", count: 300)) }, { try label(code: "3497011233") },
            { try label(code: "3497011233x") }, { try label(name: "") }, { try label(name: "a\nb") },
            { try label(name: String(repeating: "a", count: 33)) },
        ]
        for (index, fault) in faults.enumerated() {
            let refusal = #expect(throws: Refusal.self, "fault \(index)") { try fault() }
            #expect(refusal?.code == LabelError.fieldInvalid.rawValue, "fault \(index)")
        }
    }

    @Test func aLabelPrintsNothingOfItself() throws {
        let label = try label()
        for text in ["\(label)", String(reflecting: label), "\([label])"] {
            #expect(!text.contains(label.manualCode) && !text.contains(label.qr))
        }
    }
}
