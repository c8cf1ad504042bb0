import ArgumentParser
import Datasets

/// `iris manifest`: what the project knows about datasets.
struct ManifestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manifest",
        abstract: "Check, show and export the manifests of datasets.",
        subcommands: [Check.self, Show.self, Export.self])

    /// `iris manifest check`
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read manifests and say what is wrong, with file and line.",
            discussion:
                "Names are looked up in the project's manifests/; paths (with a slash or ending in .yaml) are read as they are."
        )

        @Argument(help: "Names or files; all manifests of the project by default.") var manifests: [String] = []
        @Flag(help: "Print an array of objects instead of text.") var json = false

        func run() throws {
            let library = try ManifestLibrary.standard()
            let reports = try (manifests.isEmpty ? library.names() : manifests).map { name in
                ManifestCheck(name, Result { try library.manifest(name) })
            }
            if json { try JSONOutput.print(reports) } else { ManifestCheck.table(reports).printFitted() }
            if !json {
                for report in reports { if let error = report.error { Terminal.writeError("error: \(error)\n") } }
            }
            if reports.contains(where: { $0.error != nil }) { throw ExitStatus.findings }
        }
    }

    /// `iris manifest show`
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one manifest: terms, layout, label table, splits, known defects.")

        @Argument(help: "A dataset's name or a manifest's file.") var manifest: String
        @Flag(help: "Print one object instead of text.") var json = false

        func run() throws {
            let report = ManifestReport(try Manifest.load(manifest))
            if json { try JSONOutput.print(report) } else { print(report.text, terminator: "") }
        }
    }
}
