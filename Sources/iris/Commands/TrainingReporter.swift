import FoundationEssentials
import IrisTraining

/// Shows a training run on standard error and writes it down: `log.jsonl` and TensorBoard events.
final class TrainingReporter {
    private let run: TrainingRun
    private let events: EventFile
    private let bar: ProgressBar
    private var sinceNote: (steps: Int, loss: Double, dice: Double, seconds: Double, waited: Double, episodes: Int) = (
        0, 0, 0, 0, 0, 0
    )

    /// Steps between two lines of text, and between two entries of the logs.
    private static let interval = 20

    init(run: TrainingRun, steps: Int) throws {
        self.run = run
        events = try EventFile(in: run.folder.url, suffix: "iris")
        bar = ProgressBar("training", total: steps, unit: "steps")
        bar.advance(by: run.trainer.step)
    }

    private struct Entry: Encodable {
        var kind: String
        var step: Int
        var loss, diceLoss, crossEntropy, dice, learningRate, gradientNorm, episodesPerSecond, dataWait: Double?
        var classes: [String: Double]?
        var path: String?
    }

    func report(_ event: TrainingEvent) throws {
        switch event {
        case .step(let step): try report(step)
        case .validation(let result):
            let classes = Dictionary(uniqueKeysWithValues: result.classes.map { ("\($0.key)", $0.value) })
            let parts = classes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.formatted(decimals: 3))" }
            bar.note(
                "step \(result.step): validation Dice \(result.dice.formatted(decimals: 4))\(result.isBest ? ", the best so far" : "") (\(parts.joined(separator: ", ")))"
            )
            events.append(
                [("validation/dice", result.dice), ("validation/loss", result.loss)]
                    + classes.sorted { $0.key < $1.key }.map { ("validation/dice/\($0.key)", $0.value) },
                step: result.step)
            try run.folder.log(
                Entry(
                    kind: "validation", step: result.step, loss: result.loss.ifFinite, dice: result.dice,
                    classes: classes))
        case .checkpoint(let path, let step):
            try run.folder.log(Entry(kind: "checkpoint", step: step, path: path))
        case .skipped(let step, let inARow):
            bar.note("step \(step): loss or gradient not finite, skipped (\(inARow) in a row)")
            try run.folder.log(Entry(kind: "skipped", step: step))
        }
    }

    private func report(_ step: StepReport) throws {
        bar.advance()
        sinceNote.steps += 1
        sinceNote.loss += step.loss
        sinceNote.dice += step.dice
        sinceNote.seconds += step.seconds
        sinceNote.waited += step.dataSeconds
        sinceNote.episodes += step.episodes
        guard sinceNote.steps >= Self.interval else { return }
        let count = Double(sinceNote.steps)
        let loss = sinceNote.loss / count, dice = sinceNote.dice / count
        let rate = Double(sinceNote.episodes) / sinceNote.seconds, waiting = sinceNote.waited / sinceNote.seconds
        sinceNote = (0, 0, 0, 0, 0, 0)
        if step.step % (5 * Self.interval) == 0 {
            bar.note(
                """
                step \(step.step): loss \(loss.formatted(decimals: 4)), soft Dice \(dice.formatted(decimals: 3)), \
                \(rate.formatted(significant: 3)) episodes/s, \((100 * waiting).formatted(decimals: 1)) % waiting for data
                """)
        }
        events.append(
            [
                ("train/loss", loss), ("train/dice", dice), ("train/learningRate", step.learningRate),
                ("train/gradientNorm", step.gradientNorm), ("speed/episodesPerSecond", rate),
                ("speed/dataWait", waiting),
            ], step: step.step)
        try run.folder.log(
            Entry(
                kind: "step", step: step.step, loss: loss.ifFinite, diceLoss: step.diceLoss.ifFinite,
                crossEntropy: step.crossEntropy.ifFinite, dice: dice.ifFinite, learningRate: step.learningRate,
                gradientNorm: step.gradientNorm.ifFinite, episodesPerSecond: rate, dataWait: waiting))
    }

    func finish(_ end: TrainingRun.End) {
        bar.finish()
        let best = run.trainer.best
        let result =
            best.dice.map { "best validation Dice \($0.formatted(decimals: 4)) at step \(best.step)" }
            ?? "no validation yet"
        let reason =
            switch end {
            case .finished: "finished"
            case .stoppedEarly: "stopped early, validation no longer improves"
            case .interrupted: "interrupted; continue with --resume"
            }
        print("\(reason): step \(run.trainer.step), \(result)")
    }
}
