import ArgumentParser
import CKernels
import Episodes
import VolumeStore
import Volumes
import WorkerThreads

/// Rendering of 128 x 128 x 128 patches from sources of 300 x 300 x 250 voxels in bricks, six in turn.
struct RenderBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "render", abstract: "Render patches of 128 x 128 x 128 voxels.")

    @Option(help: "Seconds per measurement.") var seconds = 3.0
    @Option(help: "Sources that take turns; each is 67 MB.") var sources = 6
    @Option(help: "Also measure the whole chain on this many threads.") var workers = 1

    func run() async throws {
        let volumes = (0..<max(1, sources)).map(SourceVolume.init)
        let workspace = RenderWorkspace()
        for (name, plan) in RenderPlans().all {
            measure(name, plan, volumes.map(\.bricks), workspace)
            // What a store without brick files gives.
            if plan.intensity.isEmpty { measure(name + ", no bricks", plan, volumes.map(\.rows), workspace) }
        }
        Figure(name: "render: memory taken after the first patches", value: try growth(volumes), unit: "allocations")
            .print()
        if workers > 1 { try await throughput(volumes) }
    }

    private func measure(_ name: String, _ plan: PatchPlan, _ sources: [PatchSource], _ workspace: RenderWorkspace) {
        let patch = PatchMemory(plan.shape)
        var turn = 0
        Measurement(name, seconds: seconds) {
            // The plans are valid, as the first rendering would show.
            try! PatchRenderer.render(
                plan, from: sources[turn % sources.count], into: patch.destination, workspace: workspace)
            turn += 1
        }.print()
    }

    /// Allocations of a workspace that has already rendered every kind of plan.
    private func growth(_ volumes: [SourceVolume]) throws -> Double {
        let workspace = RenderWorkspace(), patch = PatchMemory(RenderPlans().shape)
        var before = 0
        for _ in 0..<2 {
            before = workspace.allocations
            for (_, plan) in RenderPlans().all {
                try PatchRenderer.render(plan, from: volumes[0].bricks, into: patch.destination, workspace: workspace)
            }
        }
        return Double(workspace.allocations - before)
    }

    private func throughput(_ volumes: [SourceVolume]) async throws {
        let plan = RenderPlans().chain, each = max(1, Int(seconds * 60)), clock = ContinuousClock(), start = clock.now
        try await mapConcurrently(Array(0..<workers), jobs: workers) { worker in
            let workspace = RenderWorkspace(), patch = PatchMemory(plan.shape)
            for n in 0..<each {
                try PatchRenderer.render(
                    plan, from: volumes[(worker + n) % volumes.count].bricks, into: patch.destination,
                    workspace: workspace)
            }
        } receive: { _, _ in
        }
        let elapsed = (clock.now - start) / .seconds(1)
        Figure(
            name: "render: whole chain on \(workers) threads", value: Double(each * workers) / elapsed,
            unit: "patches/s"
        ).print()
    }
}

/// The plans that `Benchmarks/render/peers.py` repeats with other tools.
private struct RenderPlans {
    let shape = try! GridShape(128, 128, 128)

    private func plan(rotation: Double) -> PatchPlan {
        var p = SpatialParameters(centre: SIMD3(150.3, 149.6, 125.2))
        p.rotation = SIMD3(repeating: rotation)
        return PatchPlan(
            source: CaseKey(dataset: "synthetic", name: "0"), shape: shape,
            map: p.voxelMap(shape: shape, sourceSpacing: try! Spacing(1.5, 1.5, 1.5)))
    }

    private let elastic = ElasticDeformation(
        controlPoints: SIMD3(9, 9, 9), amplitude: SIMD3(8, 8, 8), key: RandomKey(7))

    private let steps: [IntensityStep] = [
        .brightnessMultiply(factor: 1.1), .brightnessAdd(offset: 0.05), .contrast(factor: 1.1), .gamma(exponent: 0.9),
        .gaussianBlur(sigma: SIMD3(0.75, 0.75, 0.75)), .gaussianNoise(sigma: 0.05, key: RandomKey(3)),
    ]

