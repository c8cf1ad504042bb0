import ArgumentParser
import Metrics
import Volumes
import WorkerThreads

/// Surface metrics of an object of the size of a liver at 1 mm, in volumes of 300 x 300 x 250 voxels.
struct MetricsBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics", abstract: "Surface metrics of a liver-sized object at 1 mm.")

    @Option(help: "Also measure a case of eight such classes on this many threads.") var workers = 1

    func run() async throws {
        let reference = try LiverSizedObject.labels(shifted: .zero, objects: 1)
        let prediction = try LiverSizedObject.labels(shifted: SIMD3(3, -2, 1), objects: 1)
        let overlap = try labelOverlaps(reference: reference, prediction: prediction)[1]
        Figure(name: "metrics: voxels of the object", value: Double(overlap.reference), unit: "voxels").print()
        let surfaces = SurfaceComparison()
        // The answers of all runs are added up, so that none can be left out by the compiler.
        var sum = 0.0
        func distances(_ elements: SurfaceComparison.Elements) throws -> SurfaceDistances {
            let box = try labelOverlaps(reference: reference, prediction: prediction)[1].box
            return try surfaces.distances(
                of: 1, reference: reference, prediction: prediction, box: box, elements: elements)
        }
        let surfels = try Measurement("metrics: surface Dice, Hausdorff, HD95, ASSD") {
            let found = try distances(.surfels)
            sum +=
                found.surfaceDice(tolerance: 1)! + found.hausdorff()! + found.hausdorff(0.95)!
                + found.averageSymmetric!
        }
        surfels.print()
        try Measurement("metrics: HD95 of border voxels") {
            sum += try distances(.borderVoxels).directedPercentile(0.95)!
        }.print()
        let comparison = LabelMapComparison(tolerance: 1)
        let all = try Measurement("metrics: all scores of a class") {
            sum += try comparison.metrics(of: [1], reference: reference, prediction: prediction)[0].hausdorff95!
        }
        all.print()
        Figure(name: "metrics: HD95 of the object", value: try distances(.surfels).hausdorff(0.95)!, unit: "mm").print()
        if workers > 1 { try await parallel() }
        precondition(sum.isFinite)
    }

    /// Eight classes of one case, first by one thread and then by all.
    private func parallel() async throws {
        let reference = try LiverSizedObject.labels(shifted: .zero, objects: 8)
        let prediction = try LiverSizedObject.labels(shifted: SIMD3(3, -2, 1), objects: 8)
        let classes = (1...8).map { UInt8($0) }, clock = ContinuousClock()
        for jobs in [1, workers] {
            var best = Duration.seconds(1000)
            for _ in 0..<3 {
                let start = clock.now
                _ = try await LabelMapComparison.metrics(
                    of: classes, reference: reference, prediction: prediction, tolerance: 1, jobs: jobs)
                best = min(best, clock.now - start)
            }
            Figure(
                name: "metrics: all scores of eight classes, \(jobs) threads", value: best / .milliseconds(1),
                unit: "ms"
            ).print()
        }
    }
}

/// An ellipsoid with a bite out of it and a wavy surface; `Benchmarks/metrics/peer.py` makes the same voxels.
private enum LiverSizedObject {
    /// - Parameter objects: 1 for one object of the whole size; 8 for eight of half its lengths, of value 1...8.
    static func labels(shifted: SIMD3<Double>, objects: Int) throws -> LabelMap {
        let shape = try GridShape(300, 300, 250)
        var voxels = [UInt8](repeating: 0, count: shape.count)
        let scale = objects == 1 ? 1.0 : 0.5
        for number in 0..<objects {
            let offset =
                objects == 1
                ? SIMD3<Double>.zero
                : SIMD3(number & 1 == 0 ? -70 : 70, number & 2 == 0 ? -70 : 70, number & 4 == 0 ? -55 : 55)
            let centre = SIMD3(150, 150, 125) + offset + shifted
            for k in 0..<shape.k {
                for j in 0..<shape.j {
                    for i in 0..<shape.i {
                        let p = (SIMD3(Double(i), Double(j), Double(k)) - centre) / scale
                        if contains(p) { voxels[shape.offset(i, j, k)] = UInt8(number + 1) }
                    }
                }
            }
        }
        let grid = Grid(shape: shape, affine: Affine(spacing: try Spacing(1, 1, 1), origin: .zero))
        return try LabelMap(grid: grid, voxels: voxels)
    }

    /// Half axes of 100, 75 and 60 mm, waves of some millimetres on them, less a ball of 60 mm.
    private static func contains(_ p: SIMD3<Double>) -> Bool {
        let q = p / SIMD3(100, 75, 60)
        let waves = 1 + 0.04 * triangle(p.x / 40) * triangle(p.y / 35) * triangle(p.z / 30)
        let b = p - SIMD3(60, -60, -20)
        return (q * q).sum() <= waves && (b * b).sum() > 60 * 60
    }

    /// A wave of period 1 between -1 and 1 made of straight lines, which every language computes alike.
    private static func triangle(_ t: Double) -> Double {
        let phase = t - t.rounded(.down)
        return 4 * abs(phase - 0.5) - 1
    }
}
