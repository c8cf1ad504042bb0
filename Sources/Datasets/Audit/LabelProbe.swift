import CKernels
import Volumes

/// Places along a label's boundaries, by which the label can be held against an image again and again.
///
/// Each is a triple on a line across a boundary: two voxels outside, the last voxel inside, and two voxels further in. Where
/// a label fits its image, brightness changes more across the boundary than within the organ. The ratio of the two mean
/// changes is far above 1 at the right place, falls to about 1 a few voxels away, and needs no model of any organ.
struct LabelProbe: Sendable {
    let shape: GridShape
    let places: [iris_boundary_place]

    /// Fewer triples than this give no verdict.
    static let fewest = 48
    /// A longer way to a boundary is not followed.
    private static let longestWalk = 96

    /// - Parameter budget: the number of triples, about, shared evenly by the classes.
    init(_ runs: LabelRuns, labels: UnsafeBufferPointer<UInt8>, budget: Int) {
        shape = runs.shape
        var byClass = [[Int32]](repeating: [], count: 256)
        for (n, run) in runs.runs.enumerated() { byClass[Int(run.value)].append(Int32(n)) }
        let present = byClass.indices.filter { !byClass[$0].isEmpty }
        let quota = max(24, budget / max(1, present.count))
        var places: [iris_boundary_place] = []
        for value in present {
            let mine = byClass[value]
            // Twice as many starts as wanted: some lines end at the border of the image or in a thin part.
            let starts = min(mine.count, (quota + 2) / 3)
            for n in 0..<starts {
                let run = runs.runs[Int(mine[n * mine.count / starts])]
                let (j, k) = runs.place(run)
                let start = SIMD3((Int(run.start) + Int(run.end)) / 2, j, k)
                for axis in 0..<3 {
                    for sign in [-1, 1] {
                        guard let edge = Self.edge(from: start, axis, sign, labels: labels, shape: shape) else {
                            continue
                        }
                        places.append(
                            iris_boundary_place(
                                i: Int32(edge.x), j: Int32(edge.y), k: Int32(edge.z), axis: Int32(axis),
                                sign: Int32(sign)))
                    }
                }
            }
        }
        self.places = places
    }

    private init(shape: GridShape, places: [iris_boundary_place]) { (self.shape, self.places) = (shape, places) }

    /// Only the boundaries that are crossed along an array axis.
    func facing(_ axis: Int) -> LabelProbe {
        LabelProbe(shape: shape, places: places.filter { $0.axis == Int32(axis) })
    }

    /// The last voxel of the class on the way from `start`, when two further in belong to it too and two further out do not.
    private static func edge(
        from start: SIMD3<Int>, _ axis: Int, _ sign: Int, labels: UnsafeBufferPointer<UInt8>, shape: GridShape
    ) -> SIMD3<Int>? {
        let stride = [1, shape.i, shape.i * shape.j][axis] * sign, size = shape.components[axis]
        var at = shape.offset(start.x, start.y, start.z), place = start[axis]
        let value = labels[at]
        for _ in 0..<longestWalk {
            guard place + 3 * sign >= 0, place + 3 * sign < size else { return nil }
            if labels[at + stride] != value { break }
            at += stride
            place += sign
        }
        guard place - 2 * sign >= 0, place - 2 * sign < size, labels[at + stride] != value,
            labels[at + 2 * stride] != value,
            labels[at - stride] == value, labels[at - 2 * stride] == value
        else { return nil }
        var edge = start
        edge[axis] = place
        return edge
    }

    /// A rearrangement of the label's grid: array axes mirrored, then a shift in voxels.
    struct Placement: Hashable, Sendable {
        var mirrored: SIMD3<Int> = .zero
        var shift: SIMD3<Int> = .zero
    }

    /// The mean change of brightness across the boundary, over that within, with the label placed so on an image of the
    /// same shape; `nil` when too few triples stay inside.
    ///
    /// - Parameter window: stored values outside are clipped, so that metal and bone do not decide.
    func contrast(
        in image: FrameVoxels, window: ClosedRange<Float>, placed placement: Placement = Placement(),
        every step: Int = 1
    ) -> Double? {
        let width = Double(window.upperBound - window.lowerBound)
        guard places.count >= Self.fewest, width > 0 else { return nil }
        let (size, shift) = (shape.components, placement.shift)
        let sums = iris_boundary_contrast(
            image.bytes.baseAddress, image.datatype.kernelScalar, [Int64(size.x), Int64(size.y), Int64(size.z)], places,
            Int64(places.count), Int64(step),
            CInt(placement.mirrored.x | placement.mirrored.y << 1 | placement.mirrored.z << 2),
            [Int64(shift.x), Int64(shift.y), Int64(shift.z)], window.lowerBound, window.upperBound)
        guard 4 * Int(sums.places) >= 3 * (places.count / step) else { return nil }
        // A hundredth of the window keeps noiseless images from dividing by nothing.
        let floor = 0.01 * width * Double(sums.places)
        return (sums.across + floor) / (sums.within + floor)
    }
}
