import IrisModel
import Tensors

extension Trainer {
    /// Segments fixed episodes by the averaged weights and notes whether the result is the best so far. Belongs inside
    /// `Engine.run`.
    public func validate(on episodes: [EpisodeTensors]) throws -> ValidationReport {
        average?.swap(with: network.parameters)
        defer { average?.swap(with: network.parameters) }
        var scores: [ClassKey: [Double]] = [:]
        var loss = 0.0
        for episode in episodes {
            let batch = EpisodeBatch([episode]), tape = Tape(recording: false)
            let output = try network(query: batch.query, references: batch.references, masks: batch.masks, on: tape)
            loss += try tape.segmentationLoss(logits: output.logits, targets: batch.targets, counted: batch.counted)
                .parts.total
            for (place, key) in episode.classes.enumerated() {
                if let dice = hardDice(output.logits.value, batch.targets, place) {
                    scores[key, default: []].append(dice)
                }
            }
        }
        let classes = scores.mapValues { $0.reduce(0, +) / Double($0.count) }
        // Summed in the order of names: a dictionary's order changes from run to run, and with it the last bits.
        let ordered = classes.sorted { $0.key < $1.key }.map(\.value)
        let dice = ordered.isEmpty ? 0 : ordered.reduce(0, +) / Double(ordered.count)
        let isBest = best.dice.map { dice > $0 } ?? true
        if isBest {
            best = BestValidation(dice: dice, step: step, validationsSince: 0)
        } else {
            best.validationsSince += 1
        }
        return ValidationReport(
            step: step, dice: dice, classes: classes, loss: loss / Double(max(1, episodes.count)), isBest: isBest)
    }

    /// Whether validation has not improved for as long as the configuration allows.
    public var shouldStopEarly: Bool {
        let patience = configuration.validation.patience
        return patience > 0 && best.validationsSince >= patience
    }

    /// The Dice coefficient of `logits > 0` and the target of one class; `nil` when both are empty.
    private func hardDice(_ logits: Tensor, _ targets: Tensor, _ place: Int) -> Double? {
        let voxels = targets.shape.dropFirst(2).reduce(1, *), range = place * voxels..<(place + 1) * voxels
        var both = 0, predicted = 0, wanted = 0
        logits.withFloats { logits in
            targets.withFloats { targets in
                for index in range {
                    let p = logits[index] > 0 ? 1 : 0, t = targets[index] > 0.5 ? 1 : 0
                    both += p & t
                    predicted += p
                    wanted += t
                }
            }
        }
        return predicted + wanted == 0 ? nil : 2 * Double(both) / Double(predicted + wanted)
    }
}
