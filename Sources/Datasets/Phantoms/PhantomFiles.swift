import FoundationEssentials
import NIfTI
import RandomNumbers
import Volumes

/// Writing as phantoms need it: folders are made on the way.
enum PhantomFiles {
    static func write<Voxel: NIfTIScalar>(
        _ volume: Volume<Voxel>, to path: String, below root: URL, affine: NIfTIHeader.WrittenAffine = .sformAndQform,
        slope: Double = 1
    ) throws {
        try NIfTIWriter.write(
            volume, to: prepared(path, below: root), gzip: path.hasSuffix(".gz"), slope: slope, affine: affine,
            description: "iris phantom")
    }

    static func write<Voxel: NIfTIScalar>(frames: [Volume<Voxel>], to path: String, below root: URL, frameStep: Double)
        throws
    {
        try NIfTIWriter.write(
            frames: frames, to: prepared(path, below: root), gzip: path.hasSuffix(".gz"), frameStep: frameStep,
            description: "iris phantom")
    }

    static func write(_ text: String, to path: String, below root: URL) throws {
        try Data(text.utf8).write(to: URL(filePath: prepared(path, below: root)))
    }

    /// What an archive made on another system leaves beside a file: its name with `._` and a few bytes that are no image.
    static func writeJunk(beside path: String, below root: URL) throws {
        let parts = path.split(separator: "/")
        let junk = parts.dropLast().joined(separator: "/") + "/._" + parts[parts.count - 1]
        try Data([0, 5, 0x16, 7, 0, 2, 0, 0] + Array("Mac OS X".utf8)).write(
            to: URL(filePath: prepared(junk, below: root)))
    }

    private static func prepared(_ path: String, below root: URL) throws -> String {
        let file = root.appending(path: path)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        return file.path
    }
}

extension Volume {
    /// The same voxels on another affine: what a careless header says.
    func claiming(_ affine: Affine) -> Volume {
        try! Volume(grid: Grid(shape: grid.shape, affine: affine), voxels: voxels)
    }
}

extension Manifest {
    /// Structure to label value, for painting; the two kidneys count as one where the dataset says so.
    var paintValues: [String: UInt8] {
        var values = Dictionary(
            classes.map { ($0.structure, UInt8($0.value)) }, uniquingKeysWith: { first, _ in first })
        if let kidney = values["kidney"] { (values["right-kidney"], values["left-kidney"]) = (kidney, kidney) }
        return values
    }
}
