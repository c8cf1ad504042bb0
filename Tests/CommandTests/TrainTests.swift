import FoundationEssentials
import Glibc
import RandomNumbers
import Tensors
import Testing

/// `iris train` as a process: killed and resumed, and shared out over processes.
@Suite(.serialized) struct TrainTests {
    /// A small prepared store and configurations beside it.
    struct TrainingFolder {
        let folder = FileManager.default.temporaryDirectory.appending(path: "iris-train-\(UUID().uuidString)")
        var raw: String { folder.appending(path: "raw").path }
        var store: String { folder.appending(path: "store").path }
        var preparation: [String] {
            [
                "prepare", "msd", "--source", raw, "--store", store, "--config",
                folder.appending(path: "prepare.yaml").path,
            ]
        }

        init() throws {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try #require(IrisCommand(["phantom", "msd", "--output", raw, "--cases", "4"]).status == 0)
            try write("prepare.yaml", "spacing: [1, 1, 1]\ncrop: {to: nothing}\n")
            let prepare = try IrisCommand(preparation)
            try #require(prepare.status == 0, "\(prepare.errors)")
            try write(
                "episodes.yaml",
                """
                format: 1
                classes: {perEpisode: [1, 2], minimumVoxels: 1}
                patch: {size: [16, 16, 16]}
                spatial: {rotation: {probability: 0.5, degrees: [-10, 10]}}
                """)
        }

        func write(_ name: String, _ text: String) throws {
            try Data(text.utf8).write(to: folder.appending(path: name))
        }

        /// A configuration of a few steps with a checkpoint after each.
        func training(steps: Int, batch: Int) throws -> String {
            let model = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().appending(path: "configs/model/tiny.yaml").path
            let name = "train-\(steps)-\(batch).yaml"
            try write(
                name,
                """
                format: 1
                model: \(model)
                episodes: episodes.yaml
                seed: 5
                steps: \(steps)
                batch: \(batch)
                optimizer: {method: adamw}
                learningRate: {peak: 0.001}
                validation: {episodes: 0}
                checkpoints: {every: 1, keep: 100}
                """)
            return folder.appending(path: name).path
        }

        func train(_ config: String, _ run: String, _ more: [String] = []) -> [String] {
            ["train", "--config", config, "--store", store, "--output", folder.appending(path: run).path] + more
        }

        func checkpoint(_ run: String, _ step: Int) -> URL {
            folder.appending(path: "\(run)/checkpoints/step-0000000\(step).safetensors")
        }

        func remove() { try? FileManager.default.removeItem(at: folder) }
    }

