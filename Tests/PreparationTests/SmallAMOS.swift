import Datasets
import FoundationEssentials
import NIfTI
import Preparation
import TestData
import VolumeStore
import Volumes

/// A small AMOS22 tree. Voxels follow from their place in the world, so that the expected outcome does too.
struct SmallAMOS {
    let scratch: TemporaryFolder
    var folder: URL { scratch.url.appending(path: "amos22") }

    init() throws {
        scratch = try TemporaryFolder()
        for name in ["imagesTr", "labelsTr"] {
            try FileManager.default.createDirectory(at: folder.appending(path: name), withIntermediateDirectories: true)
        }
    }

    /// What preparing the tree by a configuration gives, and the store `store` of the scratch folder that it went into.
    func prepared(by configuration: String = "crop: {to: nothing}") async throws
        -> (summary: PreparationSummary, store: VolumeStore)
    {
        let store = try VolumeStore.open(at: scratch.url.appending(path: "store"), mode: .write)
        let summary = try await DatasetPreparation(
            manifest: try Manifest.load("amos22"), source: folder,
            configuration: try PreparationConfiguration(text: configuration, file: "test.yaml"),
            options: PreparationOptions(), program: "test"
        ).run(into: store)
        return (summary, store)
    }

    /// A grid of 30 x 24 x 20 voxels of 2 x 2 x 3 mm whose axes run as `orientation` says, about the world's origin.
    static func grid(_ orientation: String = "RAS") throws -> Grid {
        let ras = Grid(
            shape: try GridShape(30, 24, 20),
            affine: Affine(spacing: try Spacing(2, 2, 3), origin: SIMD3(-29, -23, -28.5)))
        return ras.reoriented(to: Orientation(orientation)!)
    }

    /// HU that rise by 10 per mm to the right, fall by 4 per mm to the front and rise by 2 per mm upwards.
    static func intensity(_ world: SIMD3<Double>) -> Double { 10 * world.x - 4 * world.y + 2 * world.z }

    /// The liver (6) is the box -12...0 x -8...4 x -9...6 mm, the spleen (1) the voxels around (10, 10, 12).
    static func label(_ world: SIMD3<Double>) -> UInt8 {
        if world.x > -12, world.x < 0, world.y > -8, world.y < 4, world.z > -9, world.z < 6 { return 6 }
        if abs(world.x - 10) < 3.5, abs(world.y - 10) < 3.5, abs(world.z - 12) < 5 { return 1 }
        return 0
    }

    static func fill<Voxel: VoxelScalar>(_ grid: Grid, _ value: (SIMD3<Double>) -> Double) throws -> Volume<Voxel> {
        var voxels: [Voxel] = []
        for k in 0..<grid.shape.k {
            for j in 0..<grid.shape.j {
                for i in 0..<grid.shape.i {
                    voxels.append(
                        Voxel(clampingRounded: value(grid.affine.world(SIMD3(Double(i), Double(j), Double(k))))))
                }
            }
        }
        return try Volume(grid: grid, voxels: voxels)
    }

    func addImage(_ number: Int, orientation: String = "RAS", offset: Double = 0) throws {
        let volume: Volume<Int16> = try Self.fill(Self.grid(orientation)) { Self.intensity($0) + offset }
        try NIfTIWriter.write(volume, to: image(number), gzip: true)
    }

    func addLabel(_ number: Int, orientation: String = "RAS", _ value: (SIMD3<Double>) -> UInt8 = Self.label) throws {
        let map: LabelMap = try Self.fill(Self.grid(orientation)) { Double(value($0)) }
        try NIfTIWriter.write(map, to: label(number), gzip: true)
    }

    func add(_ number: Int, orientation: String = "RAS", offset: Double = 0) throws {
        try addImage(number, orientation: orientation, offset: offset)
        try addLabel(number, orientation: orientation)
    }

    func image(_ number: Int) -> String { path("imagesTr", number) }
    func label(_ number: Int) -> String { path("labelsTr", number) }
    private func path(_ part: String, _ number: Int) -> String {
        let digits = String(10_000 + number).dropFirst()
        return folder.appending(path: "\(part)/amos_\(digits).nii.gz").path
    }
}
