import CKernels
import VolumeStore
import Volumes

/// The voxels of one case, as the renderer reads them: usually memory-mapped files of a store.
public struct PatchSource {
    /// `shape.count` stored image voxels, in the order that `order` says; `nil` when only labels are rendered.
    public var image: UnsafePointer<Int16>?
    /// `shape.count` labels on the same grid; `nil` when only the image is rendered.
    public var label: UnsafePointer<UInt8>?
    /// Voxels of the source along i, j and k.
    public var shape: GridShape
    /// How image and labels lie in memory.
    public var order: VoxelOrder
    /// How stored integers become intensities.
    public var quantisation: Quantisation
    /// How intensities are clipped and scaled.
    public var normalisation: IntensityNormalisation

    public init(
        image: UnsafePointer<Int16>?, label: UnsafePointer<UInt8>?, shape: GridShape, order: VoxelOrder = .rows,
        quantisation: Quantisation, normalisation: IntensityNormalisation
    ) {
        (self.image, self.label, self.shape, self.order) = (image, label, shape, order)
        (self.quantisation, self.normalisation) = (quantisation, normalisation)
    }

    /// A case of a store. The case must outlive this.
    public init(_ prepared: PreparedCase) {
        let bricks = prepared.bricks
        self.init(
            image: bricks?.image ?? prepared.image.voxels,
            label: bricks == nil ? prepared.labels?.voxels : bricks?.labels, shape: prepared.grid.shape,
            order: bricks.map { .bricks(labelBlocks: $0.labelBlocks) } ?? .rows,
            quantisation: prepared.quantisation, normalisation: prepared.normalisation)
    }
}

/// The order of a source's voxels in memory. Patches are the same to the bit for both.
public enum VoxelOrder {
    /// i fastest, then j, then k.
    case rows
    /// In bricks (`iris_bricks.h`) that begin at multiples of 64 bytes, with the labels' blocks where they are known.
    case bricks(labelBlocks: UnsafePointer<UInt8>?)
}

/// Where a rendered patch goes. What is `nil` is not made; a voxel (i, j, k) lies at `shape.offset(i, j, k)`.
public struct PatchDestination {
    /// Room for `shape.count` normalised intensities.
    public var image: UnsafeMutablePointer<Float>?
    /// Room for `shape.count` label values.
    public var label: UnsafeMutablePointer<UInt8>?
    /// Room for the masks of the plan's `maskValues`, one after the other, as `maskFormat` says.
    public var masks: UnsafeMutablePointer<UInt8>?
    /// How masks are written.
    public var maskFormat: MaskFormat

    public init(
        image: UnsafeMutablePointer<Float>? = nil, label: UnsafeMutablePointer<UInt8>? = nil,
        masks: UnsafeMutablePointer<UInt8>? = nil, maskFormat: MaskFormat = .bytes
    ) {
        (self.image, self.label, self.masks, self.maskFormat) = (image, label, masks, maskFormat)
    }
}

extension VoxelOrder {
    fileprivate var isBricks: Bool { if case .bricks = self { true } else { false } }
    fileprivate var labelBlocks: UnsafePointer<UInt8>? { if case .bricks(let blocks) = self { blocks } else { nil } }
}

/// How a mask is stored.
public enum MaskFormat: Sendable {
    /// One byte per voxel, 0 or 1.
    case bytes
    /// One bit per voxel: bit v mod 8 of byte v / 8; each mask starts on a byte.
    case bits

    /// The bytes of one mask.
    public func byteCount(_ shape: GridShape) -> Int { self == .bytes ? shape.count : (shape.count + 7) / 8 }
}

