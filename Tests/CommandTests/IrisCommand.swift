import FoundationEssentials
import Glibc

/// One run of the built `iris` program, which lies beside the test runner.
struct IrisCommand {
    let status: Int
    let output: String
    let errors: String
    /// The most memory that was resident, in bytes.
    let peakMemory: Int

    /// Runs `iris` with these arguments and waits for its end. Its streams are files, so it is not on a terminal.
    ///
    /// - Parameters:
    ///   - launcher: a program found by its name, and its arguments, that start `iris`, such as `mpirun -n 2`.
    ///   - environment: variables set on top of the test's own.
    ///   - signal: sent as soon as `condition` holds, if the process still runs by then.
    init(
        _ arguments: [String], launcher: [String] = [], environment: [String: String] = [:], signal: CInt? = nil,
        when condition: () -> Bool = { true }
    ) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "iris-command-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let program = try Self.product("iris")

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let streams = ["output", "errors"].map { folder.appending(path: $0).path }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, streams[0], O_WRONLY | O_CREAT, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, streams[1], O_WRONLY | O_CREAT, 0o600)
        var process = pid_t()
        let words = (launcher + [program] + arguments).map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let pairs = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { pairs.forEach { free($0) } }
        guard posix_spawnp(&process, launcher.first ?? program, &actions, nil, words, pairs) == 0 else {
            throw CannotStart(program: launcher.first ?? program)
        }
        if let signal {
            while !condition(), !Self.hasEnded(process) { usleep(2000) }
            kill(process, signal)
        }
        var state: CInt = 0
        var usage = rusage()
        while wait4(process, &state, 0, &usage) < 0, errno == EINTR {}
        // As the shell has it: 128 and the signal's number for a process that a signal ended.
        status = Int(state & 0x7f == 0 ? state >> 8 & 0xff : 128 + state & 0x7f)
        peakMemory = usage.ru_maxrss * 1024
        output = String(decoding: try Data(contentsOf: URL(filePath: streams[0])), as: UTF8.self)
        errors = String(decoding: try Data(contentsOf: URL(filePath: streams[1])), as: UTF8.self)
    }

    /// The path of a built product, which lies beside the test runner.
    static func product(_ name: String) throws -> String {
        let runner = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return URL(filePath: runner).deletingLastPathComponent().appending(path: name).path
    }

    /// Whether a child process has ended; it stays to be waited for.
    private static func hasEnded(_ process: pid_t) -> Bool {
        var information = siginfo_t()
        waitid(P_PID, id_t(process), &information, WEXITED | WNOHANG | WNOWAIT)
        return information.si_signo != 0
    }

    struct CannotStart: Error { let program: String }

    /// The output as JSON of type `Value`.
    func json<Value: Decodable>(_: Value.Type = Value.self) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(output.utf8))
    }
}
