import ArgumentParser
import FoundationEssentials
import VolumeStore
import WorkerThreads

/// `iris store`: what a store holds, and whether it is sound.
struct Store: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List, show, verify and merge stores, and make their brick files.",
        subcommands: [List.self, Show.self, Verify.self, Merge.self, Brick.self])

    struct Location: ParsableArguments {
        @Option(help: "Folder of the store.", completion: .directory) var store: String

        func open(_ mode: VolumeStore.Mode = .read) throws -> VolumeStore {
            try VolumeStore.open(at: URL(filePath: store), mode: mode)
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "ls", abstract: "List every case, quarantined ones too.")

        @OptionGroup var location: Location
        @Option(help: "Only the cases of this dataset.") var dataset: String?
        @Flag(help: "Print an array of objects.") var json = false

        func run() throws {
            let listing = try StoreListing(of: location.open(), dataset: dataset)
            if json { try JSONOutput.print(listing.entries) } else { listing.printText() }
        }
    }

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show all that is known of one case.")

        @Argument(help: "The case: its name, or dataset/name.") var name: String
        @OptionGroup var location: Location
        @Flag(help: "Print an object.") var json = false
        @Option(help: "Write three slices with the labels to this PNG file.", completion: .file(extensions: ["png"]))
        var png: String?

        func run() throws {
            let store = try location.open()
            let record = try store.record(named: name)
            if let png { try CasePicture(of: record, in: store).write(to: png) }
            let report = try CaseReport(of: record, in: store)
            if json { try JSONOutput.print(report) } else { report.printText() }
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read every byte and compare it with the index; exit status 1 when something is wrong.")

        @OptionGroup var location: Location
        @Option(help: "Files read at the same time.") var jobs = availableCores
        @Flag(help: "Print an object.") var json = false

        func run() async throws {
            let store = try location.open()
            let bar = ProgressBar("verify", total: try store.cases().count, unit: "cases", amountUnit: "bytes")
            let verification = try await store.verify(jobs: jobs) { bar.advance(amount: Double($0)) }
            bar.finish()
            let report = VerificationReport(verification)
            if json { try JSONOutput.print(report) } else { report.printText() }
            if !verification.defects.isEmpty { throw ExitStatus.findings }
        }
    }

    struct Brick: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the brick files that cases lack, from which patches are rendered faster.",
            discussion: """
                A brick file holds a case's voxels once more, in an order that suits slanted boxes. iris prepare makes it with \
                the case. It changes no result and may be deleted at any time; a store with brick files takes twice the space.

                Example: iris store brick --store store
                """)

        @OptionGroup var location: Location
        @Flag(help: "Make those anew that are there.") var remake = false
        @Flag(help: "Remove all brick files instead.") var remove = false
        @Flag(help: "Print an object.") var json = false

        func validate() throws {
            guard !remake || !remove else {
                throw ValidationError("expected --remake or --remove but found both. Leave one out.")
            }
        }

        func run() throws {
            // Opening for writing would make a store where none is.
            _ = try location.open(.read)
            let writer = StoreWriter(try location.open(.write))
            let bar = ProgressBar("brick", total: try writer.store.cases().count, unit: "cases")
            defer { bar.finish() }
            let bricks =
                remove
                ? try writer.removeBricks { bar.advance() } : try writer.makeBricks(remake: remake) { bar.advance() }
            let report = BrickReport(bricks)
            if json { try JSONOutput.print(report) } else { report.printText() }
        }
    }

    struct Merge: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Add the cases of other stores to one, checking every digest.",
            discussion:
                "For stores of the same configuration, such as the shards of one dataset. Doing it twice changes nothing."
        )

        @Argument(help: "Folders of the stores to add.", completion: .directory) var others: [String]
        @OptionGroup var location: Location
        @Flag(help: "Print an array of objects.") var json = false

        func run() throws {
            let writer = StoreWriter(try location.open(.write))
            var reports: [MergeReport] = []
            for path in others {
                let other = try VolumeStore.open(at: URL(filePath: path), mode: .read)
                let bar = ProgressBar("merge \(path)", total: try other.cases().count, unit: "cases")
                defer { bar.finish() }
                let merge = try writer.merge(other) { bar.advance() }
                reports.append(
                    MergeReport(
                        store: path, copied: merge.copied, present: merge.present, quarantined: merge.quarantined))
            }
            // Also leaves large stores with the arrays that readers open fast.
            let digest = try writer.store.catalogue().digest
            if json { return try JSONOutput.print(reports) }
            MergeReport.printText(reports)
            print("store digest \(digest)")
        }
    }
}
