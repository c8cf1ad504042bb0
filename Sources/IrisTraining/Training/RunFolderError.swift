/// Why a run's folder cannot be used.
public enum RunFolderError: Error, Equatable, Sendable, CustomStringConvertible {
    case cannotWrite(file: String, reason: String)
    case alreadyUsed(folder: String)
    case nothingToResume(folder: String)

    public var description: String {
        switch self {
        case .cannotWrite(let file, let reason): "\(file): cannot write: \(reason). Check space and permissions."
        case .alreadyUsed(let folder):
            "\(folder): expected an empty folder for a new run but it holds checkpoints. Add --resume, or name another."
        case .nothingToResume(let folder):
            "\(folder): expected a run to resume but found no checkpoint. Leave out --resume to start one."
        }
    }
}
