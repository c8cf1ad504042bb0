import ArgumentParser
import FoundationEssentials
import IrisTraining

/// `iris why`: what a result hangs on, and whether that is still as it was.
struct Why: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Follow a result of iris evaluate back to its source files.",
        discussion: """
            Every link of the chain result - predictions - ledger - checkpoint - configuration - store - source files is \
            compared by its digest with what is there now. A link that no longer verifies is named, and the exit status is 1.

            Example: iris why evaluation/result.json --source amos22=datasets/raw/amos22
            """)

    @Argument(help: "The result.json of iris evaluate.", completion: .file(extensions: ["json"])) var result: String
    @Option(help: "The checkpoint, when not where the result says.", completion: .file(extensions: ["safetensors"]))
    var checkpoint: String?
    @Option(help: "The store, when not where the result says.", completion: .directory) var store: String?
    @Option(help: ArgumentHelp("A dataset's source folder; may be given again.", valueName: "dataset=dir"))
    var source: [String] = []
    @Flag(help: "Print one JSON document.") var json = false

    func run() throws {
        var places = ProvenanceCheck.Places()
        places.checkpoint = checkpoint.map { URL(filePath: $0) }
        places.store = store.map { URL(filePath: $0) }
        for entry in source {
            let parts = entry.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else {
                throw ValidationError("--source expects a dataset and its folder, such as amos22=/data/amos22.")
            }
            places.sources[parts[0]] = URL(filePath: parts[1])
        }
        let check = try ProvenanceCheck(of: URL(filePath: result), places: places)
        if json {
            try JSONOutput.print(check)
        } else {
            var table = Table([.text("link"), .text("status"), .text("digest"), .longText("what")])
            for link in check.links {
                table.add([
                    link.name, link.status.rawValue, link.digest.map { String($0.prefix(16)) } ?? "–", link.what,
                ])
            }
            table.printFitted()
            for link in check.links {
                guard let problem = link.problem else { continue }
                print("\(link.name): \(problem).")
            }
        }
        if !check.holds { throw ExitStatus.findings }
    }
}
