import FoundationEssentials
import Glibc

/// A program that runs beside the test, with standard output and errors in files.
final class RunningProgram {
    private let process: pid_t
    private let folder = FileManager.default.temporaryDirectory.appending(path: "iris-running-\(UUID().uuidString)")
    private var state: CInt?

    /// - Parameters:
    ///   - product: a built program, which lies beside the test runner.
    ///   - descriptors: open files of the test by the numbers that they get in the program; others are not passed on.
    ///   - environment: variables set on top of the test's own.
    init(
        _ product: String, _ arguments: [String], descriptors: [CInt: CInt] = [:], environment: [String: String] = [:]
    ) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if descriptors[0] == nil { posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) }
        for (number, name) in [(1, "output"), (2, "errors")] as [(CInt, String)] {
            posix_spawn_file_actions_addopen(
                &actions, number, folder.appending(path: name).path, O_WRONLY | O_CREAT, 0o600)
        }
        for (number, own) in descriptors { posix_spawn_file_actions_adddup2(&actions, own, number) }
        let path = try IrisCommand.product(product)
        let words = ([path] + arguments).map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let pairs = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { pairs.forEach { free($0) } }
        var process = pid_t()
        guard posix_spawn(&process, path, &actions, nil, words, pairs) == 0 else {
            throw IrisCommand.CannotStart(program: path)
        }
        self.process = process
    }

    deinit {
        if state == nil { kill() }
        try? FileManager.default.removeItem(at: folder)
    }

    var output: String { text("output") }
    var errors: String { text("errors") }

    private func text(_ name: String) -> String {
        (try? Data(contentsOf: folder.appending(path: name))).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// Sends SIGKILL and waits for the end.
    func kill() {
        Glibc.kill(process, SIGKILL)
        _ = wait(atMost: 60)
    }

    /// The exit status, 128 and more for a signal's; `nil` for a program that still runs after so many seconds.
    func wait(atMost seconds: Double) -> Int? {
        let start = ContinuousClock.now
        while state == nil {
            var found: CInt = 0
            if waitpid(process, &found, WNOHANG) == process {
                state = found
            } else if ContinuousClock.now - start > .seconds(seconds) {
                return nil
            } else {
                usleep(1000)
            }
        }
        return Int(state! & 0x7f == 0 ? state! >> 8 & 0xff : 128 + state! & 0x7f)
    }
}
