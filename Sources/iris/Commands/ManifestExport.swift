import ArgumentParser
import Datasets
import FoundationEssentials

extension ManifestCommand {
    /// `iris manifest export`
    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Describe a dataset on disk in MLCommons Croissant 1.0 (JSON-LD), with the SHA-256 of every file.",
            discussion: """
                Cases that cannot be used (see iris audit) are left out and reported; the exit status is then 1. Paths in the \
                description are relative to the source.
                """)

        @Argument(help: "A dataset's name or a manifest's file.") var manifest: String
        @Option(help: "Folder of the dataset.", completion: .directory) var source: String
        @Option(help: "File to write.", completion: .file(extensions: ["json"])) var croissant: String
        @Option(help: "Files hashed at the same time; by default one per processor.") var jobs: Int?

        func validate() throws {
            if let jobs, jobs < 1 { throw ValidationError("--jobs: expected at least 1 but found \(jobs).") }
        }

        func run() async throws {
            try OutputFile.check(croissant, option: "--croissant")
            let manifest = try Manifest.load(manifest)
            let folder = URL(filePath: source, directoryHint: .isDirectory)
            let listing = try manifest.adapter(for: folder).cases()
            for problem in listing.problems where problem.severity > .information {
                Terminal.writeError("\(problem.severity.rawValue): \(problem)\n")
            }
            let progress = ProgressBar(
                "hash", total: Set(listing.cases.flatMap(\.files)).count, unit: "files", amountUnit: "B")
            let description = try await CroissantDescription(
                manifest, listing: listing, source: folder, jobs: jobs ?? ProcessInfo.processInfo.activeProcessorCount
            ) { progress.advance(amount: Double($0)) }
            progress.finish()
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            try encoder.encode(description).write(to: URL(filePath: croissant), options: .atomic)
            print("\(croissant): \(listing.dataset), \(description.caseCount) cases, \(description.fileCount) files")
            if !listing.unusableCaseIDs.isEmpty { throw ExitStatus.findings }
        }
    }
}