    var chain: PatchPlan {
        var plan = plan(rotation: 0.5)
        plan.intensity = steps
        return plan
    }

    var all: [(String, PatchPlan)] {
        var bent = plan(rotation: 0.5), everything = chain
        bent.elastic = elastic
        everything.elastic = elastic
        return [
            ("render: crop", plan(rotation: 0)), ("render: affine", plan(rotation: 0.5)),
            ("render: affine and elastic", bent),
            ("render: affine and six intensity steps", chain), ("render: elastic and six intensity steps", everything),
        ]
    }
}

/// A source in memory: smooth structures with noise, labels in blobs.
private final class SourceVolume: @unchecked Sendable {
    private let image: UnsafeMutablePointer<Int16>
    private let label: UnsafeMutablePointer<UInt8>
    private let imageBricks, labelBricks: UnsafeMutableRawPointer
    private let blocks: UnsafeMutablePointer<UInt8>
    private let shape = try! GridShape(300, 300, 250)

    init(_ seed: Int) {
        image = .allocate(capacity: shape.count)
        label = .allocate(capacity: shape.count)
        var noise = UInt32(truncatingIfNeeded: seed &* 7919 &+ 1)
        for k in 0..<shape.k {
            for j in 0..<shape.j {
                let row = shape.offset(0, j, k)
                for i in 0..<shape.i {
                    noise = noise &* 1_664_525 &+ 1_013_904_223
                    // Triangle waves along each axis: cheap, smooth, and of the size of organs.
                    let wave = abs((i &+ 10 &* seed) % 120 &- 60) &+ abs(j % 150 &- 75) &+ abs(k % 100 &- 50)
                    image[row + i] = Int16(wave &* 8 &- 740 &+ Int(noise >> 26))
                    // Of whole bodies with smooth borders, as labels are.
                    label[row + i] = wave > 126 ? 1 : wave < 45 ? 2 : 0
                }
            }
        }
        let sizes = [Int32(shape.i), Int32(shape.j), Int32(shape.k)]
        imageBricks = .allocate(byteCount: iris_image_bricks_size(sizes), alignment: 4096)
        labelBricks = .allocate(byteCount: iris_label_bricks_size(sizes), alignment: 4096)
        blocks = .allocate(capacity: iris_label_blocks_size(sizes))
        iris_make_image_bricks(image, sizes, imageBricks.assumingMemoryBound(to: Int16.self))
        iris_make_label_bricks(label, sizes, labelBricks.assumingMemoryBound(to: UInt8.self), blocks)
    }

    deinit {
        image.deallocate()
        label.deallocate()
        imageBricks.deallocate()
        labelBricks.deallocate()
        blocks.deallocate()
    }

    /// The voxels in order.
    var rows: PatchSource { source(UnsafePointer(image), UnsafePointer(label), .rows) }

    /// As a store keeps them.
    var bricks: PatchSource {
        source(
            imageBricks.assumingMemoryBound(to: Int16.self), labelBricks.assumingMemoryBound(to: UInt8.self),
            .bricks(labelBlocks: blocks))
    }

    private func source(_ image: UnsafePointer<Int16>, _ label: UnsafePointer<UInt8>, _ order: VoxelOrder)
        -> PatchSource
    {
        PatchSource(
            image: image, label: label, shape: shape, order: order,
            quantisation: Quantisation(slope: 1, intercept: 0),
            normalisation: IntensityNormalisation(clipLow: -600, clipHigh: 500, mean: -50, standardDeviation: 300)!)
    }
}

/// Room for one patch.
private final class PatchMemory {
    let destination: PatchDestination

    init(_ shape: GridShape) {
        let image = UnsafeMutablePointer<Float>.allocate(capacity: shape.count)
        let label = UnsafeMutablePointer<UInt8>.allocate(capacity: shape.count)
        image.initialize(repeating: 0, count: shape.count)
        label.initialize(repeating: 0, count: shape.count)
        destination = PatchDestination(image: image, label: label)
    }

    deinit {
        destination.image?.deallocate()
        destination.label?.deallocate()
    }
}
