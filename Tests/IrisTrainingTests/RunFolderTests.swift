import FoundationEssentials
import IrisTraining
import Tensors
import TestData
import Testing

@Suite struct RunFolderTests {
    private let scratch = try! TemporaryFolder()
    private var run: RunFolder { RunFolder(scratch.url.appending(path: "run")) }

    private func checkpoint(_ value: Float) -> SafeTensors {
        SafeTensors(tensors: ["a": Tensor([value], shape: [1])], metadata: [:])
    }

    private func checkpoints() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: scratch.path("run/checkpoints")).sorted()
    }

    /// Numbers of one digit more than eight come after all others, though their names do not.
    @Test func theNewestAreKept() throws {
        try run.create()
        for step in [8, 9, 10, 99_999_999, 100_000_000] {
            let url = try run.write(checkpoint(Float(step)), step: step, keep: 2)
            #expect(try SafeTensors(contentsOf: url).tensors["a"]?.values == [Float(step)])
        }
        #expect(try checkpoints() == ["step-100000000.safetensors", "step-99999999.safetensors"])
        #expect(try run.newestCheckpoint().lastPathComponent == "step-100000000.safetensors")
    }

    @Test func onlyAFolderWithCheckpointsIsResumedAndOnlyOneWithoutIsBegun() throws {
        let folder = scratch.path("run")
        #expect(throws: RunFolderError.nothingToResume(folder: folder)) { try run.newestCheckpoint() }
        try run.create()
        // A run that was stopped before its first checkpoint may begin anew.
        try run.create()
        _ = try run.write(checkpoint(1), step: 1, keep: 3)
        #expect(throws: RunFolderError.alreadyUsed(folder: folder)) { try run.create() }
    }

    /// What a kill leaves behind: a checkpoint that was being written, and a line that was.
    @Test func leftoversAreCleared() throws {
        struct Entry: Encodable { let step: Int }
        try run.create()
        _ = try run.write(checkpoint(1), step: 1, keep: 3)
        try run.log(Entry(step: 1))
        try run.log(Entry(step: 2))
        let log = scratch.url.appending(path: "run/log.jsonl")
        let whole = try Data(contentsOf: log)
        #expect(String(decoding: whole, as: UTF8.self) == "{\"step\":1}\n{\"step\":2}\n")
        try (whole + Data("{\"step\":".utf8)).write(to: log)
        for name in ["checkpoints/step-00000002.safetensors.7-1.partial", "best.safetensors.7-2.partial"] {
            try Data("half".utf8).write(to: scratch.url.appending(path: "run/" + name))
        }
        _ = try run.newestCheckpoint()
        #expect(try Data(contentsOf: log) == whole)
        #expect(try checkpoints() == ["step-00000001.safetensors"])
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: scratch.path("run")).sorted() == [
                "checkpoints", "log.jsonl",
            ])
    }

    @Test func aLogOfHalfALineIsEmptied() throws {
        try run.create()
        _ = try run.write(checkpoint(1), step: 1, keep: 3)
        let log = scratch.url.appending(path: "run/log.jsonl")
        try Data("{\"st".utf8).write(to: log)
        _ = try run.newestCheckpoint()
        #expect(try Data(contentsOf: log).isEmpty)
    }
}
