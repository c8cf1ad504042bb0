import ArgumentParser
import Episodes
import Volumes
import WorkerThreads

/// Rendering of 128 x 128 x 128 patches from the middle of prepared cases, or of synthetic volumes, that take turns.
struct RenderBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "render", abstract: "Render patches of 128 x 128 x 128 voxels.")

    @Option(help: "Seconds per measurement.") var seconds = 3.0
    @Option(help: "Sources that take turns.") var sources = 6
    @Option(
        help: """
            Folder of a prepared store, whose largest labelled cases are the sources. Without it they are volumes of \
            300 x 300 x 250 voxels in memory, with more borders between labels than organs have.
            """) var store: String?
    @Option(help: "Also measure the whole chain on this many threads.") var workers = 1

    func run() async throws {
        let volumes =
            try store.map { try RenderSource.cases(of: $0, most: sources) }
            ?? (0..<max(1, sources)).map { SyntheticVolume($0).source }
        let workspace = RenderWorkspace()
        for kind in PatchKind.allCases {
            let plans = volumes.map(kind.plan)
            measure("render: \(kind.rawValue)", Array(zip(plans, volumes.map(\.bricks))), workspace)
            // What a store without brick files gives.
            if kind.isSpatial {
                measure("render: \(kind.rawValue), no bricks", Array(zip(plans, volumes.map(\.rows))), workspace)
            }
        }
        Figure(name: "render: memory taken after the first patches", value: try growth(volumes), unit: "allocations")
            .print()
        if workers > 1 { try await throughput(volumes) }
        withExtendedLifetime(volumes) {}
    }

    private func measure(_ name: String, _ patches: [(PatchPlan, PatchSource)], _ workspace: RenderWorkspace) {
        let patch = PatchMemory(PatchKind.shape)
        var turn = 0
        Measurement(name, seconds: seconds) {
            let (plan, source) = patches[turn % patches.count]
            // The plans are valid, as the first rendering would show.
            try! PatchRenderer.render(plan, from: source, into: patch.destination, workspace: workspace)
            turn += 1
        }.print()
    }

    /// Allocations of a workspace that has already rendered every kind of patch.
    private func growth(_ volumes: [RenderSource]) throws -> Double {
        let workspace = RenderWorkspace(), patch = PatchMemory(PatchKind.shape)
        var before = 0
        for _ in 0..<2 {
            before = workspace.allocations
            for kind in PatchKind.allCases {
                try PatchRenderer.render(
                    kind.plan(volumes[0]), from: volumes[0].bricks, into: patch.destination, workspace: workspace)
            }
        }
        return Double(workspace.allocations - before)
    }

    private func throughput(_ volumes: [RenderSource]) async throws {
        let each = max(1, Int(seconds * 60)), clock = ContinuousClock(), start = clock.now
        try await mapConcurrently(Array(0..<workers), jobs: workers) { worker in
            let workspace = RenderWorkspace(), patch = PatchMemory(PatchKind.shape)
            for n in 0..<each {
                let source = volumes[(worker + n) % volumes.count]
                try PatchRenderer.render(
                    PatchKind.chain.plan(source), from: source.bricks, into: patch.destination, workspace: workspace)
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
