/// How far some work is, as text.
package struct Progress {
    let title: String
    let done, total: Int
    let unit: String
    let amount: Double
    let amountUnit: String?
    let elapsed: Duration

    package init(
        title: String, done: Int, total: Int, unit: String, amount: Double = 0, amountUnit: String? = nil,
        elapsed: Duration
    ) {
        (self.title, self.done, self.total, self.unit) = (title, done, total, unit)
        (self.amount, self.amountUnit, self.elapsed) = (amount, amountUnit, elapsed)
    }

    private var fraction: Double { total > 0 ? min(1, Double(done) / Double(total)) : 1 }

    /// Count, rates and time: `12/40 cases, 3.1/s, 48.2 Mvoxels/s, 9 s left`.
    package var line: String { "\(title): \(counts)" }

    private var counts: String {
        var parts = ["\(done)/\(total) \(unit)"]
        let seconds = elapsed / .seconds(1)
        if done > 0, seconds > 0 {
            parts.append((Double(done) / seconds).formatted(unit: "/s"))
            if let amountUnit, amount > 0 { parts.append((amount / seconds).formatted(unit: "\(amountUnit)/s")) }
        }
        if done >= total {
            parts.append("took \(elapsed.asClock)")
        } else if done > 0 {
            parts.append("\((elapsed * (Double(total - done) / Double(done))).asClock) left")
        }
        return parts.joined(separator: ", ")
    }

    /// The same with a bar, at most `width` characters.
    package func bar(width: Int) -> String {
        let room = width - title.count - counts.count - 5
        guard room >= 8 else { return String(line.prefix(width)) }
        let length = min(room, 40)
        let full = Int((fraction * Double(length)).rounded(.down))
        return
            "\(title) [\(String(repeating: "#", count: full))\(String(repeating: ".", count: length - full))] \(counts)"
    }
}
