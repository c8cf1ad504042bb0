import FoundationEssentials
import Glibc
import NIfTI
import RandomNumbers
import Testing
import Volumes

/// `iris predict`, `iris encode` and `iris tune` as their users see them, on a model of forty training steps: it knows
/// next to nothing, but it answers, and the same question gets the same answer.
@Suite(.serialized) struct PredictTests {
    private static let shared = Result {
        try TrainedPhantoms(
            patch: [16, 24, 16], steps: 40,
            training: "seed: 5\nbatch: 1\noptimizer: {method: adamw}\nlearningRate: {peak: 0.01}")
    }

    private struct Record: Decodable {
        let strategy: String
        let classes: [Entry]
        let queries: [Query]
        let failures: [Failure]
        let work: [String: Int]
        struct Entry: Decodable { let value: Int, name: String }
        struct Query: Decodable { let name: String, file: String }
        struct Failure: Decodable { let query: String, problem: String }
    }

    /// The label map lies on the query file's own grid, whatever order its voxels have, and says the same of the same place.
    @Test func resultsLieInTheQuerysOwnGrid() throws {
        let place = try Self.shared.get()
        let source = try NIfTIFile.read(at: place.image(1)).volume()
        let turned = source.reoriented(to: try #require(Orientation("PSL")))
        try NIfTIWriter.write(turned, to: place.path("turned.nii"), gzip: false)
        let run = try place.iris(
            "predict", "--query", place.image(1), place.path("turned.nii"), "--reference", place.pair(2), "--output",
            place.path("grids"), "--probabilities", "--uncertainty", "--overlap", "0.25")
        try #require(run.status == 0, "\(run.errors)")
        #expect(run.errors.contains("3 encodings: 1 of references ("), "\(run.errors)")
        let plain = try NIfTIFile.read(at: place.path("grids/hippocampus_001.nii.gz"))
        let other = try NIfTIFile.read(at: place.path("grids/turned.nii.gz"))
        #expect(plain.header.datatype == .uint8 && plain.header.grid == source.grid)
        #expect(other.header.grid == turned.grid && other.header.grid.orientation.description == "PSL")
        let labels = try plain.labelMap()
        #expect(try other.labelMap().reoriented(to: .ras).voxels == labels.voxels)
        #expect(Set(labels.voxels).isSubset(of: [0, 1, 2]) && Set(labels.voxels).count > 1)
        // Labels are where a probability is above one half and no other is higher.
        let maps = try (1...2).map {
            try NIfTIFile.read(at: place.path("grids/probabilities/hippocampus_001/\($0).nii.gz")).volume()
        }
        for voxel in stride(from: 0, to: labels.voxels.count, by: 11) {
            let values = maps.map { $0.voxels[voxel] }
            #expect(labels.voxels[voxel] == (values.max()! <= 0.5 ? 0 : values[0] >= values[1] ? 1 : 2))
        }
        let uncertainty = try NIfTIFile.read(at: place.path("grids/uncertainty/turned.nii.gz")).volume()
        #expect(uncertainty.grid == turned.grid && uncertainty.voxels.allSatisfy { (0...1).contains($0) })
        #expect(Set(uncertainty.voxels).count > 100)
    }

    @Test func encodedReferencesGiveTheSameBytes() throws {
        let place = try Self.shared.get()
        let encode = try place.iris(
            "encode", "--reference", place.pair(2), place.pair(3), "--classes", "2=tail,1=head", "--output",
            place.path("encoded.safetensors"))
        try #require(encode.status == 0, "\(encode.errors)")
        #expect(encode.errors.contains("2 encodings: 2 of references ("))
        #expect(encode.output.contains("hippocampus_002  tail (2), head (1)"), "\(encode.output)")
        let direct = try place.iris(
            "predict", "--query", place.image(1), place.image(4), "--reference", place.pair(2), place.pair(3),
            "--classes",
            "2,1", "--output", place.path("direct"), "--probabilities")
        try #require(direct.status == 0, "\(direct.errors)")
        let reused = try place.iris(
            "predict", "--query", place.image(1), place.image(4), "--embeddings", place.path("encoded.safetensors"),
            "--classes",
            "tail,head", "--output", place.path("reused"), "--probabilities", "--json")
        try #require(reused.status == 0, "\(reused.errors)")
        #expect(reused.errors.contains("2 encodings: 0 of references (0 windows), 2 of queries"))
        let record: Record = try reused.json()
        #expect(record.strategy == "ensemble" && record.classes.map(\.name) == ["tail", "head"])
        let results = try place.results("direct")
        // The names of the classes are in the descriptions of the maps, so voxels are compared there.
        #expect(results.count == 6)
        for name in results.keys {
            let (a, b) = try (
                NIfTIFile.read(at: place.path("direct/\(name)")), NIfTIFile.read(at: place.path("reused/\(name)"))
            )
            #expect(a.scaledFloats() == b.scaledFloats() && Set(a.scaledFloats()).count > 1)
        }
    }

    /// The label of a query becomes noise: every strategy says what it said before, bit for bit. That of a reference
    /// becomes noise: the answer changes.
    @Test func labelsOfQueriesAreNotLookedAt() throws {
        let place = try Self.shared.get()
        let store = ["--checkpoint", place.checkpoint, "--store", place.path("store")]
        let examples = ["--reference", "hippocampus_002", "hippocampus_003", "hippocampus_004"]
        func predict(_ strategy: String, _ output: String) throws -> [String: Data] {
            var references = strategy == "memory-bank" ? [] : examples
            if strategy == "tuned" {
                // In two commands, as that lets it tune for a few steps only.
                let file = place.path("\(output).safetensors")
                let tune = try IrisCommand(
                    ["tune"] + store + examples + ["--steps", "4", "--every", "2", "--output", file])
                try #require(tune.status == 0, "\(tune.errors)")
                references = ["--embeddings", file]
            }
            let run = try IrisCommand(
                [
                    "predict", "--query", "hippocampus_001", "--strategy", strategy, "--output", place.path(output),
                    "--probabilities", "--overlap", "0", "--neighbours", "2",
                ] + store + references)
            try #require(run.status == 0, "\(run.errors)")
            return try place.results(output)
        }
        let strategies = ["one-shot", "ensemble", "memory-bank", "retrieval", "image-retrieval", "tuned"]
        let before = try strategies.map { try predict($0, "before-\($0)") }
        #expect(Set(before.map { $0["probabilities/hippocampus_001/1.nii.gz"] }).count >= 4)
        try place.scramble(1)
        for (strategy, results) in zip(strategies, before) {
            #expect(try predict(strategy, "after-\(strategy)") == results && results.count == 3)
        }
        try place.scramble(2)
        #expect(try predict("one-shot", "other") != before[0])
    }

    @Test func tunedEmbeddingsAreUsedAsTheyAre() throws {
        let place = try Self.shared.get()
        let tune = try place.iris(
            "tune", "--reference", place.pair(1), place.pair(2), place.pair(3), "--steps", "6", "--every", "2",
            "--output",
            place.path("tuned.safetensors"))
        try #require(tune.status == 0, "\(tune.errors)")
        #expect(tune.errors.contains("step 2: held-out loss") && tune.output.hasPrefix("held-out loss "))
        let run = try place.iris(
            "predict", "--query", place.image(4), "--embeddings", place.path("tuned.safetensors"), "--output",
            place.path("by-tuned"), "--json")
        try #require(run.status == 0, "\(run.errors)")
        let record: Record = try run.json()
        #expect(record.strategy == "tuned" && record.work["queries"] == 1 && record.work["references"] == 0)
        // Used as they are, whatever the strategy: the mean of the one set of embeddings in the file is that set.
        let mean = try place.iris(
            "predict", "--query", place.image(4), "--embeddings", place.path("tuned.safetensors"), "--strategy",
            "ensemble", "--output", place.path("by-mean"))
        try #require(mean.status == 0, "\(mean.errors)")
        let files = try ["by-tuned", "by-mean"].map {
            try NIfTIFile.read(at: place.path("\($0)/hippocampus_004.nii.gz")).labelMap().voxels
        }
        #expect(files[0] == files[1] && Set(files[0]).count > 1)
    }

    /// One query of two cannot be read: the other is predicted, and the exit status is 1.
    @Test func aBadQueryDoesNotStopTheOthers() throws {
        let place = try Self.shared.get()
        try place.write("broken.nii", "no image")
        let run = try place.iris(
            "predict", "--query", place.path("broken.nii"), place.image(4), "--reference", place.pair(2), "--output",
            place.path("partial"), "--json")
        #expect(run.status == 1)
        let record: Record = try run.json()
        #expect(record.queries.map(\.name) == ["hippocampus_004"] && record.failures.map(\.query) == ["broken"])
        #expect(FileManager.default.fileExists(atPath: place.path("partial/hippocampus_004.nii.gz")))
        #expect(!FileManager.default.fileExists(atPath: place.path("partial/broken.nii.gz")))
    }

    @Test func argumentsThatCannotBeMeantAreRefused() throws {
        let place = try Self.shared.get()
        func refusal(_ arguments: String...) throws -> String {
            let run = try IrisCommand(
                ["predict", "--checkpoint", place.checkpoint, "--output", place.path("none")] + arguments)
            #expect(run.status == 2 && run.output.isEmpty)
            return run.errors
        }
        #expect(try refusal("--reference", place.pair(2)).contains("Name images with --query"))
        #expect(
            try refusal("--query", place.image(1), "--reference", place.image(2)).contains(
                "\(place.image(2)): expected IMAGE:LABEL with two existing files."))
        #expect(
            try refusal("--query", place.image(1), place.image(1), "--reference", place.pair(2)).contains(
                "two queries would be written as hippocampus_001.nii.gz."))
        #expect(
            try refusal(
                "--query", place.image(1), "--reference", place.pair(2), "--dataset", "task04-hippocampus", "--classes",
                "Anteriour"
            ).contains("but found \"Anteriour\". Did you mean Anterior?"))
        #expect(
            try refusal("--query", place.image(1), "--strategy", "memory-bank", "--reference", place.pair(2)).contains(
                "memory-bank uses no reference."))
        #expect(
            try refusal("--store", place.path("store"), "--split", "test", "--reference", "hippocampus_002").contains(
                "task04-hippocampus has no case in test of the paper list, but 4 in train of the official list, 4 in none of the paper list."
            ))
        #expect(
            try refusal("--query", place.image(1), "--reference", place.pair(2), "--classes", "9").contains(
                "none of the classes asked for (9) is in a reference; they show the values 1, 2."))
        let other = try IrisCommand([
            "model", "init", "--config",
            URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
                .appending(path: "configs/model/tiny.yaml").path, "--output", place.path("plain.safetensors"),
        ])
        try #require(other.status == 0)
        let plain = try IrisCommand([
            "predict", "--checkpoint", place.path("plain.safetensors"), "--query", place.image(1), "--reference",
            place.pair(2), "--output", place.path("none"),
        ])
        #expect(plain.status == 2 && plain.errors.contains("the metadata do not say how images are prepared"))
    }
}

