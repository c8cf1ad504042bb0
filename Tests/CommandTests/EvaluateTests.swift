import FoundationEssentials
import Glibc
import Testing

/// `iris evaluate`, `iris why` and `iris metrics --html` as processes.
@Suite(.serialized) struct EvaluateTests {
    private static let shared = Result {
        try TrainedPhantoms(patch: [32, 32, 32], steps: 1, training: "learningRate: {peak: 0.001}")
    }

    private struct Sealed: Decodable {
        struct Result: Decodable {
            struct Run: Decodable {
                let strategy, name: String
                let prediction: Prediction?
            }
            struct Prediction: Decodable { let path: String }
            let runs: [Run]
        }
        let result: Result
    }

    @Test func fromCheckpointToReportAndBack() throws {
        let place = try Self.shared.get()
        let ledger = place.path("ledger.json")
        let first = try place.evaluate(
            "a", ["--strategy", "one-shot,memory-bank", "--repeats", "2", "--ledger", ledger])
        try #require(first.status == 0, "\(first.errors)")
        #expect(first.output.contains("Empty masks: class absent from both: no score"))
        let sealed = try JSONDecoder().decode(
            Sealed.self, from: Data(contentsOf: URL(filePath: place.path("a/result.json"))))
        #expect(sealed.result.runs.count { $0.strategy == "one-shot" } == 4)
        #expect(sealed.result.runs.count { $0.strategy == "memory-bank" } == 2)
        for file in ["result.csv", "report.html", "ledger.json"] {
            #expect(FileManager.default.fileExists(atPath: place.path("a/\(file)")), "\(file)")
        }
        let rows = try String(contentsOf: URL(filePath: place.path("a/result.csv")), encoding: .utf8)
            .split(separator: "\n")
        #expect(rows.count == 1 + 6 * 2 && rows[0].hasPrefix("strategy,repeat,dataset,case,value,name,dice,iou"))

        // The same ledger, so the same queries and references; another number of references is refused.
        let second = try place.evaluate("b", ["--ledger", ledger, "--no-predictions"])
        #expect(second.status == 0, "\(second.errors)")
        #expect(
            try Data(contentsOf: URL(filePath: place.path("b/ledger.json")))
                == Data(contentsOf: URL(filePath: ledger)))
        #expect(!FileManager.default.fileExists(atPath: place.path("b/predictions")))
        let refused = try place.evaluate("c", ["--ledger", ledger, "--references", "3"])
        #expect(refused.status == 2)
        #expect(refused.errors.contains("the ledger was drawn with --references 1, but 3 is asked for."))

        let why = ["why", place.path("a/result.json"), "--source", "task04-hippocampus=\(place.path("raw"))"]
        let intact = try IrisCommand(why)
        #expect(intact.status == 0, "\(intact.output)\(intact.errors)")
        #expect(intact.output.split(separator: "\n").count { $0.contains(" verified ") } == 9)
        let misspelt = try IrisCommand(["why", place.path("a/result.json"), "--source", "task04-hipocampus=/tmp"])
        #expect(misspelt.status == 2 && misspelt.errors.contains("Did you mean task04-hippocampus?"))
        let prediction = sealed.result.runs[0].prediction!.path
        try place.write("a/\(prediction)", "touched")
        let touched = try IrisCommand(why)
        #expect(touched.status == 1)
        #expect(touched.output.contains("predictions: \(prediction): expected the digest"))
    }

    /// Tuning holds a reference out, so one is not enough: left out of `all`, with its reason, and the exit says so.
    @Test func whatCannotRunIsSaid() throws {
        let place = try Self.shared.get()
        let all = try place.evaluate("all", ["--strategy", "all", "--queries", "1", "--no-predictions"])
        #expect(all.status == 1, "\(all.errors)")
        #expect(all.errors.contains("tuned is left out: tuning needs at least 2 labelled references"))
        #expect(all.output.contains("image-retrieval"))
        let word = try place.evaluate("b", ["--strategy", "oneshot"])
        #expect(word.status == 2 && word.errors.contains("but found \"oneshot\""))
        let split = try place.evaluate("b", ["--split", "training"])
        #expect(split.status == 2 && split.errors.contains("--split expects train, val, test or none"))
        let compared = try IrisCommand(
            [
                "metrics", "--prediction", place.path("raw/Task04_Hippocampus/labelsTr"), "--reference",
                place.path("raw/Task04_Hippocampus/labelsTr"),
                "--html", place.path("page.html"), "--images", place.path("raw/Task04_Hippocampus/imagesTr"), "--csv",
                place.path("rows.csv"),
            ])
        #expect(compared.status == 0, "\(compared.errors)")
        #expect(compared.output.contains("Cases: 4 compared, 0 without a prediction (count as empty), 0 refused"))
        let page = try String(contentsOf: URL(filePath: place.path("page.html")), encoding: .utf8)
        #expect(page.contains("<b>1.000</b>mean Dice") && page.contains("data:image/png;base64,"))
    }
}

extension TrainedPhantoms {
    fileprivate func evaluate(_ output: String, _ more: [String]) throws -> IrisCommand {
        try IrisCommand(
            [
                "evaluate", "--checkpoint", checkpoint, "--store", path("store"), "--output", path(output),
                "--split", "none", "--queries", "2",
            ] + more)
    }
}
