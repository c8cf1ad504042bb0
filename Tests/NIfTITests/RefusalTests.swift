import NIfTI
import TestData
import Testing

/// Files that must be refused, each with the whole of its message after the file's path.
@Suite struct RefusalTests {
    private let folder: TemporaryFolder
    init() throws { folder = try TemporaryFolder() }

    private func refuse(_ bytes: [UInt8], as name: String = "a.nii", limits: NIfTILimits = .standard, _ message: String)
        throws
    {
        let path = try folder.write(bytes, as: name)
        let error = #expect(throws: NIfTIError.self) { try NIfTIFile.read(at: path, limits: limits) }
        #expect(error?.description == "\(path): \(message)")
    }

    private func refuse(_ change: (inout SyntheticNIfTI) -> Void, _ message: String) throws {
        for version in [1, 2] {
            var file = SyntheticNIfTI()
            file.version = version
            change(&file)
            let minimum = version == 1 ? "352" : "544"
            try refuse(file.encoded, message.replacing("MINIMUM", with: minimum))
        }
    }

    @Test(arguments: [
        [0, 4, 3, 2, 1, 1, 1, 1], [8, 4, 3, 2, 1, 1, 1, 1], [-1, 4, 3, 2, 1, 1, 1, 1], [3, 4, 0, 2, 1, 1, 1, 1],
        [3, 4, -3, 2, 1, 1, 1, 1],
    ]) func dimensions(dim: [Int]) throws {
        try refuse(
            { $0.dim = dim },
            """
            expected dim[0] from 1 to 7 and that many sizes of at least 1 with a countable product but found \
            \(dim). Correct the header's dim, or fetch the file again.
            """)
    }

    @Test func productsThatOverflow() throws {
        var file = SyntheticNIfTI()
        file.version = 2
        file.dim = [3, 1 << 40, 1 << 40, 2, 1, 1, 1, 1]
        try refuse(
            file.encoded,
            """
            expected dim[0] from 1 to 7 and that many sizes of at least 1 with a countable product but found \
            \(file.dim). Correct the header's dim, or fetch the file again.
            """)
    }

    @Test func limits() throws {
        var file = SyntheticNIfTI()
        let limits = NIfTILimits(voxels: 20)
        try refuse(
            file.encoded, limits: limits,
            "expected at most 20 voxels but the header asks for 24. Raise the limit if the file is to be trusted.")
        try refuse(
            file.encoded, limits: NIfTILimits(bytes: 40),
            "expected at most 40 bytes of voxels but the header asks for 48. Raise the limit if the file is to be trusted."
        )
        file.voxelOffset = 1e9
        try refuse(
            file.encoded,
            """
            expected at most 67108864 bytes before the voxels (vox_offset) but the header asks for 1000000000. \
            Raise the limit if the file is to be trusted.
            """)
    }

    @Test(arguments: [
        (1, "binary"), (32, "complex64"), (128, "RGB24"), (1536, "float128"), (1792, "complex128"),
        (2048, "complex256"),
        (2304, "RGBA32"),
    ]) func datatypesByName(code: Int, name: String) throws {
        try refuse(
            { $0.datatype = code },
            """
            expected whole numbers of 8 to 64 bits, float32 or float64 but found \(name) (datatype \(code)). \
            Convert the voxels to one of these types.
            """)
    }

    @Test func datatypesThatDoNotExistOrContradictTheirSize() throws {
        try refuse(
            { $0.datatype = 3 },
            "expected a datatype that NIfTI defines but found code 3. Correct the header's datatype.")
        try refuse(
            { $0.bitpix = 8 },
            """
            expected bitpix 16 for int16 but found 8. Correct the header's bitpix or datatype, whichever is wrong.
            """)
    }

    @Test(arguments: [(0.0, "0"), (348, "348"), (-352, "-352")]) func voxelOffsets(offset: Double, found: String) throws
    {
        try refuse(
            { $0.voxelOffset = offset },
            "expected vox_offset to be a whole number of at least MINIMUM but found \(found). Correct the header's vox_offset."
        )
    }

    @Test(arguments: [(352.5, "352.5"), (.nan, "nan"), (.infinity, "inf")])
    func voxelOffsetsThatAreNoNumbers(offset: Double, found: String) throws {
        var file = SyntheticNIfTI()
        file.voxelOffset = offset
        try refuse(
            file.encoded,
            "expected vox_offset to be a whole number of at least 352 but found \(found). Correct the header's vox_offset."
        )
    }

    @Test func voxelsBeyondTheEnd() throws {
        var file = SyntheticNIfTI()
        file.voxels.removeLast()
        try refuse(
            file.encoded,
            "expected 400 bytes of header and voxels but found 399. The file is cut short: fetch it again.")
        file.dim = [3, 1000, 1000, 1000, 1, 1, 1, 1]
        try refuse(
            file.encoded,
            "expected 2000000352 bytes of header and voxels but found 399. The file is cut short: fetch it again.")
        #expect(throws: NIfTIError.self) { try NIfTIFile.readHeader(at: folder.path("a.nii")) }
    }