extension TrainedPhantoms {
    fileprivate func image(_ number: Int) -> String {
        path("raw/Task04_Hippocampus/imagesTr/hippocampus_00\(number).nii.gz")
    }
    fileprivate func pair(_ number: Int) -> String {
        image(number) + ":" + path("raw/Task04_Hippocampus/labelsTr/hippocampus_00\(number).nii.gz")
    }

    fileprivate func iris(_ command: String, _ arguments: String...) throws -> IrisCommand {
        try IrisCommand([command, "--checkpoint", checkpoint] + arguments)
    }

    /// Every file below a folder but prediction.json, by name, with its bytes.
    fileprivate func results(_ name: String) throws -> [String: Data] {
        let names = try FileManager.default.subpathsOfDirectory(atPath: path(name)).filter { $0.hasSuffix(".gz") }
        return try Dictionary(
            uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: folder.appending(path: "\(name)/\($0)"))) })
    }

    /// Writes noise where the store keeps the labels of a case, behind the header.
    fileprivate func scramble(_ number: Int) throws {
        let file = folder.appending(path: "store/volumes/task04-hippocampus/hippocampus_00\(number)/label.nii")
        var data = try Data(contentsOf: file)
        var generator = Philox(seed: 7, purpose: "scramble")
        for place in 352..<data.count { data[place] = UInt8(generator.index(below: 3)) }
        chmod(file.path, 0o644)
        try data.write(to: file)
    }
}
