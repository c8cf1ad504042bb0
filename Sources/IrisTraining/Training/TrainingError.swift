/// Why training cannot begin or go on.
public enum TrainingError: Error, Equatable, Sendable, CustomStringConvertible {
    case notFinite(steps: Int)
    case otherField(name: String, expected: String, found: String)
    case checkpoint(file: String, problem: String)
    case strangers(processes: Int)

    public var description: String {
        switch self {
        case .notFinite(let steps):
            """
            the loss or gradient was not finite in \(steps) steps in a row. Lower learningRate.peak, raise its warm-up, or \
            compute in float32, and resume from the last checkpoint.
            """
        case .otherField(let name, let expected, let found):
            """
            cannot resume: \(name) was \(expected) when the checkpoint was written but is \(found) now. Restore it, or start \
            a new run.
            """
        case .checkpoint(let file, let problem): "\(file): \(problem)"
        case .strangers(let processes):
            """
            \(processes) processes were started that do not know of each other, so that each would train alone. Start them with \
            srun --mpi=pmix, or with mpirun inside the allocation.
            """
        }
    }
}
