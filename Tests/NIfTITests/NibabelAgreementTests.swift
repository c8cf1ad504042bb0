import Digests
import NIfTI
import TestData
import Testing

/// Every shared file against what nibabel computed for it.
@Suite(.enabled(if: SharedData.isPresent, "\(SharedData.absence)")) struct NibabelAgreementTests {
    /// Colour is read by nibabel and refused here, as documented.
    private static let colour = "niivue_CIT168_CIT168.nii.gz"

    @Test func allAnswersWereLoaded() { #expect(NibabelAnswer.names.count == 20) }

    @Test(arguments: NibabelAnswer.names) func agrees(name: String) throws {
        let answer = try #require(NibabelAnswer.all[name])
        let path = SharedData.url("nifti/\(name)").path
        if answer.expect == "error" || name == Self.colour {
            #expect(throws: NIfTIError.self) { try NIfTIFile.read(at: path) }
            #expect(throws: NIfTIError.self) { try NIfTIFile.readHeader(at: path) }
            return
        }
        let image = try NIfTIFile.read(at: path, digestingFile: true)
        let header = image.header
        #expect(header.format.headerSize == answer.header_size)
        #expect(header.endianness.rawValue == answer.endian)
        #expect(header.datatype.rawValue == answer.datatype_code)
        #expect(header.datatype.name == answer.dtype)
        #expect(header.voxelOffset == answer.vox_offset)
        #expect(header.slope == answer.scl_slope)
        #expect(header.intercept == answer.scl_inter)
        #expect(header.dimensions == answer.shape)
        #expect(Array(header.pixdim[1...header.dimensions.count]) == answer.zooms)
        #expect(header.sformCode == answer.sform_code)
        #expect(header.qformCode == answer.qform_code)
        #expect(header.units == answer.xyzt_units)
        #expect(header.grid.orientation.description == answer.axcodes)
        #expect(difference(header.grid.affine.rows, try #require(answer.affine)) == 0)
        if let qform = answer.qform {
            #expect(difference(try #require(header.qformAffine).rows, qform) < 1e-12)
        }
        #expect(try NIfTIFile.readHeader(at: path) == header)

        #expect(image.fileDigest?.hexadecimal == answer.file_sha256)
        let summary = image.summary(digest: true)
        #expect(summary.digest?.hexadecimal == answer.fdata_sha256_x_fastest)
        #expect(image.digest == summary.digest)
        #expect(summary.minimum == answer.min)
        #expect(summary.maximum == answer.max)
        #expect(summary.nonFinite == answer.nonfinite)
        let mean = try #require(answer.mean), found = try #require(summary.mean)
        #expect(abs(found - mean) <= 1e-12 * abs(mean))
        for sample in try #require(answer.samples) {
            var offset = 0
            for (index, size) in zip(sample.ijk, header.dimensions).reversed() { offset = offset * size + index }
            let voxels = header.grid.shape.count
            #expect(image.value(at: offset % voxels, frame: offset / voxels) == sample.value)
        }
    }

    private func difference(_ a: [[Double]], _ b: [[Double]]) -> Double {
        zip(a.joined(), b.joined()).map { abs($0 - $1) }.max() ?? .infinity
    }
}
