import FoundationEssentials
import TestData
import Testing

/// `iris store show` as its users see it.
@Suite struct StoreShowTests {
    private struct Shown: Decodable {
        struct Box: Decodable {
            let value: Int
            let lower, upper: [Int]
            let centroid: [Double]
        }
        struct Source: Decodable {
            let role, path, digest: String
            let bytes: Int
        }
        struct Finding: Decodable { let code: String }
        let `case`, status, configurationDigest: String
        let configuration, sourceOrientation, reason: String?
        let sourceShape, shape: [Int]?
        let boxes: [Box]
        let sources: [Source]
        let findings: [Finding]
        let classes: [PrepareTests.Listed.ClassEntry]
    }

    /// Of a prepared case and of one whose label was cut short.
    @Test func everythingOfACaseIsShown() throws {
        let folder = try TemporaryFolder(), source = try folder.phantom("msd", cases: 4)
        let task = source + "/Task04_Hippocampus", store = folder.path("store")
        let cut = URL(filePath: task + "/labelsTr/hippocampus_001.nii.gz")
        try Data(contentsOf: cut).prefix(60).write(to: cut)
        #expect(try IrisCommand(["prepare", "msd", "--source", source, "--store", store]).status == 1)
        func show(_ name: String, _ more: [String] = []) throws -> IrisCommand {
            try IrisCommand(["store", "show", "task04-hippocampus/\(name)", "--store", store] + more)
        }
        let prepared: Shown = try show("hippocampus_002", ["--json"]).json()
        #expect(prepared.status == "prepared" && prepared.reason == nil && prepared.findings.isEmpty)
        #expect(prepared.boxes.map(\.value) == prepared.classes.map(\.value) && !prepared.boxes.isEmpty)
        let shape = try #require(prepared.shape)
        for (box, found) in zip(prepared.boxes, prepared.classes) {
            for axis in 0..<3 {
                #expect(box.lower[axis] >= 0 && box.upper[axis] <= shape[axis])
                #expect(box.centroid[axis] >= Double(box.lower[axis]) && box.centroid[axis] < Double(box.upper[axis]))
            }
            #expect(zip(box.lower, box.upper).reduce(1) { $0 * ($1.1 - $1.0) } >= found.voxels)
        }
        // The files that it was made from, with their sizes.
        #expect(prepared.sources.map(\.role) == ["image", "label"])
        for file in prepared.sources {
            let size = try FileManager.default.attributesOfItem(atPath: source + "/" + file.path)[.size] as? Int
            #expect(size == file.bytes && file.digest.count == 64)
        }
        #expect(prepared.configuration?.contains("spacing") == true && prepared.configurationDigest.count == 64)

        let refused: Shown = try show("hippocampus_001", ["--json"]).json()
        #expect(refused.status == "quarantined" && refused.findings.map(\.code) == ["truncated-gzip"])
        #expect(refused.boxes.isEmpty && refused.sourceShape == nil && refused.reason?.isEmpty == false)
        let text = try show("hippocampus_001")
        #expect(text.status == 0 && text.output.contains("error truncated-gzip: expected "), "\(text.output)")
        let details = try show("hippocampus_002").output
        for word in ["prepared grid", "stored step, offset", "source label", prepared.configurationDigest, "centroid"] {
            #expect(details.contains(word), "\(word): \(details)")
        }
        let absent = try show("hippocampus_999")
        #expect(absent.status == 2 && absent.errors.contains("hippocampus_999"))
    }
}
