import Episodes
import Tensors
import VolumeStore
import Volumes

/// An image in the model's grid: oriented, resampled and with its normalisation known, as the episodes of training were.
///
/// It holds no labels, so nothing that is predicted from it can depend on any.
public struct ModelImage: Sendable {
    /// The case or file, for messages.
    public let name: String
    /// Prepared voxels, RAS.
    public let grid: Grid
    /// How stored integers become intensities.
    public let quantisation: Quantisation
    /// How intensities are clipped and scaled.
    public let normalisation: IntensityNormalisation
    private let voxels: Voxels

    private enum Voxels: Sendable {
        case mapped(PreparedCase)
        case array([Int16])
    }

    /// The image of a case of a store; it stays mapped, and its labels are not touched.
    public init(_ prepared: PreparedCase) {
        (name, grid, voxels) = ("\(prepared.key)", prepared.grid, .mapped(prepared))
        (quantisation, normalisation) = (prepared.quantisation, prepared.normalisation)
    }

    /// A prepared image in memory.
    public init(
        name: String, _ volume: Volume<Int16>, quantisation: Quantisation, normalisation: IntensityNormalisation
    ) {
        (self.name, grid, voxels) = (name, volume.grid, .array(volume.voxels))
        (self.quantisation, self.normalisation) = (quantisation, normalisation)
    }

    /// Normalised intensities of the window that begins at voxel `origin`, as 1, 1, D, H, W. What lies outside of the image
    /// gets `padding`, as in training.
    func window(at origin: SIMD3<Int>, shape: GridShape, padding: PatchPlan.Padding) throws -> Tensor {
        var plan = PatchPlan(
            source: CaseKey(dataset: "", name: name), shape: shape, map: VoxelMap(corner: SIMD3<Double>(origin)))
        plan.padding = padding
        let tensor = Tensor(uninitialized: [1, 1, shape.k, shape.j, shape.i])
        try withVoxels { voxels in
            let source = PatchSource(
                image: voxels, label: nil, shape: grid.shape, quantisation: quantisation, normalisation: normalisation)
            try tensor.withMutableFloats { target in
                try PatchRenderer.render(
                    plan, from: source, into: PatchDestination(image: target.baseAddress), workspace: RenderWorkspace())
            }
        }
        return tensor
    }

    private func withVoxels<Result>(_ body: (UnsafePointer<Int16>) throws -> Result) rethrows -> Result {
        switch voxels {
        case .mapped(let prepared): try body(prepared.image.voxels)
        case .array(let values): try values.withUnsafeBufferPointer { try body($0.baseAddress!) }
        }
    }
}

/// A labelled example: an image in the model's grid and the label map on it.
public struct Reference: Sendable {
    /// The image.
    public let image: ModelImage
    /// Its labels, on the same grid.
    public let labels: LabelMap

    /// - Throws: ``InferenceError/otherGrid(name:image:labels:)`` when the labels lie on another number of voxels.
    public init(_ image: ModelImage, labels: LabelMap) throws(InferenceError) {
        guard labels.grid.shape == image.grid.shape else {
            throw .otherGrid(name: image.name, image: image.grid.shape, labels: labels.grid.shape)
        }
        (self.image, self.labels) = (image, labels)
    }

    /// A labelled case of a store.
    ///
    /// - Throws: ``InferenceError/unlabelled(name:)``.
    public init(_ prepared: PreparedCase) throws(InferenceError) {
        guard let labels = prepared.labels else { throw .unlabelled(name: "\(prepared.key)") }
        image = ModelImage(prepared)
        // The store checked that image and labels have one shape.
        self.labels = try! LabelMap(grid: prepared.grid, voxels: Array(labels.buffer))
    }

    /// The label values that occur, rising.
    public var values: [UInt8] { presences().map(\.value) }

    /// The classes of the label map, by rising value, with their sizes and boxes.
    func presences() -> [ClassPresence] {
        labels.voxels.withUnsafeBufferPointer { ClassSurvey.presences(in: $0, shape: labels.grid.shape) }
    }

    /// The windows that those of `classes` that occur are encoded from; see ``ReferenceWindows``. Of the tiles of a long
    /// class, those that it has no voxel in are left out.
    func windows(of classes: [TaskClass], patch: GridShape) -> [ReferenceWindows.Window] {
        let present = presences()
        let wanted = classes.compactMap { entry in present.first { $0.value == entry.value } }
        return ReferenceWindows(of: wanted, in: labels.grid.shape, patch: patch).windows.compactMap { window in
            let seen = values(at: window.origin, shape: patch)
            let values = window.values.filter { seen[Int($0)] }
            return values.isEmpty ? nil : ReferenceWindows.Window(origin: window.origin, values: values)
        }
    }

    /// Per label value, whether it occurs in a window.
    private func values(at origin: SIMD3<Int>, shape: GridShape) -> [Bool] {
        var seen = [Bool](repeating: false, count: 256)
        let source = labels.grid.shape
        let lower = pointwiseMax(origin, .zero), upper = pointwiseMin(origin &+ shape.components, source.components)
        labels.voxels.withUnsafeBufferPointer { labels in
            for k in stride(from: lower.z, to: upper.z, by: 1) {
                for j in stride(from: lower.y, to: upper.y, by: 1) {
                    let row = source.offset(0, j, k)
                    for i in stride(from: lower.x, to: upper.x, by: 1) { seen[Int(labels[row + i])] = true }
                }
            }
        }
        return seen
    }

    /// Masks of the window that begins at voxel `origin`, as 1, 1, K, D, H, W; 0 outside of the image.
    func masks(of values: [UInt8], at origin: SIMD3<Int>, shape: GridShape) -> Tensor {
        let tensor = Tensor(zeros: [1, 1, values.count, shape.k, shape.j, shape.i])
        let source = labels.grid.shape
        var places = [Int](repeating: -1, count: 256)
        for (place, value) in values.enumerated() { places[Int(value)] = place }
        let lower = pointwiseMax(origin, .zero), upper = pointwiseMin(origin &+ shape.components, source.components)
        guard lower.x < upper.x else { return tensor }
        tensor.withMutableFloats { masks in
            labels.voxels.withUnsafeBufferPointer { labels in
                for k in stride(from: lower.z, to: upper.z, by: 1) {
                    for j in stride(from: lower.y, to: upper.y, by: 1) {
                        let row = source.offset(0, j, k), target = shape.offset(-origin.x, j - origin.y, k - origin.z)
                        for i in lower.x..<upper.x {
                            let place = places[Int(labels[row + i])]
                            if place >= 0 { masks[place * shape.count + target + i] = 1 }
                        }
                    }
                }
            }
        }
        return tensor
    }
}
