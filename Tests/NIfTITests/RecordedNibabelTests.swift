import FoundationEssentials
import NIfTI
import TestData
import Testing
import Volumes

/// What nibabel was seen to do, recorded by `Recorded/record_nibabel.py`.
private struct Recorded: Decodable {
    struct Header: Decodable {
        let affine, sform, qform: [[Double]]
        let quaternion, pixdim: [Double]
        let orientation: String
    }
    struct Scaled: Decodable {
        /// The whole file in hexadecimal digits.
        let file: String
        /// As C prints them with %a.
        let values: [String]
    }
    struct OrientedAffine: Decodable {
        let affine: [[Double]]
        let codes: String
    }
    let headers: [Header]
    let orientations: [OrientedAffine]
    let scaled: [Scaled]

    static func load() throws -> Recorded {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Recorded/nibabel.json")
        return try JSONDecoder().decode(Recorded.self, from: Data(contentsOf: file))
    }
}

@Suite struct RecordedNibabelTests {
    private func expect(_ a: [[Double]], near b: [[Double]], within tolerance: Double) {
        for (a, b) in zip(a.joined(), b.joined()) { #expect(abs(a - b) <= tolerance) }
    }

    @Test func writtenHeadersSayWhatNibabelsSay() throws {
        let headers = try Recorded.load().headers
        #expect(headers.count == 12)
        for recorded in headers {
            let grid = Grid(shape: try GridShape(4, 3, 2), affine: try Affine(rows: recorded.affine))
            let header = try NIfTIHeader(writing: grid, datatype: .int16)
            expect(header.grid.affine.rows, near: recorded.sform, within: 0)
            // Both round the quaternion to single precision; at 200 mm that is some micrometres.
            expect(try #require(header.qformAffine).rows, near: recorded.qform, within: 1e-5)
            for n in 0..<3 { #expect(abs(header.quaternion[n] - recorded.quaternion[n]) < 1e-6) }
            for n in 0..<4 { #expect(abs(header.pixdim[n] - recorded.pixdim[n]) < 1e-6) }
            #expect(grid.orientation.description == recorded.orientation)
        }
    }

    /// Rotations far from the world's axes, where it matters in which order the array axes choose.
    @Test func orientationsOfObliqueAxes() throws {
        let orientations = try Recorded.load().orientations
        #expect(orientations.count == 40)
        for recorded in orientations {
            #expect(try Affine(rows: recorded.affine).orientation.description == recorded.codes)
        }
    }

    @Test func valuesAreNibabelsToTheBit() throws {
        let folder = try TemporaryFolder()
        let files = try Recorded.load().scaled
        #expect(files.count == 60)
        for (number, recorded) in files.enumerated() {
            let digits = Array(recorded.file.utf8)
            let bytes = stride(from: 0, to: digits.count, by: 2).map { n in
                UInt8(String(decoding: digits[n..<n + 2], as: UTF8.self), radix: 16)!
            }
            let image = try NIfTIFile.read(at: folder.write(bytes, as: "\(number).nii"))
            #expect(image.scaledDoubles() == recorded.values.map { Double($0)! }, "file \(number)")
        }
    }
}
