import CKernels
import CSharedMemory
import Synchronization
import VolumeStore
import Volumes

/// Turns plans into voxels: reference images with masks, query image with masks. Safe from many threads.
public final class EpisodeRenderer: Sendable {
    /// The content of the store that plans refer to.
    public let catalogue: StoreCatalogue
    private let cases: PreparedCaseCache
    private let state = Mutex(State())

    private struct State {
        /// Scratch memory of workers that are not rendering.
        var idle: [Worker] = []
        /// Cases whose files were read ahead once.
        var met: Set<Int> = []
    }

    /// What one thread needs while it renders an episode.
    private final class Worker: @unchecked Sendable {
        let workspace = RenderWorkspace()
        private var masks: UnsafeMutablePointer<UInt8>?
        private var capacity = 0

        deinit { masks?.deallocate() }

        /// Room for `count` bytes.
        func scratch(_ count: Int) -> UnsafeMutablePointer<UInt8> {
            if count > capacity {
                masks?.deallocate()
                masks = .allocate(capacity: count)
                capacity = count
            }
            return masks!
        }
    }

    /// - Parameters:
    ///   - catalogue: the content of the store that plans name.
    ///   - openCases: the most cases kept mapped.
    public init(catalogue: StoreCatalogue, openCases: Int = 512) {
        self.catalogue = catalogue
        cases = PreparedCaseCache(catalogue, limit: openCases)
    }

    /// Renders an episode into memory of its own.
    ///
    /// - Throws: ``EpisodeError`` when the store lacks a case or the plan contradicts itself; `StoreError`, `PlanError`.
    public func render(_ plan: EpisodePlan) throws -> Episode {
        let batch = try RenderedBatch(plans: [plan], memory: EpisodeMemory(layout: EpisodeLayout(plan), slots: 1))
        try render(plan, into: batch.destination(0))
        return batch[0]
    }

    /// Renders an episode into given memory. Once warm, nothing of a patch's size is allocated.
    ///
    /// - Returns: where the time went.
    @discardableResult
    func render(_ plan: EpisodePlan, into destination: EpisodeDestination) throws -> RenderTimes {
        try check(plan, destination.layout)
        let worker = state.withLock { $0.idle.popLast() } ?? Worker()
        defer { state.withLock { $0.idle.append(worker) } }
        var times = RenderTimes()
        let faults = iris_thread_major_faults()
        for (number, reference) in plan.references.enumerated() {
            let masks = destination.referenceMasks(number)
            try render(reference.patch, image: destination.referenceImage(number), masks: masks, worker, &times)
            let voxels = reference.patch.shape.count
            for change in reference.maskChanges {
                change.apply(
                    to: masks + change.mask * voxels, shape: reference.patch.shape, scratch: worker.scratch(2 * voxels))
            }
        }
        try render(plan.query, image: destination.queryImage, masks: destination.queryMasks, worker, &times)
        destination.clearPadding(references: plan.references.count, classes: plan.classes.count)
        times.majorFaults = iris_thread_major_faults() - faults
        return times
    }

    /// A plan from a file may hold anything: refuses what would not fit the memory.
    private func check(_ plan: EpisodePlan, _ layout: EpisodeLayout) throws(EpisodeError) {
        guard plan.references.count <= layout.references else {
            throw .doesNotFit(what: "references", limit: layout.references, found: plan.references.count)
        }
        guard plan.classes.count <= layout.classes else {
            throw .doesNotFit(what: "classes", limit: layout.classes, found: plan.classes.count)
        }
        for patch in plan.references.map(\.patch) + [plan.query] {
            guard patch.shape == layout.shape else {
                throw .doesNotFit(what: "voxels in each patch", limit: layout.shape.count, found: patch.shape.count)
            }
            guard patch.maskValues.count == plan.classes.count else {
                throw .doesNotFit(
                    what: "masks, one for each class", limit: plan.classes.count, found: patch.maskValues.count)
            }
        }
        for change in plan.references.flatMap(\.maskChanges) where !plan.classes.indices.contains(change.mask) {
            throw .doesNotFit(what: "masks", limit: plan.classes.count, found: change.mask + 1)
        }
    }

    private func render(
        _ plan: PatchPlan, image: UnsafeMutablePointer<Float>, masks: UnsafeMutablePointer<UInt8>, _ worker: Worker,
        _ times: inout RenderTimes
    ) throws {
        let start = ContinuousClock.now
        guard let index = catalogue.index(of: plan.source) else { throw EpisodeError.unknownCase("\(plan.source)") }
        let prepared = try cases.open(index)
        let planes = plan.sourcePlanes(of: prepared.grid.shape)
        if state.withLock({ $0.met.insert(index).inserted }) { readAhead(prepared, planes) }
        let opened = ContinuousClock.now
        if prepared.labels == nil { iris_clear(masks, plan.maskValues.count * plan.shape.count) }
        try PatchRenderer.render(
            plan, from: PatchSource(prepared), into: PatchDestination(image: image, masks: masks),
            workspace: worker.workspace)
        // The source must stay mapped until its last voxel is read.
        withExtendedLifetime(prepared) {}
        times.read += (opened - start).seconds
        times.render += (ContinuousClock.now - opened).seconds
        times.patches += 1
        times.sourceBytes +=
            planes.count * prepared.grid.shape.i * prepared.grid.shape.j * (prepared.labels == nil ? 2 : 3)
    }

    /// Brings the planes in from the disk at once: faster than a page fault for every 4 kB.
    private func readAhead(_ prepared: PreparedCase, _ planes: Range<Int>) {
        let plane = prepared.grid.shape.i * prepared.grid.shape.j
        guard !planes.isEmpty else { return }
        // Where the system cannot, page faults do the reading.
        if let bricks = prepared.bricks {
            for part in bricks.parts(holding: planes) { _ = iris_populate(part.baseAddress!, part.count) }
            return
        }
        _ = iris_populate(prepared.image.voxels + planes.lowerBound * plane, 2 * planes.count * plane)
        if let labels = prepared.labels {
            _ = iris_populate(labels.voxels + planes.lowerBound * plane, planes.count * plane)
        }
    }
}

/// Where the time of rendering an episode went.
struct RenderTimes: Sendable {
    /// Seconds for opening cases and reading their files ahead, and for rendering.
    var read = 0.0, render = 0.0
    var patches = 0
    /// Bytes of the source planes that the patches touch.
    var sourceBytes = 0
    /// Page faults that had to wait for the disk.
    var majorFaults = 0
}

extension PatchPlan {
    /// The planes k of a source that the patch can touch.
    fileprivate func sourcePlanes(of source: GridShape) -> Range<Int> {
        let last = SIMD3<Double>(shape.components &- 1)
        var low = map.origin.z, high = low
        for (axis, column) in [map.columnI, map.columnJ, map.columnK].enumerated() {
            low += min(0, column.z * last[axis])
            high += max(0, column.z * last[axis])
        }
        let reach = (elastic?.amplitude.z ?? 0) + 1
        func plane(_ place: Double) -> Int { Int(min(max(place, 0), Double(source.k))) }
        let first = plane((low - reach).rounded(.down)), end = plane((high + reach).rounded(.up) + 1)
        return first..<max(first, end)
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