    @Test func aKilledRunResumesToTheSameBits() throws {
        let place = try TrainingFolder()
        defer { place.remove() }
        let config = try place.training(steps: 6, batch: 2)
        let (straight, journal) = try FaultJournal.recording(place.train(config, "straight"), in: place.folder)
        try #require(straight.status == 0, "\(straight.errors)")
        let killed = try IrisCommand(
            place.train(config, "killed"), fault: .kill(at: journal.step(after: "step-00000002.safetensors")))
        #expect(killed.status == 128 + 9)
        #expect(FileManager.default.fileExists(atPath: place.checkpoint("killed", 2).path))
        #expect(!FileManager.default.fileExists(atPath: place.checkpoint("killed", 6).path))
        let resumed = try IrisCommand(place.train(config, "killed", ["--resume"]))
        #expect(resumed.status == 0, "\(resumed.errors)")
        #expect(
            try Data(contentsOf: place.checkpoint("killed", 6)) == Data(contentsOf: place.checkpoint("straight", 6)))
    }

    /// The change of the weights by three steps: two processes with one episode each against one process with two.
    @Test func processesShareOutTheEpisodesOfAStep() throws {
        let place = try TrainingFolder()
        defer { place.remove() }
        let alone = try IrisCommand(place.train(try place.training(steps: 3, batch: 2), "alone"))
        try #require(alone.status == 0, "\(alone.errors)")
        let config = try place.training(steps: 3, batch: 1)
        let one = try IrisCommand(place.train(config, "half"))
        try #require(one.status == 0, "\(one.errors)")
        let shared = try IrisCommand(
            place.train(config, "shared"),
            launcher: ["mpirun", "--allow-run-as-root", "--oversubscribe", "-n", "2"])
        try #require(shared.status == 0, "\(shared.errors)")

        func weights(_ run: String, _ step: Int, _ prefixes: [String] = ["encoder.", "decoder."]) throws -> [Float] {
            let file = try SafeTensors(contentsOf: place.checkpoint(run, step))
            let names = file.tensors.keys.filter { name in prefixes.contains { name.hasPrefix($0) } }.sorted()
            return names.flatMap { file.tensors[$0]!.values }
        }
        let expected = try weights("alone", 3), found = try weights("shared", 3), half = try weights("half", 3)
        let start = try weights("alone", 1)
        func distance(_ a: [Float], _ b: [Float]) -> Float {
            zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        }
        let change = distance(expected, start)
        #expect(change > 0)
        // Adam divides by the gradient's size, so weights with next to no gradient carry rounding; a tenth of a percent of
        // the squared change leaves room for that, and half the episodes move the weights elsewhere.
        #expect(distance(found, expected) < 1e-3 * change)
        #expect(distance(half, expected) > 1e-2 * change)
        // The memory bank holds the episodes of both.
        let bank = try weights("alone", 3, ["bank."]), sharedBank = try weights("shared", 3, ["bank."])
        #expect(!bank.isEmpty && zip(bank, sharedBank).allSatisfy { abs($0 - $1) < 1e-2 })
        #expect(try weights("half", 3, ["bank."]) != bank)
    }

    /// What Slurm's --signal sends some time before the end.
    @Test func aSignalAheadOfTheEndLeavesACheckpoint() throws {
        let place = try TrainingFolder()
        defer { place.remove() }
        let config = try place.training(steps: 100_000, batch: 1)
        let log = place.folder.appending(path: "run/log.jsonl").path
        let stopped = try IrisCommand(place.train(config, "run"), signal: SIGUSR1) {
            (try? Data(contentsOf: URL(filePath: log)))?.isEmpty == false
        }
        #expect(stopped.status == 1, "\(stopped.errors)")
        let names = try FileManager.default.contentsOfDirectory(
            atPath: place.folder.appending(path: "run/checkpoints").path)
        #expect(names.contains { $0.hasPrefix("step-") })
    }

    /// Variables of a launcher that did not start this process, as a shell inside a step hands them on, make no group.
    @Test(arguments: [[:], ["PMIX_RANK": "0"], ["OMPI_COMM_WORLD_SIZE": "2"]])
    func processesThatDoNotKnowOfEachOtherAreRefused(inherited: [String: String]) throws {
        let place = try TrainingFolder()
        defer { place.remove() }
        let refused = try IrisCommand(
            place.train(try place.training(steps: 1, batch: 1), "run"),
            environment: inherited.merging(["SLURM_STEP_NUM_TASKS": "2"]) { $1 })
        #expect(refused.status == 2)
        #expect(
            refused.errors.contains(
                "2 processes were started that do not know of each other, so that each would train alone. "
                    + "Start them with srun --mpi=pmix, or with mpirun inside the allocation."))
        #expect(!FileManager.default.fileExists(atPath: place.folder.appending(path: "run").path))
    }

    @Test func aRunIsNotOverwrittenAndNothingIsNotResumed() throws {
        let place = try TrainingFolder()
        defer { place.remove() }
        let config = try place.training(steps: 1, batch: 1)
        #expect(try IrisCommand(place.train(config, "run")).status == 0)
        let again = try IrisCommand(place.train(config, "run"))
        #expect(again.status == 2 && again.errors.contains("Add --resume, or name another."))
        let nothing = try IrisCommand(place.train(config, "other", ["--resume"]))
        #expect(nothing.status == 2 && nothing.errors.contains("expected a run to resume but found no checkpoint."))
        // Another seed is another run.
        let other = try String(contentsOf: URL(filePath: config), encoding: .utf8).split(separator: "\n")
            .map { $0 == "seed: 5" ? "seed: 6" : String($0) }.joined(separator: "\n")
        try place.write("other.yaml", other)
        let changed = try IrisCommand(place.train(place.folder.appending(path: "other.yaml").path, "run", ["--resume"]))
        #expect(changed.status == 2 && changed.errors.contains("cannot resume: configuration was"))
    }

    /// Every step by which a run of two training steps changes files: afterwards the run is resumed, or begun anew where no
    /// checkpoint is there, and ends in the same bits with nothing left over.
    @Test func killedAtAnyStep() throws {
        let place = try TrainingFolder()
        defer { place.remove() }
        let config = try place.training(steps: 2, batch: 1)
        let (straight, journal) = try FaultJournal.recording(place.train(config, "straight"), in: place.folder)
        try #require(straight.status == 0, "\(straight.errors)")
        try #require(journal.steps.filter { $0.hasPrefix("rename ") && $0.hasSuffix(".safetensors") }.count == 2)
        let expected = try Data(contentsOf: place.checkpoint("straight", 2))
        for step in journal.choice(of: 6) {
            let note = "step \(step), \(journal.steps[step - 1])"
            let killed = try IrisCommand(place.train(config, "killed"), fault: .kill(at: step))
            #expect(killed.status == 128 + 9, "\(note): \(killed.errors)")
            for step in 1...2 where FileManager.default.fileExists(atPath: place.checkpoint("killed", step).path) {
                // Whole or not there.
                _ = try SafeTensors(contentsOf: place.checkpoint("killed", step))
            }
            var next = try IrisCommand(place.train(config, "killed", ["--resume"]))
            if next.errors.contains("expected a run to resume but found no checkpoint.") {
                next = try IrisCommand(place.train(config, "killed"))
            }
            #expect(next.status == 0, "\(note): \(next.errors)")
            #expect(try Data(contentsOf: place.checkpoint("killed", 2)) == expected, "\(note)")
            let run = place.folder.appending(path: "killed")
            let names = try FileManager.default.contentsOfDirectory(atPath: run.appending(path: "checkpoints").path)
            #expect(names.sorted() == ["step-00000001.safetensors", "step-00000002.safetensors"], "\(note)")
            // Every line of the log is whole.
            for line in try String(contentsOf: run.appending(path: "log.jsonl"), encoding: .utf8).split(separator: "\n")
            {
                #expect(line.hasPrefix("{") && line.hasSuffix("}"), "\(note): \(line)")
            }
            try FileManager.default.removeItem(at: run)
        }
    }

    /// From any step on nothing more fits the disk.
    @Test func aFullDiskIsAnError() throws {
        let place = try TrainingFolder()
        defer { place.remove() }
        let config = try place.training(steps: 2, batch: 1)
        let (straight, journal) = try FaultJournal.recording(place.train(config, "straight"), in: place.folder)
        try #require(straight.status == 0, "\(straight.errors)")
        for step in journal.choice(of: 3) where !journal.steps[step - 1].hasPrefix("rename ") {
            let full = try IrisCommand(place.train(config, "full"), fault: .full(from: step))
            let note = "step \(step), \(journal.steps[step - 1]): \(full.errors)"
            #expect(full.status == 2 && full.errors.contains("No space left on device"), "\(note)")
            try? FileManager.default.removeItem(at: place.folder.appending(path: "full"))
        }
    }

    @Test func aFolderThatCanOnlyBeReadIsAnError() throws {
        let place = try TrainingFolder()
        defer { place.remove() }
        let config = try place.training(steps: 1, batch: 1)
        let run = try IrisCommand(place.train(config, "run"), fault: .readOnly)
        #expect(run.status == 2 && run.errors.contains("Read-only file system"), "\(run.errors)")
        #expect(!FileManager.default.fileExists(atPath: place.folder.appending(path: "run").path))
        // The store alone may be read-only; preparing into it shows that it is.
        for (sealed, name, reason) in [
            (Fault.readOnlyBelow(place.store), "run", "Read-only file system"),
            (Fault.deniedBelow(place.store), "denied", "Permission denied"),
        ] {
            let reading = try IrisCommand(place.train(config, name), fault: sealed)
            #expect(reading.status == 0, "\(reading.errors)")
            #expect(FileManager.default.fileExists(atPath: place.checkpoint(name, 1).path))
            let writing = try IrisCommand(place.preparation, fault: sealed)
            #expect(writing.status == 2 && writing.errors.contains(reason), "\(writing.errors)")
        }
    }

    /// Killed at random moments, 5 times or, with IRIS_SLOW_TESTS=1, 100 times.
    @Test func killsAtRandomMomentsLoseNothing() throws {
        let place = try TrainingFolder()
        defer { place.remove() }
        let config = try place.training(steps: 6, batch: 1)
        let start = ContinuousClock.now
        let straight = try IrisCommand(place.train(config, "straight"))
        try #require(straight.status == 0, "\(straight.errors)")
        let length = (ContinuousClock.now - start) / .seconds(1)
        let expected = try Data(contentsOf: place.checkpoint("straight", 6))
        let run = place.folder.appending(path: "killed")
        var generator = Philox(seed: 7, purpose: "moments to kill")
        var killed = 0, completed = 0
        while killed < (Fault.walksAll ? 100 : 5) || completed == 0 {
            let delay = Duration.seconds(generator.uniform(in: 0.1...1) * length)
            let start = ContinuousClock.now
            let hasBegun = (1...6).contains {
                FileManager.default.fileExists(atPath: place.checkpoint("killed", $0).path)
            }
            let last = try IrisCommand(
                place.train(config, "killed", hasBegun ? ["--resume"] : []), signal: SIGKILL,
                when: { ContinuousClock.now - start > delay })
            guard last.status != 128 + SIGKILL else {
                killed += 1
                continue
            }
            #expect(last.status == 0, "\(last.errors)")
            #expect(try Data(contentsOf: place.checkpoint("killed", 6)) == expected)
            completed += 1
            try FileManager.default.removeItem(at: run)
        }
        #expect(completed > 0)
    }
}
