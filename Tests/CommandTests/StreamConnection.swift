import FoundationEssentials
import Glibc
import Testing

/// The ways in which producer and consumer of a stream find each other.
enum StreamConnection: CaseIterable {
    case standardInput, descriptor, path

    /// Starts both.
    ///
    /// - Parameters:
    ///   - producing: arguments of `iris stream` besides store, configuration and socket.
    ///   - consuming: arguments of the consumer besides the socket.
    ///   - environment: variables of the producer on top of the test's own.
    func start(
        _ place: EpisodesTests.Workplace, producing: [String] = [], consuming: [String] = [],
        environment: [String: String] = [:]
    ) throws -> (producer: RunningProgram, consumer: RunningProgram) {
        let stream =
            ["stream", "--store", place.store, "--config", place.configuration, "--workers", "1", "--slots", "3"]
            + producing
        if self == .path {
            let path = place.path("socket")
            unlink(path)
            let consumer = try RunningProgram("stream-consumer", ["--listen", path] + consuming)
            var status = stat()
            for _ in 0..<2000 where stat(path, &status) != 0 { usleep(1000) }
            return (try RunningProgram("iris", stream + ["--socket", path], environment: environment), consumer)
        }
        var ends: [CInt] = [0, 0]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        try #require(socketpair(AF_UNIX, kind, 0, &ends) == 0)
        defer { ends.forEach { close($0) } }
        let consumer = try RunningProgram("stream-consumer", consuming, descriptors: [0: ends[0]])
        let producer =
            self == .standardInput
            ? try RunningProgram("iris", stream, descriptors: [0: ends[1]], environment: environment)
            : try RunningProgram(
                "iris", stream + ["--socket-fd", "57"], descriptors: [57: ends[1]], environment: environment)
        return (producer, consumer)
    }
}
