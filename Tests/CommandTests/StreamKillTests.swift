import FoundationEssentials
import Glibc
import NIfTI
import RandomNumbers
import Testing

/// `iris stream` and a consumer as two processes, whichever way they are connected, and either killed at random moments.
@Suite(.serialized) struct StreamKillTests {
    /// Shared by all tests here, so it goes with the process.
    private static let place: Result<EpisodesTests.Workplace, any Error> = Result {
        let place = try EpisodesTests.Workplace()
        atexit { try? StreamKillTests.place.get().remove() }
        return place
    }

    /// The kills of each side and connection: few, or with IRIS_SLOW_TESTS=1 the 50 that are asked for.
    private static let kills = Fault.walksAll ? 50 : 3

    /// Names in /dev/shm that could be this program's; fuzzers write there too.
    private var sharedNames: Set<String> {
        get throws {
            let names = try FileManager.default.contentsOfDirectory(atPath: "/dev/shm")
            return Set(names.filter { $0.contains("iris") && !$0.hasPrefix("iris-fuzz") })
        }
    }

    @Test("Episodes arrive as they are rendered and planned", arguments: StreamConnection.allCases)
    func endToEnd(connection: StreamConnection) throws {
        let place = try Self.place.get()
        let dump = place.path("query")
        let (producer, consumer) = try connection.start(
            place, producing: ["--count", "5"], consuming: ["--dump", dump])
        #expect(consumer.wait(atMost: 60) == 0, "\(consumer.errors)\(producer.errors)")
        #expect(producer.wait(atMost: 5) == 0, "\(producer.errors)")
        let lines = consumer.output.split(separator: "\n")
        try #require(lines.count == 5)
        let plans = try place.run(["plan", "--count", "5", "--json"]).output.split(separator: "\n")
        for (index, line) in lines.enumerated() {
            let fields = line.split(separator: " ", maxSplits: 2)
            #expect(fields[0] == "\(index)" && fields[2] == plans[index])
        }
        #expect(Set(lines.map { $0.split(separator: " ")[1] }).count == 5)
        // The voxels are those that `iris episodes` writes to files.
        let shown = try place.run(["show", "0", "--output", place.path("shown")])
        try #require(shown.status == 0, "\(shown.errors)")
        let image = try NIfTIFile.read(at: place.path("shown/query_image.nii.gz")).scaledFloats()
        let query = try Data(contentsOf: URL(filePath: dump))
        #expect(image.contains { $0 != image[0] })
        #expect(query == image.withUnsafeBytes { Data($0) })
    }

    @Test("A killed producer is noticed by its consumer within 5 s", arguments: StreamConnection.allCases)
    func killedProducer(connection: StreamConnection) throws {
        let place = try Self.place.get()
        let before = try sharedNames
        let (whole, witness) = try connection.start(place, producing: ["--count", "400"])
        let start = ContinuousClock.now
        try #require(witness.wait(atMost: 120) == 0 && whole.wait(atMost: 5) == 0, "\(whole.errors)")
        let length = (ContinuousClock.now - start) / .seconds(1)
        let undisturbed = witness.output
        var generator = Philox(seed: UInt64(getpid()), purpose: "moments to kill a producer")
        var delivered = 0
        for round in 0..<Self.kills {
            let (producer, consumer) = try connection.start(place)
            usleep(UInt32(generator.uniform(in: 0...0.8) * length * 1e6))
            producer.kill()
            #expect(producer.wait(atMost: 0) == 128 + Int(SIGKILL), "round \(round): \(producer.errors)")
            let status = consumer.wait(atMost: 5)
            // 3: the stream broke off. 6: the producer never came to the path.
            #expect(
                status == 3 || connection == .path && status == 6, "round \(round): \(status as Any) \(consumer.errors)"
            )
            // What arrived is the beginning of the undisturbed stream, or goes beyond what was taken from that.
            let isSame = undisturbed.hasPrefix(consumer.output) || consumer.output.hasPrefix(undisturbed)
            #expect(isSame, "round \(round)")
            delivered += consumer.output.isEmpty ? 0 : 1
        }
        #expect(try sharedNames == before)
        if Fault.walksAll { #expect(delivered > Self.kills / 4) }
    }

    @Test("A killed consumer is noticed by its producer within 5 s", arguments: StreamConnection.allCases)
    func killedConsumer(connection: StreamConnection) throws {
        let place = try Self.place.get()
        let before = try sharedNames
        var generator = Philox(seed: UInt64(getpid()), purpose: "moments to kill a consumer")
        for round in 0..<Self.kills {
            // Every other one is slow, so that the producer waits for a slot when it dies.
            let (producer, consumer) = try connection.start(
                place, consuming: round % 2 == 0 ? [] : ["--pause", "100000"])
            usleep(UInt32(generator.uniform(in: 0...0.5) * 1e6))
            consumer.kill()
            #expect(consumer.wait(atMost: 0) == 128 + Int(SIGKILL), "round \(round): \(consumer.errors)")
            #expect(producer.wait(atMost: 5) == 2, "round \(round): \(producer.errors)")
            #expect(producer.errors.hasPrefix("error: "), "round \(round): \(producer.errors)")
        }
        #expect(try sharedNames == before)
    }
}