    @Test func contentThatIsNoNIfTI() throws {
        try refuse([], "expected a header of 348 bytes but the content ends after 0. Fetch the file again.")
        try refuse(
            Array(SyntheticNIfTI().encoded.prefix(200)),
            "expected a header of 352 bytes but the content ends after 200. Fetch the file again.")
        try refuse(
            Array("PNG, perhaps".utf8),
            """
            expected a NIfTI header (size 348 or 540, magic n+1 or n+2) but found size 742870608 and magic none. \
            Convert the file to NIfTI, or fetch it again if it should be one.
            """)
        try refuse(
            { $0.magic = $0.version == 1 ? Array("1+n\0".utf8) : Array("2+n\0\r\n\u{1a}\n".utf8) },
            contains: ["magic \"1+n\\x00\"", "magic \"2+n\\x00\\x0d\\x0a\\x1a\\x0a\""])
        try refuse(
            { $0.headerSize = 349 },
            contains: ["but found size 349 and magic \"n+1\\x00\"", "but found size 349 and magic"])
    }

    private func refuse(_ change: (inout SyntheticNIfTI) -> Void, contains texts: [String]) throws {
        for version in [1, 2] {
            var file = SyntheticNIfTI()
            file.version = version
            change(&file)
            let path = try folder.write(file.encoded, as: "a.nii")
            let error = #expect(throws: NIfTIError.self) { try NIfTIFile.read(at: path) }
            #expect(error?.description.contains(texts[version - 1]) == true, "\(error?.description ?? "no error")")
        }
    }

    @Test func pairsAndAnalyze() throws {
        let pair = """
            expected one NIfTI file but found half of a .hdr/.img pair, which is not supported. \
            Convert the pair to a single .nii or .nii.gz file.
            """
        try refuse({ $0.magic = $0.version == 1 ? Array("ni1\0".utf8) : Array("ni2\0\r\n\u{1a}\n".utf8) }, pair)
        try refuse(SyntheticNIfTI().encoded, as: "a.img", pair)
        try refuse(SyntheticNIfTI().encoded, as: "a.HDR", pair)
        var analyze = SyntheticNIfTI()
        analyze.magic = [0, 0, 0, 0]
        try refuse(
            analyze.encoded,
            "expected a NIfTI header but found Analyze 7.5, which has no orientation. Convert the file to NIfTI.")
    }

    @Test func geometryThatIsNone() throws {
        try refuse(
            { $0.sform[1] = [0, 0, 0, 5] },
            """
            the sform is unusable: expected an affine with three independent finite axes but found \
            [[2.0, 0.0, 0.0, -10.0], [0.0, 0.0, 0.0, 5.0], [0.0, 0.0, 4.0, -30.0], [0.0, 0.0, 0.0, 1.0]]. \
            Correct the sform or qform.
            """)
        try refuse(
            {
                ($0.sformCode, $0.qformCode) = (0, 1)
                $0.quaternion = [0.75, 0.75, 0]
            },
            """
            expected qform quaternion components b, c, d whose squares sum to at most 1 but found 0.75, 0.75, 0.0. \
            Correct the qform, or set a valid sform.
            """)
        try refuse(
            {
                $0.sformCode = 0
                $0.pixdim[2] = .nan
            },
            """
            the pixdim is unusable: expected three finite positive spacings in mm but found [2.0, nan, 4.0]. \
            Correct the header's pixdim or affine.
            """)
    }

    @Test func interceptsThatAreNoNumbers() throws {
        try refuse(
            {
                $0.slope = 2
                $0.intercept = .nan
            },
            """
            expected a finite scl_inter beside scl_slope 2 but found nan. \
            Correct scl_inter, or set scl_slope to 0 if values are not scaled.
            """)
    }

    @Test func pathsThatAreNoFiles() throws {
        for (path, reason) in [("/no/such/file.nii", "No such file or directory"), (folder.url.path, "a folder")] {
            let error = #expect(throws: NIfTIError.self) { try NIfTIFile.readHeader(at: path) }
            #expect(
                error?.description
                    == "\(path): expected a readable file but found: \(reason). Check the path and its permissions.")
        }
    }

    @Test func namesThatContradictTheContent() throws {
        try refuse(
            SyntheticNIfTI().encoded, as: "a.nii.gz",
            "expected gzip content by its name but found none. Rename it to .nii, or compress it.")
        try refuse(
            GzipMember(SyntheticNIfTI().encoded).encoded, as: "a.nii",
            "expected an uncompressed file by its name but found gzip content. Rename it to .nii.gz, or decompress it.")
    }
}
