import FoundationEssentials

/// The times of one piece of work.
struct Measurement: Encodable {
    /// What `make bench` joins the lines of two programs by.
    let name: String
    let minimumMilliseconds: Double
    let medianMilliseconds: Double
    let repetitions: Int

    /// Repeats `body` until `seconds` have passed, at least `atLeast` times.
    init(_ name: String, seconds: Double = 3, atLeast: Int = 3, _ body: () throws -> Void) rethrows {
        var times: [Double] = []
        let clock = ContinuousClock(), start = clock.now
        while times.count < atLeast || clock.now - start < .seconds(seconds) {
            times.append(try clock.measure(body) / .milliseconds(1))
        }
        times.sort()
        self.name = name
        (minimumMilliseconds, medianMilliseconds, repetitions) = (times[0], times[times.count / 2], times.count)
    }

    func print() { printJSON(self) }
}

/// A figure that is not a time.
struct Figure: Encodable {
    let name: String
    let value: Double
    let unit: String

    func print() { printJSON(self) }
}

private func printJSON(_ value: some Encodable) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Both types hold only strings and finite numbers.
    Swift.print(String(decoding: try! encoder.encode(value), as: UTF8.self))
}
