import FoundationEssentials
import Tensors

extension Trainer {
    /// Everything that decides the rest of the run: weights, optimiser, averages, bank and counters.
    ///
    /// Tensors are named as the parameters, and `optimizer.first/…`, `optimizer.second/…`, `average/…` before those
    /// names, and `bank/<dataset>/<value>`. Metadata: `format`, `step`, `optimizer.steps`, `average.updates`, the best
    /// validation, and what the caller adds.
    public func checkpoint(adding metadata: [String: String] = [:]) -> SafeTensors {
        var file = SafeTensors(metadata: metadata)
        file.metadata["format"] = "iris-checkpoint-1"
        file.metadata["model"] = network.configuration.yaml
        file.metadata["step"] = "\(step)"
        file.metadata["skippedInARow"] = "\(skippedInARow)"
        file.metadata["optimizer.steps"] = "\(optimizer.stepCount)"
        file.metadata["best.step"] = "\(best.step)"
        file.metadata["best.validationsSince"] = "\(best.validationsSince)"
        // The bit pattern, so that the number comes back exactly.
        file.metadata["best.dice"] = best.dice.map { "\($0.bitPattern)" }
        add(network.parameters.values, "", to: &file)
        add(optimizer.firstMoments, "optimizer.first/", to: &file)
        add(optimizer.secondMoments, "optimizer.second/", to: &file)
        if let average {
            add(average.values, "average/", to: &file)
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
    /// - Throws: ``TrainingError/checkpoint(file:problem:)`` when it is none, or not of this model.
    public func restore(_ file: SafeTensors, path: String) throws {
        guard file.metadata["format"] == "iris-checkpoint-1" else {
            throw TrainingError.checkpoint(file: path, problem: "expected a checkpoint of iris train but found other tensors.")
        }
        guard file.metadata["model"] == network.configuration.yaml else {
            throw TrainingError.otherField(
                name: "the model", expected: file.metadata["model"] ?? "unknown", found: network.configuration.yaml)
        }
        func number(_ key: String) throws -> Int {
            guard let value = file.metadata[key].flatMap(Int.init) else {
                throw TrainingError.checkpoint(file: path, problem: "the metadata lacks \(key). Use another checkpoint.")
            }
            return value
        }
        try load(network.parameters.values, "", from: file, path)
        try load(optimizer.firstMoments, "optimizer.first/", from: file, path)
        try load(optimizer.secondMoments, "optimizer.second/", from: file, path)
        network.parameters.valuesChanged()
        optimizer.stepCount = try number("optimizer.steps")
        if let average {
            try load(average.values, "average/", from: file, path)
            average.updateCount = try number("average.updates")
        }
        if let bank { self.bank = MemoryBank(decay: bank.decay, tensors: file.tensors, counts: file.metadata) }
        step = try number("step")
        skippedInARow = try number("skippedInARow")
        best = BestValidation(
            dice: file.metadata["best.dice"].flatMap(UInt64.init).map { Double(bitPattern: $0) },
            step: try number("best.step"), validationsSince: try number("best.validationsSince"))
    }

    /// Adds the part of a long tensor that belongs to each parameter.
    private func add(_ long: Tensor, _ prefix: String, to file: inout SafeTensors) {
        for parameter in network.parameters.parameters {
            file.tensors[prefix + parameter.name] = try! long.slice(parameter.range).reshaped(parameter.shape)
        }
    }

    private func load(_ long: Tensor, _ prefix: String, from file: SafeTensors, _ path: String) throws {
        for parameter in network.parameters.parameters {
            let name = prefix + parameter.name
            guard let tensor = file.tensors[name] else {
                throw TrainingError.checkpoint(file: path, problem: "the tensor \(name) is missing. Use a whole checkpoint.")
            }
            guard tensor.shape == parameter.shape else {
                throw TrainingError.checkpoint(
                    file: path, problem: "the tensor \(name) has shape \(tensor.shape) but \(parameter.shape) is needed.")
            }
            let values = tensor.values
            long.withMutableFloats { target in
                for index in values.indices { target[parameter.range.lowerBound + index] = values[index] }
            }
        }
    }
}
