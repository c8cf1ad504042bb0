import ArgumentParser
import Datasets
import FoundationEssentials

/// `iris phantom`: made-up data in a dataset's official layout.
struct PhantomCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "phantom",
        abstract: "Write synthetic data in the official layout of a dataset.",
        discussion: """
            Believable anatomy with the layout's quirks, reproducible by seed; no patient is in it. For trying the program, for tests \
            and demonstrations.
            """)

    @Argument(help: "A dataset: amos22, bcv, lits, kits19, mnms, brain-aging, msd or nnunet.")
    var dataset: String

    @Option(help: "Folder to make; it must be new or empty.", completion: .directory)
    var output: String

    @Option(help: "Number of patients, each with a case or more, 1 to 100; by default as many as show every quirk.")
    var cases: Int?

    @Option(help: "Seed; the same seed gives the same voxels.") var seed: UInt64 = 1

    @Option(help: "Voxel size: \(Phantom.Size.allCases.map(\.rawValue).joined(separator: ", ")).")
    var size: Phantom.Size = .standard

    @Option(help: "Patients made at the same time; by default one per processor.") var jobs: Int?

    @Flag(help: "Print one object instead of text.") var json = false

    func validate() throws {
        if let cases, !(1...100).contains(cases) {
            throw ValidationError("--cases: expected 1 to 100 but found \(cases).")
        }
        if let jobs, jobs < 1 { throw ValidationError("--jobs: expected at least 1 but found \(jobs).") }
    }

    func run() async throws {
        let manifest = try Manifest.load(dataset)
        let phantom = Phantom(manifest, subjects: cases, seed: seed, size: size)
        let folder = URL(filePath: output, directoryHint: .isDirectory)
        let progress = ProgressBar("phantom \(manifest.name)", total: phantom.subjects, unit: "patients")
        try await phantom.write(to: folder, jobs: jobs ?? ProcessInfo.processInfo.activeProcessorCount) {
            progress.advance()
        }
        progress.finish()
        let listing = try manifest.adapter(for: folder).cases()
        let summary = PhantomSummary(
            dataset: manifest.name, folder: folder.path, seed: seed, subjects: phantom.subjects,
            cases: listing.cases.count,
            labelled: listing.cases.count { $0.label != nil })
        if json {
            try JSONOutput.print(summary)
        } else {
            print(
                "\(summary.folder): synthetic \(summary.dataset), \(summary.subjects) patients, \(summary.cases) cases, \(summary.labelled) labelled, seed \(seed)"
            )
        }
    }
}

/// What `iris phantom` made.
private struct PhantomSummary: Encodable {
    let dataset, folder: String
    let seed: UInt64
    let subjects, cases, labelled: Int
}

extension Phantom.Size: ExpressibleByArgument {}
