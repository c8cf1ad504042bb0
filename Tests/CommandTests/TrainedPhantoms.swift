import FoundationEssentials
import Glibc
import Synchronization
import Testing

/// Five synthetic cases, prepared, and the checkpoint of a short training on them, in a folder of its own.
final class TrainedPhantoms: Sendable {
    let folder = FileManager.default.temporaryDirectory.appending(path: "iris-trained-\(UUID().uuidString)")
    let checkpoint: String

    /// - Parameters:
    ///   - patch: edges of the patches, such as `[16, 24, 16]`.
    ///   - training: lines of the training configuration besides format, model, episodes, steps and validation.
    init(patch: [Int], steps: Int, training: String) throws {
        let digits = String(steps)
        checkpoint =
            folder.appending(
                path: "run/checkpoints/step-\(String(repeating: "0", count: 8 - digits.count))\(digits).safetensors"
            ).path
        _ = Self.removal
        Self.made.withLock { [folder] in $0.append(folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try write("prepare.yaml", "spacing: [1, 1, 1]\ncrop: {to: nothing}\n")
        try write(
            "episodes.yaml",
            "format: 1\nclasses: {perEpisode: [1, 2], minimumVoxels: 1}\npatch: {size: \(patch)}\n")
        let model = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "configs/model/tiny.yaml").path
        try write(
            "train.yaml",
            """
            format: 1
            model: \(model)
            episodes: episodes.yaml
            steps: \(steps)
            validation: {episodes: 0}
            \(training)
            """)
        for arguments in [
            ["phantom", "msd", "--output", path("raw"), "--cases", "5"],
            ["prepare", "msd", "--source", path("raw"), "--store", path("store"), "--config", path("prepare.yaml")],
            ["train", "--config", path("train.yaml"), "--store", path("store"), "--output", path("run")],
        ] {
            let run = try IrisCommand(arguments)
            try #require(run.status == 0, "\(run.errors)")
        }
    }

    /// What the end of the process removes: suites keep theirs in static properties, which nothing releases.
    private static let made = Mutex<[URL]>([])
    private static let removal: Void = {
        atexit { made.withLock { folders in folders.forEach { try? FileManager.default.removeItem(at: $0) } } }
    }()

    func path(_ name: String) -> String { folder.appending(path: name).path }

    func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: folder.appending(path: name))
    }
}
