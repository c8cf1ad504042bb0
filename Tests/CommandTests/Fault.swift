import FoundationEssentials
import Testing

/// What befalls a run of `iris` at one of the steps by which it changes files; see Tests/FaultInjection.
enum Fault {
    /// SIGKILL in place of a step, the first counted 1; of a write half is done.
    case kill(at: Int)
    /// From this step on the disk is full.
    case full(from: Int)
    /// This step alone fails, whatever it is, with an error of input and output.
    case fail(at: Int)
    /// No file can be changed.
    case readOnly
    /// No file below a folder can be changed.
    case readOnlyBelow(String)
    /// No file below a folder can be changed by this user, root or not.
    case deniedBelow(String)

    var environment: [String: String] {
        get throws {
            let text =
                switch self {
                case .kill(let step): "kill:\(step)"
                case .full(let step): "full:\(step)"
                case .fail(let step): "fail:\(step)"
                case .readOnly: "read:1"
                case .readOnlyBelow(let folder): "read:\(folder)"
                case .deniedBelow(let folder): "deny:\(folder)"
                }
            return ["IRIS_FAULT": text].merging(try Self.library) { $1 }
        }
    }

    /// The environment of a program whose wall clock runs backwards, a minute per reading.
    static func backwardsClock(log: String? = nil) throws -> [String: String] {
        ["IRIS_CLOCK": "back", "IRIS_CLOCK_LOG": log ?? ""].filter { !$0.value.isEmpty }.merging(try library) { $1 }
    }

    fileprivate static var library: [String: String] {
        get throws {
            let path = try IrisCommand.product("libFaultInjection.so")
            guard FileManager.default.fileExists(atPath: path) else { throw NotBuilt(file: path) }
            return ["LD_PRELOAD": path]
        }
    }

    struct NotBuilt: Error { let file: String }

    /// Whether every step is walked, not a choice of them.
    static let walksAll = ProcessInfo.processInfo.environment["IRIS_SLOW_TESTS"] == "1"
}

/// The steps by which a run of `iris` changes files, in order.
struct FaultJournal {
    /// One line per step: kind and path, without the number of the process.
    let steps: [String]

    /// Runs `iris` without a fault and notes its steps.
    static func recording(_ arguments: [String], in folder: URL) throws -> (run: IrisCommand, journal: FaultJournal) {
        let file = folder.appending(path: "journal")
        defer { try? FileManager.default.removeItem(at: file) }
        let run = try IrisCommand(
            arguments, environment: ["IRIS_FAULT_LOG": file.path].merging(try Fault.library) { $1 })
        let text = try String(contentsOf: file, encoding: .utf8).replacing(
            /\.staging-[0-9]+|\.[0-9]+-[0-9]+\.partial/, with: "")
        return (run, FaultJournal(steps: text.split(separator: "\n").map(String.init)))
    }

    /// The number of the step that follows the renaming by which a file comes to be whole.
    func step(after name: String) throws -> Int {
        try #require(steps.firstIndex { $0.hasPrefix("rename ") && $0.hasSuffix("/" + name) }, "\(name)") + 2
    }

    /// The numbers of steps to try: all of them, or the first of each series of equal ones, thinned out to about
    /// `count`, with every rename and every end of a transaction by which SQLite makes the index.
    func choice(of count: Int) -> [Int] {
        if Fault.walksAll { return Array(1...steps.count) }
        let places = steps.indices.filter { $0 == 0 || steps[$0] != steps[$0 - 1] }
        let stride = max(1, places.count / count)
        return places.enumerated().filter { number, place in
            number % stride == stride / 2 || steps[place].hasPrefix("rename ")
                || steps[place].hasPrefix("remove ") && steps[place].hasSuffix("-journal")
        }.map { $0.element + 1 }
    }
}

extension IrisCommand {
    /// Runs `iris` with a fault.
    init(_ arguments: [String], fault: Fault) throws {
        try self.init(arguments, environment: fault.environment)
    }
}
