import Synchronization

/// Progress on standard error: a bar with count, rate and time left on a terminal, plain lines now and then elsewhere.
///
/// Safe to use from any thread. Redraws at most ten times a second; plain lines come at most every ten seconds, and at
/// the end.
final class ProgressBar: Sendable {
    private struct State {
        var done = 0
        var amount = 0.0
        var lastShown: ContinuousClock.Instant?
        var isFinished = false
    }

    private let title: String
    private let total: Int
    private let unit: String
    private let amountUnit: String?
    private let isSilent: Bool
    private let start = ContinuousClock.now
    private let state = Mutex(State())

    /// - Parameters:
    ///   - unit: what is counted, in the plural, such as `cases`.
    ///   - amountUnit: what else passes by, such as `voxels`; its rate is shown with a metric prefix.
    init(_ title: String, total: Int, unit: String, amountUnit: String? = nil, isSilent: Bool = false) {
        (self.title, self.total, self.unit, self.amountUnit) = (title, total, unit, amountUnit)
        self.isSilent = isSilent
    }

    /// Counts `count` more units done, and `amount` more of what else passes by.
    func advance(by count: Int = 1, amount: Double = 0) {
        state.withLock { state in
            state.done += count
            state.amount += amount
            show(&state)
        }
    }

    /// Prints a line above the bar.
    func note(_ line: String) {
        guard !isSilent else { return }
        state.withLock { state in
            Terminal.writeError((Terminal.errorWidth == nil ? "" : "\r\u{1b}[K") + line + "\n")
            state.lastShown = nil
            if Terminal.errorWidth != nil { show(&state) }
        }
    }

    /// Shows the final count and leaves the line.
    func finish() {
        state.withLock { state in
            guard !state.isFinished else { return }
            state.isFinished = true
            state.lastShown = nil
            show(&state)
            if Terminal.errorWidth != nil, !isSilent { Terminal.writeError("\n") }
        }
    }

    private func show(_ state: inout State) {
        guard !isSilent else { return }
        let width = Terminal.errorWidth
        let now = ContinuousClock.now
        let interval: Duration = width == nil ? .seconds(10) : .milliseconds(100)
        // Without a terminal the first line waits too, so that short work prints its last line only.
        let since = now - (state.lastShown ?? (width == nil && !state.isFinished ? start : now - interval))
        guard since >= interval else { return }
        state.lastShown = now
        let progress = Progress(
            title: title, done: state.done, total: total, unit: unit, amount: state.amount, amountUnit: amountUnit,
            elapsed: now - start)
        if let width {
            Terminal.writeError("\r" + progress.bar(width: width - 1) + "\u{1b}[K")
        } else {
            Terminal.writeError(progress.line + "\n")
        }
    }
}
