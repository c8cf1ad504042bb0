import FoundationEssentials
import Glibc
import Tensors

/// The folder of a run: `run.json` (what it was made from), `log.jsonl` (a line per event), TensorBoard events, and
/// `checkpoints/step-<n>.safetensors` with `best.safetensors` beside them.
public struct RunFolder: Sendable {
    /// The folder.
    public let url: URL

    public init(_ url: URL) { self.url = url }

    private var checkpoints: URL { url.appending(path: "checkpoints") }
    /// The checkpoint of the best validation.
    public var bestCheckpoint: URL { url.appending(path: "best.safetensors") }

    /// Makes the folder for a new run.
    ///
    /// - Throws: ``RunFolderError`` when it holds checkpoints already or cannot be written.
    public func create() throws {
        guard try numberedCheckpoints().isEmpty else { throw RunFolderError.alreadyUsed(folder: url.path) }
        clearLeftovers()
        do {
            try FileManager.default.createDirectory(at: checkpoints, withIntermediateDirectories: true)
        } catch {
            throw RunFolderError.cannotWrite(file: checkpoints.path, reason: "\(error)")
        }
    }

    /// The newest checkpoint.
    ///
    /// - Throws: ``RunFolderError/nothingToResume(folder:)`` when there is none.
    public func newestCheckpoint() throws -> URL {
        guard let newest = try numberedCheckpoints().last else {
            throw RunFolderError.nothingToResume(folder: url.path)
        }
        clearLeftovers()
        return newest.url
    }

    /// Removes what a run that was killed left half done: unfinished checkpoints, and the beginning of a line of the log.
    private func clearLeftovers() {
        for folder in [url, checkpoints] {
            for name in (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
            where name.contains(".safetensors.") && name.hasSuffix(".partial") {
                unlink(folder.appending(path: name).path)
            }
        }
        if let log = try? Data(contentsOf: logFile), log.last != UInt8(ascii: "\n") {
            truncate(logFile.path, (log.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1)
        }
    }

    private var logFile: URL { url.appending(path: "log.jsonl") }

    /// Writes a checkpoint and removes all numbered ones but the newest `keep`. A crash leaves the old files or the new.
    public func write(_ file: SafeTensors, step: Int, keep: Int) throws -> URL {
        let digits = String(step)
        let name = "step-\(String(repeating: "0", count: max(0, 8 - digits.count)))\(digits).safetensors"
        let target = checkpoints.appending(path: name)
        try file.write(to: target)
        for old in try numberedCheckpoints().dropLast(keep) { try FileManager.default.removeItem(at: old.url) }
        return target
    }

    /// The checkpoints by step, oldest first. Other files are passed over.
    private func numberedCheckpoints() throws -> [(step: Int, url: URL)] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: checkpoints.path)) ?? []
        return names.compactMap { name in
            guard name.hasPrefix("step-"), name.hasSuffix(".safetensors"),
                let step = Int(name.dropFirst(5).dropLast(12))
            else { return nil }
            return (step, checkpoints.appending(path: name))
        }.sorted { $0.step < $1.step }
    }

    /// Adds a line to `log.jsonl`.
    public func log(_ entry: some Encodable) throws {
        let line = Data((try canonicalJSON(entry) + "\n").utf8)
        let path = logFile.path
        func failure() -> RunFolderError { .cannotWrite(file: path, reason: String(cString: strerror(errno))) }
        guard let file = fopen(path, "ab") else { throw failure() }
        let written = line.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
        // What the stream still holds is written when it is closed.
        guard written == line.count else {
            let error = failure()
            fclose(file)
            throw error
        }
        guard fclose(file) == 0 else { throw failure() }
    }
}
