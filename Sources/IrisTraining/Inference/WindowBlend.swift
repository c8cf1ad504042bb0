import Glibc
import Tensors
import Volumes

/// Probabilities of overlapping windows, averaged with the windows' weights, and over several passes by class.
struct WindowBlend {
    private let classes: [TaskClass]
    private let windows: SlidingWindow
    /// Per class and voxel, the weighted sum of probabilities.
    private var sums: [[Float]]
    /// How many windows have been added per class; every pass adds the same windows.
    private var added: [Int]

    init(_ classes: [TaskClass], _ windows: SlidingWindow) {
        (self.classes, self.windows) = (classes, windows)
        sums = classes.map { _ in [Float](repeating: 0, count: windows.volume.count) }
        added = classes.map { _ in 0 }
    }

    /// Adds the window that begins at `origin`. Classes of `own` that are not among those of the blend are passed over.
    ///
    /// - Parameter logits: one map per class of `own`, each of the patch's size.
    mutating func add(_ logits: Tensor, of own: [TaskClass], at origin: SIMD3<Int>) {
        for (place, entry) in classes.enumerated() {
            guard let map = own.firstIndex(where: { $0.value == entry.value }) else { continue }
            added[place] += 1
            let windows = windows
            logits.withFloats { logits in
                sums[place].withUnsafeMutableBufferPointer { sum in
                    windows.forEachRow(at: origin) { patch, volume, count in
                        let row = logits.baseAddress! + map * windows.patch.count + patch
                        for n in 0..<count {
                            sum[volume + n] += windows.weights[patch + n] / (1 + exp(-row[n]))
                        }
                    }
                }
            }
        }
    }

    /// Per class, the averages; 0 for classes of which nothing was added. The blend is empty afterwards: its memory becomes
    /// the result's.
    mutating func takeMeans() -> [[Float]] {
        var weights = [Float](repeating: 0, count: windows.volume.count)
        weights.withUnsafeMutableBufferPointer { weights in
            for origin in windows.origins {
                windows.forEachRow(at: origin) { patch, volume, count in
                    for n in 0..<count { weights[volume + n] += windows.weights[patch + n] }
                }
            }
        }
        for (place, added) in added.enumerated() where added > 0 {
            let passes = Float(added) / Float(windows.origins.count)
            sums[place].withUnsafeMutableBufferPointer { sum in
                // Every voxel lies in a window, whose weight is nowhere 0.
                for voxel in sum.indices { sum[voxel] = min(1, sum[voxel] / (weights[voxel] * passes)) }
            }
        }
        defer { (sums, added) = (sums.map { _ in [] }, added.map { _ in 0 }) }
        return sums
    }
}

extension SlidingWindow {
    /// Calls `body` for each row of a window that lies in the volume: where the row begins in the patch and in the volume, and
    /// its length.
    fileprivate func forEachRow(at origin: SIMD3<Int>, _ body: (_ patch: Int, _ volume: Int, _ count: Int) -> Void) {
        let lower = pointwiseMax(origin, .zero), upper = pointwiseMin(origin &+ patch.components, volume.components)
        for k in lower.z..<upper.z {
            for j in lower.y..<upper.y {
                body(
                    patch.offset(lower.x - origin.x, j - origin.y, k - origin.z), volume.offset(lower.x, j, k),
                    upper.x - lower.x)
            }
        }
    }
}
