import FactoryCore
import PortalProtocol
import Statements
import Vocabulary

/// Label records and events of this storage in chunks, each with the running digest that says which records came before.
actor RecordTape {
    private static let octets = 2 * 1024 * 1024
    private static let page = 500
    /// Records after which the digest is kept in storage, so that a restart need not read everything again.
    private static let keepEvery = 2_000

    private let store: FactoryStore
    private var source: RecordSource?
    private var known: [RecordStream: (number: Int, head: Digest256)] = [:]
    private var kept: [RecordStream: Int] = [:]

    init(_ store: FactoryStore) { self.store = store }

    /// The running digest over records 1 to `number`; nil where there are fewer.
    func head(of stream: RecordStream, at number: Int) async throws -> Digest256? {
        var place = try await start(stream, before: number)
        while place.number < number {
            let octets = try await records(
                of: stream,
                after: place.number,
                limit: min(Self.page, number - place.number)
            )
            guard !octets.isEmpty else { return nil }
            for record in octets {
                place = (place.number + 1, RecordStream.head(after: place.head, record))
            }
        }
        known[stream] = place
        if place.number - (kept[stream] ?? 0) >= Self.keepEvery {
            try await store.save(head: place.head, of: stream, at: place.number)
            kept[stream] = place.number
        }
        return place.head
    }

    /// The farthest known place that is not beyond `number`.
    private func start(_ stream: RecordStream, before number: Int) async throws -> (number: Int, head: Digest256) {
        let source = try await store.source()
        if self.source != source { (self.source, known, kept) = (source, [:], [:]) }
        if let place = known[stream], place.number <= number { return place }
        if let place = try await store.head(of: stream) {
            kept[stream] = place.number
            if place.number <= number { return place }
        }
        return (0, stream.start(of: source))
    }

    /// Whether the portal's place is on this tape. Where it says no digest it has stored nothing.
    func agrees(with state: SyncState) async throws -> Bool {
        for (stream, number, told) in [
            (RecordStream.labels, state.labelsStored, state.labelsHead),
            (.events, state.eventsStored, state.eventsHead),
        ] where number > 0 || told != nil {
            guard let own = try await head(of: stream, at: number), told == nil || told == own else { return false }
        }
        return true
    }

    /// Nil where nothing follows `number`.
    func labels(after number: Int, limit: Int) async throws -> LabelChunk? {
        let records = try await labels(after: number, limit)
        guard !records.isEmpty, let head = try await head(of: .labels, at: number) else { return nil }
        return LabelChunk(from: number + 1, after: head, records: records)
    }

    func events(after number: Int, limit: Int) async throws -> EventChunk? {
        let lines = try await lines(after: number, limit)
        guard !lines.isEmpty, let head = try await head(of: .events, at: number) else { return nil }
        return EventChunk(from: number + 1, after: head, lines: lines)
    }

    private func records(of stream: RecordStream, after number: Int, limit: Int) async throws -> [[UInt8]] {
        switch stream {
        case .labels: try await labels(after: number, limit).map { try $0.recordOctets() }
        case .events: try await lines(after: number, limit).map { Array($0.utf8) }
        }
    }

    private func labels(after number: Int, _ limit: Int) async throws -> [LabelUpload] {
        var octets = 0
        let records = try await store.labels(after: number, limit: min(limit, SyncLimits.mostItems)).prefix { record in
            octets += record.record.ciphertext.bytes.count
            return octets <= Self.octets
        }
        return Array(records)
    }

    private func lines(after number: Int, _ limit: Int) async throws -> [String] {
        var octets = 0
        let lines = try await store.eventLines(after: number, limit: min(limit, SyncLimits.mostItems)).map { event in
            Self.told(event.text, as: event.number)
        }.prefix { line in
            octets += line.utf8.count
            return octets <= Self.octets
        }
        return Array(lines)
    }

    /// An event as it goes up. One that is longer than the portal takes is told by its length in octets and its SHA-256, so
    /// that the one that is kept here can be shown to be it.
    static func told(_ text: String, as number: Int) -> String {
        guard text.utf8.count > SyncLimits.longestEvent else { return text }
        let (octets, digest) = (text.utf8.count, Digest256.of(text.utf8))
        return #"{"kind":"too-long","number":\#(number),"octets":\#(octets),"sha256":"\#(digest)"}"#
    }
}
