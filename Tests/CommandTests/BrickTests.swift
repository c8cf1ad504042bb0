import FoundationEssentials
import TestData
import Testing

/// `iris store brick` as its users see it.
@Suite struct BrickTests {
    private struct Report: Decodable, Equatable {
        let made, present, removed, bytes: Int
    }

    @Test("Brick files are made, made anew and removed, and change no voxel of an episode") func life() throws {
        let folder = try TemporaryFolder(), store = folder.path("store")
        let source = try folder.phantom("amos22", cases: 4)
        try #require(IrisCommand(["prepare", "amos22", "--source", source, "--store", store]).status == 0)
        let volumes = folder.url.appending(path: "store/volumes/amos22")
        func files() throws -> [String: Data] {
            var found: [String: Data] = [:]
            for name in try FileManager.default.contentsOfDirectory(atPath: volumes.path) {
                let file = volumes.appending(path: name + "/voxels.bricks")
                if FileManager.default.fileExists(atPath: file.path) { found[name] = try Data(contentsOf: file) }
            }
            return found
        }
        func brick(_ options: [String] = []) throws -> Report {
            let run = try IrisCommand(["store", "brick", "--store", store, "--json"] + options)
            try #require(run.status == 0, "\(run.errors)")
            return try run.json()
        }
        let plans = try IrisCommand([
            "episodes", "plan", "--store", store, "--config", "small", "--count", "3", "--json",
        ])
        try Data(plans.output.utf8).write(to: folder.url.appending(path: "plans"))
        func digests() throws -> String {
            let run = try IrisCommand(
                ["episodes", "render", "--plan", folder.path("plans"), "--store", store, "--digest"])
            try #require(run.status == 0, "\(run.errors)")
            return run.output
        }

        let first = try files(), rendered = try digests()
        #expect(first.count == 4 && rendered.split(separator: "\n").count == 3)
        let size = first.values.reduce(0) { $0 + $1.count }
        let text = try IrisCommand(["store", "brick", "--store", store])
        #expect(text.output == "brick files: 0 made, 4 already there, 0 removed; 0 bytes\n")

        #expect(try brick(["--remove"]) == Report(made: 0, present: 0, removed: 4, bytes: size))
        #expect(try files().isEmpty)
        #expect(try digests() == rendered)
        #expect(try IrisCommand(["store", "verify", "--store", store]).status == 0)

        #expect(try brick() == Report(made: 4, present: 0, removed: 0, bytes: size))
        #expect(try files() == first)

        // A byte that only --remake looks behind.
        let name = try #require(first.keys.min())
        var bytes = try #require(first[name])
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: volumes.appending(path: name + "/voxels.bricks"))
        #expect(try IrisCommand(["store", "verify", "--store", store]).status == 1)
        #expect(try brick() == Report(made: 0, present: 4, removed: 0, bytes: 0))
        #expect(try brick(["--remake"]) == Report(made: 4, present: 0, removed: 0, bytes: size))
        #expect(try files() == first)
    }

    @Test("Contradicting options and folders without a store are refused") func mistakes() throws {
        let folder = try TemporaryFolder()
        let both = try IrisCommand(["store", "brick", "--store", folder.path(""), "--remake", "--remove"])
        #expect(both.status == 2)
        #expect(both.errors.contains("expected --remake or --remove but found both. Leave one out."))
        let none = try IrisCommand(["store", "brick", "--store", folder.path("none")])
        #expect(
            none.status == 2 && none.errors.contains("expected a store (a folder with index.sqlite) but found none"))
        #expect(!FileManager.default.fileExists(atPath: folder.path("none")))
    }
}
