import ArgumentParser
import Datasets
import FoundationEssentials
import Metrics
import Reports
import WorkerThreads

/// `iris metrics`: two folders of label maps compared.
struct MetricsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics",
        abstract: "Compare a folder of predicted label maps with a folder of reference label maps.",
        discussion: """
            Files pair by name without .nii or .nii.gz. A missing prediction counts as an empty one; a pair whose grids \
            differ is refused unless --resample is given. In both cases the case is named and the exit status is 1. \
            docs/metrics.md defines every score.

            Example: iris metrics --prediction out --reference labelsTs --manifest amos22 --html scores.html
            """)

    @Option(help: "Folder of predicted label maps.", completion: .directory) var prediction: String
    @Option(help: "Folder of reference label maps.", completion: .directory) var reference: String
    @Option(help: "Dataset or manifest file whose class names are shown.") var manifest: String?
    @Option(
        help: ArgumentHelp(
            "Label values to compare, such as 1,2,6; default: the manifest's, else all in the references.",
            valueName: "list")
    )
    var classes: String?
    @Option(help: ArgumentHelp("Distance up to which surfaces agree.", valueName: "mm")) var tolerance = 1.0
    @Option(help: "Score of a class absent from both maps: exclude or perfect.") var absent = EmptyMaskPolicy.BothEmpty
        .exclude
    @Option(help: "Distance when one map lacks the class: diagonal or exclude.")
    var distanceWhenEmpty = EmptyMaskPolicy.OneEmpty.diagonal
    @Flag(help: "Bring predictions on another grid onto the reference's, by nearest neighbour.") var resample = false
    @Option(help: "Cases compared at once.") var jobs = availableCores
    @Flag(help: "Print one JSON document.") var json = false
    @Option(help: "Write a row per case and class.", completion: .file(extensions: ["csv"])) var csv: String?
    @Option(help: "Write a page with tables, plots and pictures.", completion: .file(extensions: ["html"]))
    var html: String?
    @Option(help: "Folder of images, named like the label maps, for the page's pictures.", completion: .directory)
    var images: String?

    func validate() throws {
        guard tolerance >= 0, tolerance.isFinite else {
            throw ValidationError("--tolerance expects millimetres, 0 or more.")
        }
        guard images == nil || html != nil else {
            throw ValidationError("--images are for the pictures of --html. Add --html FILE.")
        }
        _ = try classValues()
    }

    func run() async throws {
        var comparison = FolderComparison(
            predictions: URL(filePath: prediction), references: URL(filePath: reference))
        let names = try manifest.map { try classNames(of: $0) } ?? [:]
        comparison.classes = try classValues() ?? (manifest == nil ? nil : names.keys.sorted())
        comparison.tolerance = tolerance
        comparison.policy = EmptyMaskPolicy(bothEmpty: absent, oneEmpty: distanceWhenEmpty)
        comparison.resamplesPredictions = resample
        var bar: ProgressBar?
        let result = try await comparison.run(jobs: jobs) { done, total in
            if bar == nil { bar = ProgressBar("comparing", total: total, unit: "cases") }
            bar?.advance()
            if done == total { bar?.finish() }
        }
        let report = MetricsReport(result: result, classNames: names)
        if let csv { try report.writeCSV(to: csv) }
        if let html {
            var page = MetricsPage(result, of: comparison, classNames: names)
            page.images = images.map { URL(filePath: $0) }
            try page.write(to: URL(filePath: html))
        }
        if json { try JSONOutput.print(result) } else { report.printTables() }
        if result.cases.contains(where: { $0.status != .compared }) { throw ExitStatus.findings }
    }

    private func classValues() throws -> [UInt8]? {
        guard let classes else { return nil }
        return try classes.split(separator: ",").map { word in
            guard let value = UInt8(word.trimming(while: { $0 == " " })), value > 0 else {
                throw ValidationError("--classes expects values from 1 to 255, such as 1,2,6, but found \"\(word)\".")
            }
            return value
        }
    }

    private func classNames(of manifest: String) throws -> [UInt8: String] {
        var names: [UInt8: String] = [:]
        for entry in try Manifest.load(manifest).classes { names[UInt8(entry.value)] = entry.name }
        return names
    }
}

extension EmptyMaskPolicy.BothEmpty: ExpressibleByArgument {}
extension EmptyMaskPolicy.OneEmpty: ExpressibleByArgument {}

extension Substring {
    fileprivate func trimming(while isEdge: (Character) -> Bool) -> Substring {
        var rest = self
        while let first = rest.first, isEdge(first) { rest.removeFirst() }
        while let last = rest.last, isEdge(last) { rest.removeLast() }
        return rest
    }
}
