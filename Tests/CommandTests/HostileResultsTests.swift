import FoundationEssentials
import Glibc
import Tensors
import Testing

/// What the program itself writes, come back changed: checkpoints, embeddings, ledgers, results and resume tokens. Each is
/// refused with a sentence, in bounded memory, and nothing is written outside of the folders that were named.
@Suite(.serialized) struct HostileResultsTests {
    private static let shared = Result {
        try TrainedPhantoms(
            patch: [16, 24, 16], steps: 2,
            training: "batch: 1\nlearningRate: {peak: 0.001}\ncheckpoints: {every: 1, keep: 2}")
    }

    /// Text with a million brackets, which a reader that recurses without limit does not survive.
    private static let deep = String(repeating: "[", count: 1_000_000)

    // MARK: Checkpoints

    @Test(
        "Counters of a checkpoint that would overflow or lead back",
        arguments: [
            ("step", "-1"), ("step", "4611686018427387904"), ("step", "9223372036854775807"), ("step", "1e3"),
            ("optimizer.steps", "-5"), ("optimizer.steps", "9223372036854775807"),
            ("skippedInARow", "9223372036854775807"), ("best.step", "-1"),
            ("best.validationsSince", "9223372036854775807"),
        ]) func counters(key: String, value: String) throws
    {
        let place = try Self.shared.get()
        let file = try place.startRun("counters-\(UUID().uuidString)") { $0.metadata[key] = value }
        let run = URL(filePath: file).deletingLastPathComponent().deletingLastPathComponent().lastPathComponent
        try expectRefusal(place.resume(run), file: file, key)
    }

    @Test("A memory bank of other sizes, or of no numbers") func banks() throws {
        let place = try Self.shared.get()
        let names = try SafeTensors(contentsOf: URL(filePath: place.checkpoint)).tensors.keys.filter {
            $0.hasPrefix("bank.")
        }
        let name = try #require(names.sorted().first)
        for (number, tensor) in [Tensor(zeros: [1]), Tensor(zeros: [3, 7]), Tensor([.nan], shape: [1])].enumerated() {
            let file = try place.startRun("bank\(number)") { $0.tensors[name] = tensor }
            try expectRefusal(place.resume("bank\(number)"), file: file, "expected \(name) to hold")
            try expectRefusal(
                place.predict(checkpoint: file) + ["--strategy", "memory-bank", "--classes", "1,2"], file: file,
                "expected \(name) to hold")
        }
        // Counts beyond all numbers only weigh.
        _ = try place.startRun("counts") { $0.metadata[name] = "9223372036854775807" }
        let run = try IrisCommand(place.resume("counts"))
        #expect(run.status == 0, "\(run.errors)")
    }

    @Test("What a checkpoint says of its training") func records() throws {
        let place = try Self.shared.get()
        let sound = try SafeTensors(contentsOf: URL(filePath: place.checkpoint)).metadata["inference"] ?? ""
        let patch = try #require(sound.firstMatch(of: /"patch":\{[^}]*\}|"patch":\[[^\]]*\]/)).output
        let sizes = [
            patch.replacing(/\d+/, with: "1048576"), patch.replacing(/\d+/, with: "4611686018427387904"),
            patch.replacing(/\d+/, with: "-16"),
        ]
        for (number, text) in ([Self.deep, "{}"] + sizes.map { sound.replacing(patch, with: $0) }).enumerated() {
            let file = try place.startRun("record\(number)") { $0.metadata["inference"] = text }
            try expectRefusal(place.predict(checkpoint: file), file: file, file)
        }
    }

    // MARK: Embeddings