/// Renders patches as their plans say.
///
/// The result depends on the plan, the source and nothing else: not on threads, nor on earlier patches.
public enum PatchRenderer {
    /// Renders one patch. Allocates nothing once `workspace` has grown to the patch's needs.
    ///
    /// What the source lacks is not made: the destination's memory for it stays as it was.
    ///
    /// - Throws: `PlanError` when the plan is invalid; nothing is written then.
    public static func render(
        _ plan: borrowing PatchPlan, from source: PatchSource, into destination: PatchDestination,
        workspace: RenderWorkspace
    ) throws(PlanError) {
        try plan.validate()
        let needsLabels = source.label != nil && (destination.label != nil || destination.masks != nil)
        let labels = needsLabels ? destination.label ?? workspace.labels(count: plan.shape.count) : nil
        sample(plan, source, image: destination.image, labels: labels, workspace)
        if let labels {
            swapLabels(plan.labelSwaps, labels, count: plan.shape.count)
            if let masks = destination.masks { separate(plan, labels, into: masks, destination.maskFormat) }
        }
        if let image = destination.image, source.image != nil {
            var run = IntensityRun(image: image, shape: plan.shape, workspace: workspace)
            run.apply(plan.intensity)
        }
    }

    private static func sample(
        _ plan: borrowing PatchPlan, _ source: PatchSource, image: UnsafeMutablePointer<Float>?,
        labels: UnsafeMutablePointer<UInt8>?, _ workspace: RenderWorkspace
    ) {
        let window = IntensityWindow(source.quantisation, source.normalisation)
        let pad =
            switch plan.padding {
            case .windowMinimum: window.minimum
            case .constant(let value): window.raw(normalised: value)
            }
        var voxels = iris_patch_source(
            image: image == nil ? nil : source.image, label: labels == nil ? nil : source.label,
            bricked: source.order.isBricks, label_blocks: source.order.labelBlocks, shape: source.shape.int32Tuple,
            clip_lower: window.limits.lowerBound, clip_upper: window.limits.upperBound,
            pad: pad,
            scale: Float(window.scale), offset: Float(window.offset))
        var geometry = iris_patch_geometry()
        geometry.shape = plan.shape.int32Tuple
        geometry.origin = plan.map.origin.tuple
        geometry.step = (plan.map.columnI.tuple, plan.map.columnJ.tuple, plan.map.columnK.tuple)
        guard let elastic = plan.elastic else {
            let scratch = workspace.scratch(bytes: iris_sample_patch_workspace(&geometry))
            iris_sample_patch(&voxels, &geometry, image, labels, scratch)
            return
        }
        let points = elastic.controlPoints
        let controlBytes = (3 * points.x * points.y * points.z * MemoryLayout<Float>.stride + 63) / 64 * 64
        geometry.control_points = (Int32(points.x), Int32(points.y), Int32(points.z))
        // Only whether there is a displacement matters for the size of the scratch memory.
        geometry.displacement = UnsafePointer(bitPattern: 64)
        let scratch = workspace.scratch(bytes: controlBytes + iris_sample_patch_workspace(&geometry))
        let control = scratch.assumingMemoryBound(to: Float.self)
        elastic.fillDisplacements(control)
        geometry.displacement = UnsafePointer(control)
        iris_sample_patch(&voxels, &geometry, image, labels, scratch + controlBytes)
    }

    private static func swapLabels(_ swaps: [LabelSwap], _ labels: UnsafeMutablePointer<UInt8>, count: Int) {
        for swap in swaps {
            var first = swap.first, second = swap.second
            iris_swap_labels(labels, count, &first, &second, 1)
        }
    }

    private static func separate(
        _ plan: borrowing PatchPlan, _ labels: UnsafePointer<UInt8>, into masks: UnsafeMutablePointer<UInt8>,
        _ format: MaskFormat
    ) {
        let voxels = plan.shape.count
        plan.maskValues.withUnsafeBufferPointer { values in
            guard let base = values.baseAddress else { return }
            switch format {
            case .bytes: iris_label_masks(labels, voxels, base, values.count, masks)
            case .bits: iris_label_bit_masks(labels, voxels, base, values.count, masks)
            }
        }
    }
}

extension GridShape {
    var int32Tuple: (Int32, Int32, Int32) { (Int32(i), Int32(j), Int32(k)) }
}

extension SIMD3<Double> {
    var tuple: (Double, Double, Double) { (x, y, z) }
}

extension SIMD3<Int> {
    var int32Tuple: (Int32, Int32, Int32) { (Int32(x), Int32(y), Int32(z)) }
}
