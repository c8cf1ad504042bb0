import IrisModel
import IrisTraining
import RandomNumbers
import Tensors
import VolumeStore
import Volumes

/// Images with a bright and a dark ball in noise, and a small network for them.
enum InferenceToy {
    static let classes = [TaskClass(value: 1, name: "bright"), TaskClass(value: 2, name: "dark")]
    static let patch = 16

    static var model: IrisConfiguration {
        var model = IrisConfiguration()
        model.channels = [8, 8, 16]
        model.embedding = 16
        model.contextTokens = 2
        model.contextLayers = 1
        model.heads = 2
        model.expansion = 2
        model.attentionLevels = 1
        return model
    }

    static var record: InferenceRecord {
        InferenceRecord(
            patch: try! GridShape(patch, patch, patch),
            datasets: [.init(name: "toy", preparation: nil, modalities: ["MR"], classes: classes)])
    }

    /// A predictor whose weights are drawn.
    static func predictor(seed: UInt64 = 3) throws -> Predictor {
        try Engine.shared.run {
            let network = try IrisNetwork(model)
            network.parameters.initialize(seed: seed)
            return try Predictor(network, record: record)
        }
    }

    /// Image and labels of any size; the balls lie at least 4 voxels from the border.
    static func volumes(_ index: Int, _ shape: GridShape) -> (image: Volume<Int16>, labels: LabelMap) {
        var generator = Philox(seed: 12, purpose: "balls", UInt64(index))
        let grid = Grid(shape: shape, affine: Affine(spacing: try! Spacing(1, 1, 1), origin: SIMD3(-7, 3, 20)))
        var image = (0..<shape.count).map { _ in Int16(clampingRounded: 20 * generator.normal()) }
        var labels = [UInt8](repeating: 0, count: shape.count)
        for (value, sign) in [(UInt8(1), Int16(200)), (2, -200)] {
            let x = generator.uniform(in: 4...Double(shape.i - 5)), y = generator.uniform(in: 4...Double(shape.j - 5))
            let z = generator.uniform(in: 4...Double(shape.k - 5))
            // Balls of radius 4, so only voxels within 4 of the centre are looked at.
            for k in Int(z) - 4...Int(z) + 5 {
                for j in Int(y) - 4...Int(y) + 5 {
                    for i in Int(x) - 4...Int(x) + 5 where shape.contains(i, j, k) {
                        let (dx, dy, dz) = (Double(i) - x, Double(j) - y, Double(k) - z), place = shape.offset(i, j, k)
                        guard dx * dx + dy * dy + dz * dz < 16, labels[place] == 0 else { continue }
                        labels[place] = value
                        image[place] += sign
                    }
                }
            }
        }
        return (try! Volume(grid: grid, voxels: image), try! LabelMap(grid: grid, voxels: labels))
    }

    static let normalisation = IntensityNormalisation(
        clipLow: -400, clipHigh: 400, mean: 0, standardDeviation: 100)!

    static func image(_ index: Int, _ shape: GridShape) -> ModelImage {
        ModelImage(
            name: "image \(index)", volumes(index, shape).image, quantisation: .identity, normalisation: normalisation)
    }

    static func reference(_ index: Int, _ shape: GridShape) -> Reference {
        try! Reference(image(index, shape), labels: volumes(index, shape).labels)
    }
}
