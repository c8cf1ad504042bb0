import ArgumentParser
import Configuration
import Episodes
import FoundationEssentials
import VolumeStore
import WorkerThreads

/// `iris episodes`: what a training run will see, and how fast.
struct EpisodesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "episodes", abstract: "Plan, show, check, render and time episodes.",
        subcommands: [Plan.self, Show.self, Check.self, Render.self, Bench.self])

    /// What decides episodes.
    struct Source: ParsableArguments {
        @Option(help: "Folder of the store.", completion: .directory) var store: String
        @Option(
            help: "Episode configuration: a YAML file, or the name of one in configs/episodes.",
            completion: .file(extensions: ["yaml"]))
        var config = "paper"
        @Option(help: "Seed; every index has another episode under another seed.") var seed: UInt64 = 0

        func configuration() throws -> EpisodeConfiguration {
            var file = URL(filePath: config)
            let isName = config.utf8.allSatisfy { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ".") }
            if isName, let home = ProjectFolder.url { file = home.appending(path: "configs/episodes/\(config).yaml") }
            return try EpisodeConfiguration(contentsOf: file)
        }

        func catalogue() throws -> StoreCatalogue {
            try VolumeStore.open(at: URL(filePath: store), mode: .read).catalogue()
        }

        func sampler() throws -> EpisodeSampler {
            try EpisodeSampler(catalogue: catalogue(), configuration: configuration(), seed: seed)
        }
    }

    struct Plan: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the plans of episodes.",
            discussion: "With --json, each line is a plan that iris episodes render replays byte for byte.")

        @OptionGroup var source: Source
        @Option(help: "Index of the first episode.") var first: UInt64 = 0
        @Option(help: "Number of episodes.") var count = 10
        @Flag(help: "Print JSON lines.") var json = false

        func validate() throws {
            if count < 0 { throw ValidationError("expected a count of at least 0 but found \(count).") }
        }

        func run() throws {
            let sampler = try source.sampler()
            if json {
                for offset in 0..<UInt64(count) { print(try sampler.plan(first &+ offset).json) }
                return
            }
            var table = Table([
                .number("index"), .text("dataset"), .text("modality"), .longText("classes"), .longText("references"),
                .text("query"),
            ])
            for offset in 0..<UInt64(count) {
                let plan = try sampler.plan(first &+ offset)
                table.add([
                    "\(plan.index)", plan.dataset, plan.modality, plan.classes.map(\.structure).joined(separator: ", "),
                    plan.references.map(\.patch.source.name).joined(separator: ", "), plan.query.source.name,
                ])
            }
            table.printFitted()
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show the patches of one episode, as a picture before and after augmentation or as NIfTI files.",
            discussion: """
                Prints where each patch comes from and how many voxels of each class it holds; with --json the plan, as iris \
                episodes plan does.

                Example: iris episodes show 0 --store store --png episode.png
                """)

        @Argument(help: "Index of the episode.") var index: UInt64
        @OptionGroup var source: Source
        @Option(help: "Write images and label maps to this folder.", completion: .directory) var output: String?
        @Option(
            help: "Write a picture of all patches, before and after augmentation.",
            completion: .file(extensions: ["png"]))
        var png: String?
        @Flag(help: "Print the plan as JSON.") var json = false

        func run() throws {
            let sampler = try source.sampler(), renderer = EpisodeRenderer(catalogue: sampler.catalogue)
            let plan = try sampler.plan(index)
            let episode = try renderer.render(plan)
            if let output { try EpisodeFiles(episode, catalogue: sampler.catalogue).write(to: output) }
            if let png {
                let before = try renderer.render(plan.unaugmented)
                try EpisodePicture(before: before, after: episode, catalogue: sampler.catalogue).write(to: png)
            }
            if json { print(plan.json) } else { EpisodeReport(episode).printText() }
        }
    }

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check what episodes promise and how often classes come; exit status 1 when something is wrong.")

        @OptionGroup var source: Source
        @Option(help: "Number of episodes to plan.") var count = 100_000
        @Option(help: "Number of these to render and count masks in.") var rendering = 500
        @Option(help: "Threads.") var workers = availableCores
        @Flag(help: "Print an object.") var json = false

        func validate() throws {
            if count < 1 { throw ValidationError("expected a count of at least 1 but found \(count).") }
            if workers < 1 { throw ValidationError("expected at least 1 worker but found \(workers).") }
        }

        func run() async throws {
            let sampler = try source.sampler()
            let bar = ProgressBar("check", total: count, unit: "episodes")
            let check = try await EpisodeCheck(of: sampler, count: count, rendering: rendering, workers: workers) {
                bar.advance(by: $0)
            }
            bar.finish()
            if json { try JSONOutput.print(check) } else { check.printText() }
            if !check.isClean { throw ExitStatus.findings }
        }
    }

    struct Render: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Render plans that were printed earlier, and print the digest of each episode.",
            discussion: """
                The digest is the SHA-256 of each reference's image and masks and the query's image and masks: \
                little-endian float32 and bytes, i fastest. It is the same for every run on one instruction set.
                """)

        @Option(help: "File with plans as JSON lines.", completion: .file()) var plan: String
        @Option(help: "Folder of the store.", completion: .directory) var store: String
        @Option(
            help: "Write images and label maps to folders of the episodes' indices in this one.", completion: .directory
        )
        var output: String?
        @Flag(help: "Print only digests, one on each line, in place of JSON lines with index and digest.") var digest =
            false

        func run() throws {
            let catalogue = try VolumeStore.open(at: URL(filePath: store), mode: .read).catalogue()
            let renderer = EpisodeRenderer(catalogue: catalogue)
            guard let text = try? String(contentsOf: URL(filePath: plan), encoding: .utf8) else {
                throw UsageError("\(plan): cannot be read. Name a file that iris episodes plan --json wrote.")
            }
            for (number, line) in text.split(separator: "\n").enumerated() {
                let plan = try EpisodePlan(json: String(line), file: self.plan, line: number + 1)
                guard plan.store == catalogue.digest.hexadecimal else {
                    throw EpisodePlanError.otherStore(expected: catalogue.digest.hexadecimal, found: plan.store)
                }
                let episode = try renderer.render(plan)
                if let output { try EpisodeFiles(episode, catalogue: catalogue).write(to: "\(output)/\(plan.index)") }
                print(
                    digest ? episode.digest.hexadecimal : "{\"digest\":\"\(episode.digest)\",\"index\":\(plan.index)}")
            }
        }
    }

    struct Bench: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Measure how fast episodes are made.")

        @OptionGroup var source: Source
        @Option(help: "Threads of the stream.") var workers = availableCores
        @Option(help: "Length of the measurement, about.") var seconds = 20.0
        @Flag(help: "Print an object.") var json = false

        func validate() throws {
            if workers < 1 { throw ValidationError("expected at least 1 worker but found \(workers).") }
            if !(seconds > 0 && seconds < 86_400) {
                throw ValidationError("expected seconds above 0 but found \(seconds).")
            }
        }

        func run() async throws {
            let bench = try await EpisodeBench(of: source.sampler(), workers: workers, seconds: seconds)
            if json { try JSONOutput.print(bench) } else { bench.printText() }
        }
    }
}
