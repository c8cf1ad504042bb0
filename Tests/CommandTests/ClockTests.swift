import FoundationEssentials
import Glibc
import TestData
import Testing

/// A wall clock that runs backwards, a minute per reading: results are those of an orderly one, and waiting ends.
@Suite(.serialized) struct ClockTests {
    /// Runs `iris` with the clock running backwards, and makes sure that it looked at the clock at least so often;
    /// 0 where it need not look.
    private func backwards(_ arguments: [String], readings: Int, in folder: URL) throws -> IrisCommand {
        let log = folder.appending(path: "readings")
        try? FileManager.default.removeItem(at: log)
        let run = try IrisCommand(arguments, environment: Fault.backwardsClock(log: log.path))
        let count = (try? Data(contentsOf: log))?.count ?? 0
        #expect(count >= readings, "\(arguments[0]) read the clock \(count) times")
        return run
    }

    @Test("Preparing, going on and auditing while the clock runs backwards") func preparation() throws {
        let folder = try TemporaryFolder()
        let source = try folder.phantom("amos22", cases: 3)
        func prepare(_ store: String) -> [String] {
            ["prepare", "amos22", "--source", source, "--store", folder.path(store), "--jobs", "2", "--json"]
        }
        let expected: PrepareTests.Summary = try IrisCommand(prepare("orderly")).json()
        let killed = try IrisCommand(
            prepare("store"), environment: Fault.kill(at: 40).environment.merging(["IRIS_CLOCK": "back"]) { $1 })
        #expect(killed.status == 128 + SIGKILL)
        let run = try backwards(prepare("store"), readings: 2, in: folder.url)
        #expect(run.status == 0, "\(run.errors)")
        let summary: PrepareTests.Summary = try run.json()
        #expect(summary.storeDigest == expected.storeDigest)
        let verification = try backwards(
            ["store", "verify", "--store", folder.path("store")], readings: 0, in: folder.url)
        #expect(verification.status == 0, "\(verification.output)")

        // An image replaced by one whose file says that it is older than the one before it.
        let images = try FileManager.default.contentsOfDirectory(atPath: source + "/imagesTr")
            .filter { $0.hasPrefix("amos") }.sorted()
        let image = source + "/imagesTr/" + images[0]
        // Zeros behind a gzip member are padding: another file of the same voxels.
        try (try Data(contentsOf: URL(filePath: image)) + Data(count: 512)).write(to: URL(filePath: image))
        var times = [timeval(tv_sec: 1, tv_usec: 0), timeval(tv_sec: 1, tv_usec: 0)]
        try #require(utimes(image, &times) == 0)
        let again: PrepareTests.Summary = try backwards(prepare("store"), readings: 2, in: folder.url).json()
        #expect(again.prepared == 1 && again.unchanged == expected.prepared - 1)
    }

    @Test("An audit while the clock runs backwards finds the same, to the letter") func audit() throws {
        let folder = try TemporaryFolder()
        let source = try folder.phantom("msd", cases: 4)
        let images = source + "/Task04_Hippocampus/imagesTr/"
        let size = try #require(
            FileManager.default.attributesOfItem(atPath: images + "hippocampus_001.nii.gz")[.size] as? Int)
        try #require(truncate(images + "hippocampus_001.nii.gz", size / 2) == 0)
        let arguments = ["audit", "msd", "--source", source, "--json"]
        let orderly = try IrisCommand(arguments)
        #expect(orderly.status == 1 && orderly.output.contains("truncated"), "\(orderly.output)")
        let back = try backwards(arguments, readings: 0, in: folder.url)
        #expect(back.status == 1 && back.output == orderly.output)
    }

    @Test("Training and resuming while the clock runs backwards gives the same bits") func training() throws {
        let place = try TrainTests.TrainingFolder()
        defer { place.remove() }
        let config = try place.training(steps: 3, batch: 1)
        let (straight, journal) = try FaultJournal.recording(place.train(config, "straight"), in: place.folder)
        try #require(straight.status == 0, "\(straight.errors)")
        let fault = Fault.kill(at: try journal.step(after: "step-00000001.safetensors"))
        let killed = try IrisCommand(
            place.train(config, "back"), environment: fault.environment.merging(["IRIS_CLOCK": "back"]) { $1 })
        #expect(killed.status == 128 + SIGKILL)
        let resumed = try backwards(place.train(config, "back", ["--resume"]), readings: 1, in: place.folder)
        #expect(resumed.status == 0, "\(resumed.errors)")
        #expect(try Data(contentsOf: place.checkpoint("back", 3)) == Data(contentsOf: place.checkpoint("straight", 3)))
    }

    @Test("A stream lives while the clock runs backwards, and notices its consumer's end") func stream() throws {
        let place = try EpisodesTests.Workplace()
        defer { place.remove() }
        let environment = try Fault.backwardsClock()
        let (producer, consumer) = try StreamConnection.standardInput.start(
            place, producing: ["--count", "4"], consuming: ["--pause", "700000"], environment: environment)
        #expect(consumer.wait(atMost: 60) == 0 && producer.wait(atMost: 5) == 0, "\(producer.errors)")
        let (orphan, dying) = try StreamConnection.path.start(place, environment: environment)
        usleep(300_000)
        dying.kill()
        #expect(orphan.wait(atMost: 5) == 2, "\(orphan.errors)")
    }
}
