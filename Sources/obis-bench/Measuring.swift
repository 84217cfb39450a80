import Glibc

/// Seconds of one operation.
struct Cost: Codable, Sendable {
    let cpu: Double
    let wall: Double

    func divided(by count: Int) -> Cost { Cost(cpu: cpu / Double(count), wall: wall / Double(count)) }
}

/// Why a measurement can't go on.
enum Fault: String, Error {
    case signatureWrong = "a signature of our own did not verify"
    case disk = "the probe file could not be written"
    case notDurable = "the bare load would not be durable"
    case refused = "the portal refused what is to be measured"
    case proofWrong = "a proof of the portal did not verify"
    case answerWrong = "an answer of the portal is not what was asked for"
}

/// CPU seconds of this process, all threads, user and system.
func processCPU() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Octets of memory that this process holds.
func processMemory() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 128)
    guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
    let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
}

func timed(_ body: () throws -> Void) rethrows -> Cost {
    let (cpu, start) = (processCPU(), ContinuousClock.now)
    try body()
    return Cost(cpu: processCPU() - cpu, wall: (ContinuousClock.now - start) / .seconds(1))
}

func timedWait(_ body: () async throws -> Void) async rethrows -> Cost {
    let (cpu, start) = (processCPU(), ContinuousClock.now)
    try await body()
    return Cost(cpu: processCPU() - cpu, wall: (ContinuousClock.now - start) / .seconds(1))
}

func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return 0 }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
