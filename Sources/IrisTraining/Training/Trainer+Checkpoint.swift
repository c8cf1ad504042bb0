import FoundationEssentials
import IrisModel
import Tensors

extension Trainer {
    /// What ``checkpoint(adding:)`` writes under `format` in the metadata.
    public static let checkpointFormat = "iris-training-2"

    /// Everything that decides the rest of the run: weights, optimiser, averages, bank and counters.
    ///
    /// Weights bear the parameters' plain names, so that the file is a checkpoint of the model too. Before those names
    /// stand `average.`, `optimizer.first.` and `optimizer.second.` for the other long tensors; `bank.<dataset>/<value>`
    /// are the memory bank's embeddings. The tensors share the trainer's memory: write them before training goes on.
    public func checkpoint(adding metadata: [String: String] = [:]) -> SafeTensors {
        var file = network.checkpoint()
        file.metadata.merge(metadata) { _, new in new }
        file.metadata["format"] = Self.checkpointFormat
        file.metadata["step"] = "\(step)"
        file.metadata["skippedInARow"] = "\(skippedInARow)"
        file.metadata["optimizer.steps"] = "\(optimizer.stepCount)"
        file.metadata["best.step"] = "\(best.step)"
        file.metadata["best.validationsSince"] = "\(best.validationsSince)"
        // The bit pattern, so that the number comes back exactly.
        file.metadata["best.dice"] = best.dice.map { "\($0.bitPattern)" }
        add(optimizer.firstMoments, "optimizer.first.", to: &file)
        add(optimizer.secondMoments, "optimizer.second.", to: &file)
        if let average {
            add(average.values, "average.", to: &file)
            file.metadata["average.updates"] = "\(average.updateCount)"
        }
        if let bank {
            let saved = bank.tensors(tokens: network.configuration.tokensPerClass)
            file.tensors.merge(saved.tensors) { first, _ in first }
            file.metadata.merge(saved.counts) { first, _ in first }
        }
        return file
    }

    /// Continues from a checkpoint.
    ///
    /// - Throws: ``TrainingError`` when it is none, or of another model; `SafeTensorsError` when tensors are missing.
    public func restore(_ file: SafeTensors, path: String) throws {
        guard file.metadata["format"] == Self.checkpointFormat else {
            throw TrainingError.checkpoint(
                file: path, problem: "expected a checkpoint of iris train but found other tensors.")
        }
        let model = file.metadata[IrisNetwork.configurationKey] ?? "unknown"
        guard model == network.configuration.json else {
            throw TrainingError.otherField(name: "the model", expected: model, found: network.configuration.json)
        }
        func number(_ key: String) throws -> Int {
            guard let value = file.metadata[key].flatMap(Int.init) else {
                throw TrainingError.checkpoint(
                    file: path, problem: "the metadata lacks \(key). Use another checkpoint.")
            }
            // Such that products with sizes of batches and groups stay countable.
            guard 0...1 << 40 ~= value else {
                throw TrainingError.checkpoint(
                    file: path,
                    problem: "expected \(key) to be 0 to \(1 << 40) but found \(value). Use another checkpoint.")
            }
            return value
        }
        let parameters = network.parameters
        try parameters.fill(parameters.values, from: file.tensors, file: path)
        try parameters.fill(optimizer.firstMoments, from: file.tensors, prefix: "optimizer.first.", file: path)
        try parameters.fill(optimizer.secondMoments, from: file.tensors, prefix: "optimizer.second.", file: path)
        parameters.valuesChanged()
        optimizer.stepCount = try number("optimizer.steps")
        if let average {
            try parameters.fill(average.values, from: file.tensors, prefix: "average.", file: path)
            average.updateCount = try number("average.updates")
        }
        if let bank {
            let configuration = network.configuration
            self.bank = try MemoryBank(
                decay: bank.decay, shape: [configuration.tokensPerClass, configuration.embedding], in: file, file: path)
        }
        step = try number("step")
        skippedInARow = try number("skippedInARow")
        best = BestValidation(
            dice: file.metadata["best.dice"].flatMap { UInt64($0) }.map { Double(bitPattern: $0) },
            step: try number("best.step"), validationsSince: try number("best.validationsSince"))
    }

    private func add(_ long: Tensor, _ prefix: String, to file: inout SafeTensors) {
        for (name, tensor) in network.parameters.parts(of: long) { file.tensors[prefix + name] = tensor }
    }
}
