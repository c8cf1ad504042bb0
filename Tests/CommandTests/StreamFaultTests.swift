import Dispatch
import FoundationEssentials
import Glibc
import Synchronization
import Testing

/// `iris stream` killed at the steps by which it makes its shared memory and hands it over.
@Suite(.serialized) struct StreamFaultTests {
    /// What a consumer saw: bytes received, and seconds from the producer's end to the end of the stream.
    private struct Seen {
        var bytes = 0
        var delay = 0.0
    }

    /// Runs a producer whose consumer takes what comes until it has the first bytes or the connection ends.
    private func serve(_ place: EpisodesTests.Workplace, environment: [String: String]) throws -> (IrisCommand, Seen) {
        let path = place.path("socket")
        unlink(path)
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0 && listen(listener, 1) == 0)
        let arguments = [
            "stream", "--store", place.store, "--config", place.configuration, "--count", "2", "--workers", "1",
            "--socket", path,
        ]
        let run = Mutex<Result<IrisCommand, any Error>?>(nil), seen = Mutex(Seen())
        let ended = Mutex<ContinuousClock.Instant?>(nil)
        DispatchQueue.concurrentPerform(iterations: 2) { number in
            if number == 0 {
                let result = Result { try IrisCommand(arguments, environment: environment) }
                ended.withLock { $0 = .now }
                run.withLock { $0 = result }
                return
            }
            // Until the producer comes, or has ended without coming.
            var waiting = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
            while poll(&waiting, 1, 20) == 0 {
                if ended.withLock({ $0 }) != nil { return }
            }
            let connection = accept(listener, nil, nil)
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = recv(connection, &buffer, buffer.count, 0)
            close(connection)
            let delay = ended.withLock { $0 }.map { (ContinuousClock.now - $0) / .seconds(1) } ?? 0
            seen.withLock { $0 = Seen(bytes: count, delay: delay) }
        }
        return (try run.withLock { try #require($0) }.get(), seen.withLock { $0 })
    }

    @Test func killedAtAnyStep() throws {
        let place = try EpisodesTests.Workplace()
        defer { place.remove() }
        let before = try FileManager.default.contentsOfDirectory(atPath: "/dev/shm").filter { $0.contains("iris") }
        let journal = place.path("journal")
        let library = try Fault.kill(at: 1).environment["LD_PRELOAD"]!
        let (_, whole) = try serve(place, environment: ["LD_PRELOAD": library, "IRIS_FAULT_LOG": journal])
        #expect(whole.bytes > 0)
        let steps = try String(contentsOf: URL(filePath: journal), encoding: .utf8).split(separator: "\n")
        try #require(steps.contains { $0.hasPrefix("create iris-episodes") })
        for step in 1...steps.count {
            let (run, seen) = try serve(place, environment: Fault.kill(at: step).environment)
            #expect(run.status == 128 + SIGKILL, "step \(step), \(steps[step - 1]): \(run.errors)")
            #expect(seen.delay < 5, "step \(step), \(steps[step - 1])")
        }
        let after = try FileManager.default.contentsOfDirectory(atPath: "/dev/shm").filter { $0.contains("iris") }
        #expect(after == before)
    }
}
