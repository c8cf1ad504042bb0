import FoundationEssentials
import NIfTI
import TestData
import Testing
import Volumes

/// `iris info` as its users see it.
@Suite struct InfoTests {
    struct Report: Decodable {
        let file: String
        let error: String?
        let format, endian, datatype, affineSource, orientation, digest: String?
        let shape: [Int]?
        let spacing: [Double]?
        let affine: [[Double]]?
        let slope, intercept, min, max, mean: Double?
        let nonFinite: Int?
    }

    /// What nibabel says, of `answers.json`.
    struct Answer: Decodable {
        let expect, dtype, endian, axcodes, fdata_sha256_x_fastest: String?
        let header_size: Int?
        let shape: [Int]?
        let zooms: [Double]?
        let affine: [[Double]]?
        let scl_slope, scl_inter, min, max, mean: Double?
        let nonfinite: Int?
    }

    /// The colour image is one that nibabel reads and iris refuses, by name.
    @Test(.enabled(if: SharedData.isPresent, "\(SharedData.absence)")) func agreesWithNibabelOnEverySharedFile() throws
    {
        let answers = try JSONDecoder().decode(
            [String: Answer].self, from: Data(contentsOf: SharedData.url("nifti/answers.json")))
        let names = answers.keys.sorted()
        let run = try IrisCommand(["info", "--json", "--digest"] + names.map { SharedData.url("nifti/\($0)").path })
        #expect(run.status == 1)
        let reports: [Report] = try run.json()
        #expect(reports.map(\.file) == names.map { SharedData.url("nifti/\($0)").path })
        for (name, report) in zip(names, reports) {
            let answer = try #require(answers[name])
            if answer.expect == "error" || answer.dtype == "rgba32" {
                #expect(report.error?.hasPrefix(report.file) == true && report.shape == nil, "\(name)")
                if answer.dtype == "rgba32" { #expect(report.error?.contains("RGBA32") == true) }
                continue
            }
            #expect(report.error == nil, "\(name)")
            #expect(report.format == (answer.header_size == 348 ? "NIfTI-1" : "NIfTI-2"), "\(name)")
            #expect(report.endian == answer.endian && report.datatype == answer.dtype, "\(name)")
            #expect(report.shape == answer.shape && report.orientation == answer.axcodes, "\(name)")
            #expect(report.affine == answer.affine && report.affineSource == "sform", "\(name)")
            // The first three come from the affine, whose numbers and pixdim's were rounded apart from each other.
            for (found, expected) in zip(try #require(report.spacing), try #require(answer.zooms)) {
                #expect(abs(found - expected) < 1e-6 * Swift.max(1, expected), "\(name)")
            }
            #expect(report.slope == answer.scl_slope && report.intercept == answer.scl_inter, "\(name)")
            #expect(report.min == answer.min && report.max == answer.max, "\(name)")
            let mean = try #require(answer.mean), found = try #require(report.mean)
            #expect(abs(found - mean) <= 1e-12 * abs(mean), "\(name)")
            #expect(report.nonFinite == answer.nonfinite, "\(name)")
            #expect(report.digest == answer.fdata_sha256_x_fastest, "\(name)")
        }
    }

    private func temporaryPath(_ name: String) -> String {
        FileManager.default.temporaryDirectory.appending(path: "iris-\(UUID().uuidString)-\(name)").path
    }

    private func writeSample(_ i: Int = 2, to path: String) throws {
        let affine = try Affine(rows: [[-1.5, 0, 0, 10], [0, -1.5, 0, 20], [0, 0, 3, 30]])
        let grid = Grid(shape: try GridShape(i, 3, 4), affine: affine)
        let volume = try Volume(grid: grid, voxels: (0..<grid.shape.count).map { Int16($0) })
        try NIfTIWriter.write(volume, to: path, gzip: true)
    }

    @Test func tableForPeople() throws {
        let path = temporaryPath("a.nii.gz")
        defer { try? FileManager.default.removeItem(atPath: path) }
        try writeSample(to: path)
        let run = try IrisCommand(["info", path, "/no/such.nii"])
        #expect(run.status == 1)
        let padding = String(repeating: " ", count: path.count - 4)
        #expect(
            run.output == """
                file\(padding)  format   type   shape      spacing, mm    axes  affine from  min  max  mean  non-finite
                \(path)  NIfTI-1  int16  2 x 3 x 4  1.5 x 1.5 x 3  LPS   sform          0   23  11.5           0

                """)
        #expect(
            run.errors == """
                error: /no/such.nii: expected a readable file but found: No such file or directory. \
                Check the path and its permissions.

                """)
        #expect(try IrisCommand(["info", path]).status == 0)
    }

    @Test func headerOnlyReadsNoVoxels() throws {
        let path = temporaryPath("a.nii.gz")
        defer { try? FileManager.default.removeItem(atPath: path) }
        try writeSample(1000, to: path)
        // Damage in the voxels' checksum goes unseen, and nothing is said about values.
        var bytes = try Data(contentsOf: URL(filePath: path))
        bytes[bytes.count - 6] ^= 1
        try bytes.write(to: URL(filePath: path))
        let reports: [Report] = try IrisCommand(["info", "--header-only", "--json", path]).json()
        #expect(reports[0].shape == [1000, 3, 4] && reports[0].min == nil && reports[0].error == nil)
        #expect(try IrisCommand(["info", path]).status == 1)
    }

    @Test(arguments: [
        ["info"], ["info", "--jsno", "a.nii"], ["info", "--digest", "--header-only", "a.nii"], ["inform"],
    ])
    func usageErrorsLeaveWithTwo(arguments: [String]) throws {
        let run = try IrisCommand(arguments)
        #expect(run.status == 2)
        #expect(run.output.isEmpty && run.errors.hasPrefix("Error: "))
    }

    /// A quarter of a gigabyte of zeros behind a sound image, in 250 kB of gzip data: all of it is checked, none of it is kept.
    @Test func decompressionBombsAreCountedNotStored() throws {
        let path = temporaryPath("bomb.nii.gz")
        defer { try? FileManager.default.removeItem(atPath: path) }
        let grid = Grid(shape: try GridShape(1000, 1000, 250), affine: Affine(spacing: try Spacing(1, 1, 1)))
        let honest = try NIfTIHeader(writing: grid, datatype: .uint8)
        try NIfTIWriter.write([UInt8](repeating: 0, count: 250_000_000), header: honest, to: path, gzip: true)
        // They become the second member, behind one that holds a whole small image.
        let small = temporaryPath("small.nii.gz")
        defer { try? FileManager.default.removeItem(atPath: small) }
        try writeSample(to: small)
        let joined = try Data(contentsOf: URL(filePath: small)) + Data(contentsOf: URL(filePath: path))
        try joined.write(to: URL(filePath: path))
        let plain = try IrisCommand(["info", "--json", small]), bomb = try IrisCommand(["info", "--json", path])
        let reports: [Report] = try bomb.json()
        #expect(reports[0].shape == [2, 3, 4])
        #expect(bomb.peakMemory < plain.peakMemory + 32 << 20, "\(bomb.peakMemory) against \(plain.peakMemory)")
    }
}