    @Test("Embeddings that contradict themselves") func embeddings() throws {
        let place = try Self.shared.get()
        let encoded = place.path("encoded.safetensors")
        let run = try IrisCommand([
            "encode", "--checkpoint", place.checkpoint, "--reference", place.pair(2), "--output", encoded,
        ])
        try #require(run.status == 0, "\(run.errors)")
        let references = try #require(SafeTensors(contentsOf: URL(filePath: encoded)).metadata["references"])
        func refuse(_ name: String, _ text: String, _ change: (inout SafeTensors) -> Void) throws {
            let file = place.path("\(name).safetensors")
            var changed = try SafeTensors(contentsOf: URL(filePath: encoded))
            change(&changed)
            try changed.write(to: URL(filePath: file))
            try expectRefusal(place.predict(checkpoint: place.checkpoint, embeddings: file), file: file, text)
        }
        func replace(_ pattern: Regex<Substring>, _ with: String) throws -> String {
            let text = references.replacing(pattern, with: with)
            try #require(text != references)
            return text
        }
        try refuse("deep", "the metadata cannot be read") { $0.metadata["references"] = Self.deep }
        let wide = try replace(/"value":1/, #""value":300"#), zero = try replace(/"value":1/, #""value":0"#)
        try refuse("wide", "the metadata cannot be read") { $0.metadata["references"] = wide }
        try refuse("background", "embedding.0 is missing or does not hold") { $0.metadata["references"] = zero }
        try refuse("none", "expected references but found none") {
            $0.metadata["references"] = "[]"
            $0.tensors = [:]
        }
        try refuse("infinite", "embedding.0 is missing or does not hold") {
            let shape = $0.tensors["embedding.0"]!.shape
            $0.tensors["embedding.0"] = Tensor(
                [Float](repeating: .infinity, count: shape.reduce(1, *)), shape: shape)
        }
        try refuse("descriptor", "descriptor.0 does not hold") { $0.tensors["descriptor.0"] = Tensor(zeros: [1]) }
        // Names are names and not paths.
        let named = place.path("named.safetensors")
        var changed = try SafeTensors(contentsOf: URL(filePath: encoded))
        changed.metadata["references"] = try replace(/"name":"hippocampus_002"/, #""name":"../../evil""#)
        try changed.write(to: URL(filePath: named))
        let predicted = try IrisCommand(place.predict(checkpoint: place.checkpoint, embeddings: named))
        #expect(predicted.status == 0, "\(predicted.errors)")
        let written = try FileManager.default.subpathsOfDirectory(atPath: place.folder.path)
        #expect(!written.contains { $0.contains("evil") })
        #expect(!FileManager.default.fileExists(atPath: place.folder.path + "/../evil"))
    }

    // MARK: Evaluations

    @Test("Ledgers and results that lead elsewhere or count too far") func evaluations() throws {
        let place = try Self.shared.get()
        let evaluate = [
            "evaluate", "--checkpoint", place.checkpoint, "--store", place.path("store"), "--split", "none",
            "--queries", "1",
        ]
        let whole = try IrisCommand(evaluate + ["--output", place.path("sound")])
        try #require(whole.status == 0, "\(whole.errors)")
        let ledger = try String(contentsOf: URL(filePath: place.path("sound/ledger.json")), encoding: .utf8)
        let query = try #require(ledger.firstMatch(of: /"queries" *: *\[[^\]]*?"name" *: *"([^"]+)"/)).output.1
        let edits: [(name: String, text: String, problem: String)] = [
            ("empty", "", "expected a ledger of iris evaluate"), ("deep", Self.deep, "expected a ledger"),
            (
                "repeats", ledger.replacing(/"repeats" : \d+/, with: "\"repeats\" : 9223372036854775807"),
                "repeat 1 has no"
            ),
            ("negative", ledger.replacing(/"repeats" : \d+/, with: "\"repeats\" : -9223372036854775808"), "no repeat"),
            ("large", ledger.replacing(/"seed" : \d+/, with: "\"seed\" : 1e400"), "expected a ledger"),
            ("path", ledger.replacing("\"\(query)\"", with: "\"../../../etc/passwd\""), "../../../etc/passwd"),
            ("statement", ledger.replacing("\"\(query)\"", with: "\"' OR 1=1 --\""), "' OR 1=1 --"),
        ]
        for edit in edits {
            try #require(edit.text != ledger, "\(edit.name)")
            try place.write("\(edit.name).json", edit.text)
            try expectRefusal(
                evaluate + ["--output", place.path("out-\(edit.name)"), "--ledger", place.path("\(edit.name).json")],
                file: "ledger", edit.problem)
        }
        let result = try String(contentsOf: URL(filePath: place.path("sound/result.json")), encoding: .utf8)
        let prediction = try #require(result.firstMatch(of: /"predictions\/[^"]+"/)).output
        let edited = result.replacing(prediction, with: "\"../../../../../../../../dev/zero\"")
            .replacing("\"\(place.checkpoint)\"", with: "\"/dev/zero\"")
        try #require(edited != result)
        try place.write("sound/edited.json", edited)
        let why = try IrisCommand.confined(["why", place.path("sound/edited.json")])
        #expect(why.status == 1, "\(why.errors)")
        #expect(why.output.contains("expected a path below \(place.path("sound"))"), "\(why.output)")
        try place.write("sound/deep.json", Self.deep)
        try expectRefusal(
            ["why", place.path("sound/deep.json")], file: "deep.json", "expected a result of iris evaluate")
    }

    // MARK: Resume tokens

    @Test("Tokens that are none, or of another stream, reach the consumer as an error") func tokens() throws {
        let place = try EpisodesTests.Workplace()
        defer { place.remove() }
        let (producer, consumer) = try StreamConnection.standardInput.start(place, producing: ["--count", "1"])
        try #require(consumer.wait(atMost: 60) == 0, "\(producer.errors)")
        // The fields of a sound token, from the plan that came with the episode.
        let plan = consumer.output.split(separator: " ", maxSplits: 2)[2]
        let store = try #require(plan.firstMatch(of: /"store":"([0-9a-f]{64})"/)).output.1
        let configuration = try #require(plan.firstMatch(of: /"configuration":"([0-9a-f]{64})"/)).output.1
        func token(_ next: String, format: String = "1", seed: String = "0", rank: String = "0", world: String = "1")
            -> String
        {
            #"{"configuration":"\#(configuration)","format":\#(format),"next":\#(next),"rank":\#(rank),"#
                + #""seed":\#(seed),"store":"\#(store)","world":\#(world)}"#
        }
        let hostile: [(String, String)] = [
            (String(repeating: "[", count: 100_000), "expected a resume token"), ("", "expected a resume token"),
            (token("-1"), "expected a resume token"), (token("18446744073709551616"), "expected a resume token"),
            (token("1e300"), "expected a resume token"), (token("0", rank: "-1"), "expected rank 0 but found -1"),
            (token("0", world: "0"), "expected world 1 but found 0"), (token("0", format: "2"), "expected format 1"),
            (token("0", seed: "1"), "expected seed 0 but found 1"),
            (token("0").replacing(store, with: "x"), "expected store"),
        ]
        for (text, problem) in hostile {
            let (producer, consumer) = try StreamConnection.standardInput.start(
                place, producing: ["--count", "1", "--resume", text])
            #expect(consumer.wait(atMost: 60) == 4 && consumer.errors.contains(problem), "\(consumer.errors)")
            #expect(producer.wait(atMost: 5) == 2 && producer.errors.contains(problem), "\(producer.errors)")
        }
        // The last index there is: the stream goes on and ends.
        let (last, witness) = try StreamConnection.standardInput.start(
            place, producing: ["--count", "2", "--resume", token("18446744073709551615")])
        #expect(witness.wait(atMost: 60) == 0 && last.wait(atMost: 5) == 0, "\(last.errors)")
        #expect(witness.output.split(separator: "\n").count == 2)
    }
}

extension TrainedPhantoms {
    fileprivate func pair(_ number: Int) -> String {
        let root = path("raw/Task04_Hippocampus"), name = "hippocampus_00\(number).nii.gz"
        return "\(root)/imagesTr/\(name):\(root)/labelsTr/\(name)"
    }

    /// Arguments of `iris predict` for one query by one reference, or by embeddings.
    fileprivate func predict(checkpoint: String, embeddings: String? = nil) -> [String] {
        let query = String(pair(1).split(separator: ":")[0])
        return ["predict", "--checkpoint", checkpoint, "--query", query, "--output", path("predicted")]
            + (embeddings.map { ["--embeddings", $0] } ?? ["--reference", pair(2)])
    }

    /// A folder of a run that got as far as its first step, whose checkpoint is changed; returns the checkpoint's path.
    fileprivate func startRun(_ name: String, _ change: (inout SafeTensors) -> Void) throws -> String {
        let run = folder.appending(path: name)
        try FileManager.default.copyItem(at: folder.appending(path: "run"), to: run)
        try FileManager.default.removeItem(at: run.appending(path: "checkpoints/step-00000002.safetensors"))
        let file = run.appending(path: "checkpoints/step-00000001.safetensors")
        var checkpoint = try SafeTensors(contentsOf: file)
        change(&checkpoint)
        try checkpoint.write(to: file)
        return file.path
    }

    fileprivate func resume(_ run: String) -> [String] {
        ["train", "--config", path("train.yaml"), "--store", path("store"), "--output", path(run), "--resume"]
    }
}
