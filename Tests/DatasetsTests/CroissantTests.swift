import Datasets
import FoundationEssentials
import TestData
import Testing

/// The structure of exported descriptions. The same files pass `mlcroissant validate` (mlcroissant 1.1.1).
@Suite struct CroissantTests {
    private func export(_ name: String, _ folder: TemporaryFolder) async throws -> JSONValue {
        let manifest = try library.manifest(name)
        let description = try await CroissantDescription(
            manifest, listing: manifest.adapter(for: folder.url).cases(), source: folder.url, jobs: 2)
        return try JSONValue(String(decoding: JSONEncoder().encode(description), as: UTF8.self))
    }

    @Test("Files with size and SHA-256, a table of cases, a table of classes") func structure() async throws {
        // `printf x | sha256sum`
        let digest = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
        let folder = try TemporaryFolder().write([
            "imagesTr/amos_0507.nii.gz", "labelsTr/amos_0507.nii.gz", "imagesTs/amos_0002.nii", "notes.txt",
        ])
        let found = try await export("amos22", folder)
        #expect(found["@type"] == .text("sc:Dataset") && found["name"] == .text("amos22"))
        #expect(found["conformsTo"] == .text("http://mlcommons.org/croissant/1.0"))
        // What the specification requires of a dataset.
        for key in ["description", "license", "name", "url", "creator", "datePublished"] {
            #expect(found[key] != nil, "\(key)")
        }
        #expect(found["license"]?.array?.first == .text("https://creativecommons.org/licenses/by/4.0/"))
        #expect(found["creator"]?["name"] == .text("Ji Y. et al. (AMOS)") && found["datePublished"] == .text("2022"))
        #expect(
            found["@context"]?["cr"] == .text("http://mlcommons.org/croissant/")
                && found["@context"]?["sha256"] == nil)

        let files = try #require(found["distribution"]?.array)
        #expect(
            files.map { $0["contentUrl"]?.string } == [
                "imagesTr/amos_0507.nii.gz", "imagesTs/amos_0002.nii", "labelsTr/amos_0507.nii.gz",
            ])
        #expect(
            files.allSatisfy {
                $0["@type"] == .text("cr:FileObject") && $0["sha256"] == .text(digest)
                    && $0["contentSize"] == .text("1 B")
            })
        #expect(
            files.map { $0["encodingFormat"]?.string } == [
                "application/gzip", "application/x-nifti", "application/gzip",
            ])

        let sets = try #require(found["recordSet"]?.array)
        for set in sets {
            // Every record has exactly the declared fields, and the key is one of them.
            let fields = Set(try #require(set["field"]?.array).compactMap { $0["@id"]?.string })
            for record in try #require(set["data"]?.array) { #expect(Set(record.object!.keys) == fields) }
            #expect(fields.contains(set["key"]!["@id"]!.string!))
        }
        let rows = try #require(sets[0]["data"]?.array)
        #expect(rows.map { $0["cases/id"]?.string } == ["amos_0002", "amos_0507"])
        #expect(
            rows[1]["cases/modality"] == .text("MR") && rows[1]["cases/split"] == .text("train")
                && rows[1]["cases/label"] == .text("labelsTr/amos_0507.nii.gz"))
        #expect(rows[0]["cases/label"] == .text(""))
        #expect(sets[1]["data"]?.array?.count == 15)
    }

    @Test("Cine frames share a file; four files make a brain") func sharedFiles() async throws {
        let heart = try TemporaryFolder().write([
            "Validation/A5C2D2/A5C2D2_sa.nii.gz", "Validation/A5C2D2/A5C2D2_sa_gt.nii.gz",
        ])
        try heart.write(["table.csv"], "External code,ED,ES\nA5C2D2,0,9\n")
        let found = try await export("mnms", heart)
        #expect(found["distribution"]?.array?.count == 2)
        #expect(
            found["recordSet"]?.array?[0]["data"]?.array?.map { $0["cases/image_frame"] } == [.number(0), .number(9)])

        let maps = ["graymatter", "whitematter", "csf"].map { "test/mask/ixi_1_probmask_\($0).nii" }
        let brain = try TemporaryFolder().write(["test/image/ixi_1_img.nii"] + maps)
        let one = try await export("brain-aging", brain)
        #expect(one["distribution"]?.array?.count == 4)
        #expect(one["recordSet"]?.array?[0]["data"]?.array?[0]["cases/label"] == .text(maps.joined(separator: " ")))
    }
}
