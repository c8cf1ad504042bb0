extension Tape {
    /// Runs `body` without keeping its activations; the backward pass runs it once more to have them.
    ///
    /// Saves the memory of everything inside `body` but its inputs and its result, for about the time of one more forward
    /// pass of it. The result and the gradients are the same, bit for bit.
    public func checkpoint(_ inputs: [Variable], _ body: @escaping (Tape, [Variable]) throws -> Variable) throws
        -> Variable
    {
        guard isRecording else { return try body(self, inputs) }
        let probe = Tape(recording: false, trainsParameters: trainsParameters, engine: engine)
        let y = try body(probe, inputs.map { probe.constant($0.value) })
        let wanted = trainsParameters || inputs.contains { $0.slot != nil }
        return record(y.value, wanted: wanted) { [engine, trainsParameters] dy in
            let tape = Tape(trainsParameters: trainsParameters, engine: engine)
            let leaves = inputs.map { $0.slot == nil ? tape.constant($0.value) : tape.leaf($0.value) }
            let again = try body(tape, leaves)
            guard again.slot != nil else { return }
            try tape.unwind(from: again, gradient: dy)
            for (input, leaf) in zip(inputs, leaves) {
                if let slot = input.slot, let gradient = leaf.slot?.take() { slot.add(gradient, engine: engine) }
            }
        }
    }
}
