import FoundationEssentials
import NIfTI
import Testing
import Volumes

/// `iris episodes` as a process, on a phantom that was prepared.
@Suite(.serialized) struct EpisodesTests {
    struct Workplace {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "iris-episodes-command-\(UUID().uuidString)")
        var store: String { path("store") }
        var configuration: String { path("episodes.yaml") }

        init() throws {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try #require(IrisCommand(["phantom", "msd", "--output", path("raw"), "--cases", "4"]).status == 0)
            let prepare = try IrisCommand(["prepare", "msd", "--source", path("raw"), "--store", store])
            try #require(prepare.status == 0, "\(prepare.errors)")
            try Data(
                """
                format: 1
                classes: {perEpisode: [1, 2], minimumVoxels: 4}
                patch: {size: [24, 20, 16]}
                spatial: {rotation: {probability: 0.5, degrees: [-10, 10]}}
                intensity:
                  - gaussianNoise: {probability: 0.5, sigma: [0, 0.1]}
                """.utf8
            ).write(to: URL(filePath: configuration))
        }

        func path(_ name: String) -> String { folder.appending(path: name).path }
        func remove() { try? FileManager.default.removeItem(at: folder) }

        func run(_ words: [String]) throws -> IrisCommand {
            try IrisCommand(
                ["episodes"] + words + ["--store", store] + (words[0] == "render" ? [] : ["--config", configuration]))
        }
    }

    private struct Check: Decodable {
        let episodes, rendered: Int
        let violations: [String]
    }

    private struct ShownPlan: Decodable {
        let classes: [Class]
        struct Class: Decodable {
            let value: UInt8
            let structure: String
        }
    }

    /// Plans print and render to the same digests twice; files, pictures and checks come out; wrong stores and plans are refused.
    @Test func planRenderShowAndCheck() throws {
        let place = try Workplace()
        defer { place.remove() }
        let plan = try place.run(["plan", "--first", "3", "--count", "2", "--json"])
        #expect(plan.status == 0 && plan.output.split(separator: "\n").count == 2)
        #expect(plan.output.contains("\"index\":3") && plan.output.contains("\"index\":4"))
        try Data(plan.output.utf8).write(to: URL(filePath: place.path("plans")))
        let first = try place.run(["render", "--plan", place.path("plans"), "--digest", "--output", place.path("out")])
        let second = try place.run(["render", "--plan", place.path("plans"), "--digest"])
        #expect(first.status == 0 && first.output == second.output, "\(first.errors)")
        let digests = first.output.split(separator: "\n")
        #expect(digests.count == 2 && digests[0] != digests[1] && digests.allSatisfy { $0.count == 64 })
        #expect(FileManager.default.fileExists(atPath: place.path("out/4/query_image.nii.gz")))

        let show = try place.run(["show", "3", "--output", place.path("shown"), "--png", place.path("shown.png")])
        #expect(show.status == 0, "\(show.errors)")
        #expect(
            try Data(contentsOf: URL(filePath: place.path("shown.png"))).prefix(4) == Data([0x89, 0x50, 0x4e, 0x47]))
        let info = try IrisCommand(["info", "--json", place.path("shown/reference_0_image.nii.gz")])
        #expect(info.output.contains("float32") && info.status == 0)
        let json = try place.run(["show", "3", "--json"])
        #expect(json.status == 0 && json.output == String(plan.output.split(separator: "\n")[0]) + "\n")
        let classes = try (json.json() as ShownPlan).classes
        let shown = show.output.split(separator: "\n").map(String.init)
        try #require(shown.count == 4, "\(show.output)")
        #expect(shown[0] == "episode 3 of seed 0: task04-hippocampus, MR, patches of 24 x 20 x 16 voxels")
        #expect(classes.allSatisfy { shown[1].contains("voxels of \($0.structure)") })
        // The figures are those of the label maps.
        for (line, name) in [(shown[2], "reference"), (shown[3], "query")] {
            #expect(line.hasPrefix(name))
            let file = place.path("shown/\(name == "query" ? name : "reference_0")_label.nii.gz")
            let label = try NIfTIFile.read(at: file).labelMap()
            let voxels = classes.map { entry in label.voxels.count { $0 == entry.value } }
            #expect(line.split(separator: " ").suffix(classes.count).map { Int($0) } == voxels, "\(shown)")
            #expect(voxels.contains { $0 > 0 })
        }

        let check: Check = try place.run(["check", "--count", "500", "--rendering", "20", "--json"]).json()
        #expect(check.episodes == 500 && check.rendered >= 20 && check.violations.isEmpty)

        try Data(plan.output.replacing(/"store":"[0-9a-f]{4}/, with: "\"store\":\"0000").utf8).write(
            to: URL(filePath: place.path("foreign")))
        let foreign = try place.run(["render", "--plan", place.path("foreign")])
        #expect(foreign.status == 2 && foreign.errors.contains("expected a plan for this store"))
        let unknown = try place.run(["plan", "--count", "-1"])
        #expect(unknown.status == 2)
    }
}
