import CKernels
import RandomNumbers
import Testing

/// The kernels of the search for copies, against plain loops. The variants are set apart by a limit that holds for the whole
/// process, so these run one after the other.
@Suite(.serialized) struct CopyKernelTests {
    private static let width = Int(IRIS_NEIGHBOUR_NUMBERS)

    private func withEachInstructionSet(_ body: (iris_instruction_set) throws -> Void) rethrows {
        defer { iris_limit_instruction_set(IRIS_AVX512) }
        for set in [IRIS_PORTABLE, IRIS_AVX2, IRIS_AVX512] {
            iris_limit_instruction_set(set)
            try body(set)
        }
    }

    /// Points in clusters, as descriptions of scans that look alike are: numbers in 0..<18, then zeros.
    private static func points(_ count: Int, clusters: Int, spread: Float, key: UInt64) -> [Float] {
        var generator = Philox(key: key)
        let middles = (0..<clusters * 18).map { _ in Float.random(in: -1...1, using: &generator) }
        return (0..<count).flatMap { n in
            (0..<width).map { a in
                a < 18 ? middles[n % clusters * 18 + a] + .random(in: -spread...spread, using: &generator) : 0
            }
        }
    }

    private static func distance(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>) -> Float {
        zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }

    private static func point(_ points: [Float], _ n: Int) -> ArraySlice<Float> { points[n * width..<(n + 1) * width] }

    /// The owners of other patients by their nearest point, as a plain loop finds them.
    private func nearest(_ points: [Float], owners: [Int32], patients: [Int32], to wanted: Int, most: Int) -> [Int32] {
        var best: [Int32: Float] = [:]
        for n in owners.indices where patients[Int(owners[n])] != patients[Int(owners[wanted])] {
            let distance = Self.distance(Self.point(points, n), Self.point(points, wanted))
            best[owners[n]] = min(best[owners[n]] ?? .infinity, distance)
        }
        return best.sorted { ($0.value, $0.key) < ($1.value, $1.key) }.prefix(most).map(\.key)
    }

    @Test("With enough looks the tree finds what a plain loop finds; with few, nearly always") func neighbours() {
        let count = 3_000
        let points = Self.points(count, clusters: 40, spread: 0.4, key: 3)
        let owners = (0..<count).map { Int32($0 / 10) }, patients = (0..<count / 10).map { Int32($0 / 2) }
        let tree = iris_neighbours_build(points, owners, Int64(count))!
        defer { iris_neighbours_free(tree) }
        func ask(_ wanted: Int, looks: Int) -> [Int32] {
            var best = [iris_likeness](repeating: iris_likeness(distance: 0, owner: -1), count: 3)
            let found = points.withUnsafeBufferPointer {
                iris_neighbours_nearest(
                    tree, patients, $0.baseAddress! + wanted * Self.width, patients[Int(owners[wanted])], .infinity,
                    Int64(looks), &best, 3)
            }
            return best.prefix(Int(found)).map(\.owner)
        }
        var exact = 0, quick = 0
        let asked = Array(stride(from: 0, to: count, by: 30))
        for wanted in asked {
            let answer = nearest(points, owners: owners, patients: patients, to: wanted, most: 3)
            exact += ask(wanted, looks: count) == answer ? 1 : 0
            quick += ask(wanted, looks: 96).contains(answer[0]) ? 1 : 0
        }
        #expect(exact == asked.count)
        #expect(quick >= asked.count * 8 / 10, "\(quick) of \(asked.count)")
    }

    @Test("A tree of no points finds none") func empty() {
        let tree = iris_neighbours_build([0], [0], 0)!
        defer { iris_neighbours_free(tree) }
        var best = iris_likeness(distance: 0, owner: -1)
        let wanted = [Float](repeating: 0, count: Self.width)
        #expect(iris_neighbours_nearest(tree, [0], wanted, 1, .infinity, 10, &best, 1) == 0)
    }

    @Test("Each landmark's nearest partner", arguments: [1, 16, 37]) func partners(count: Int) {
        let first = Self.points(count, clusters: 5, spread: 0.3, key: 5)
        let second = Self.points(50, clusters: 5, spread: 0.3, key: 6)
        let limit: Float = 9
        let expected = (0..<50).map { m -> Int32 in
            let distances = (0..<count).map { Self.distance(Self.point(first, $0), Self.point(second, m)) }
            let n = distances.indices.min { distances[$0] < distances[$1] }!
            return distances[n] < limit ? Int32(n) : -1
        }
        #expect(count == 1 || (expected.contains(-1) && expected.contains { $0 >= 0 }))
        withEachInstructionSet { set in
            var scratch = [Float](repeating: 0, count: Int(IRIS_LANDMARK_NUMBERS) * (count + 16))
            var partners = [Int32](repeating: -7, count: 50)
            iris_match_landmarks(first, Int64(count), second, 50, limit, &scratch, &partners)
            #expect(partners == expected, "\(set)")
        }
    }

    /// Places of which half were turned and moved together; the other half are paired at random. Of more than 2048 pairs the first
    /// count.
    @Test("The placement that most pairs agree on", arguments: [0, 7, 13, 30, 46], [60, 61, 3000])
    func placement(symmetry: Int, pairs: Int) {
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
        let order = orders[symmetry / 8], move = [12.5, -31, 4]
        var generator = Philox(key: UInt64(symmetry))
        var first: [Float] = [], second: [Float] = []
        for n in 0..<pairs {
            let there = (0..<3).map { _ in Double.random(in: 0...800, using: &generator) }
            var here = move
            for a in 0..<3 { here[order[a]] += symmetry >> a & 1 == 1 ? -there[a] : there[a] }
            if n % 2 == 1 { here = (0..<3).map { _ in Double.random(in: -800...800, using: &generator) } }
            first += here.map(Float.init)
            second += there.map(Float.init)
        }
        let together = (min(pairs, 2048) + 1) / 2
        var shifts: [[Double]] = []
        withEachInstructionSet { set in
            var found: CInt = -1, shift = [0.0, 0, 0]
            let agreeing = Int(iris_best_placement(first, second, Int64(pairs), 2, &found, &shift))
            #expect((together...together + 2).contains(agreeing), "\(set)")
            #expect(Int(found) == symmetry, "\(set)")
            for a in 0..<3 { #expect(abs(shift[a] - move[a]) < 0.5, "\(set)") }
            shifts.append(shift)
        }
        #expect(Set(shifts).count == 1, "the same bits on each")
    }

    /// A picture against itself turned: the correlation of a picture of length 1 with itself is 1, at that turn only.
    @Test("How a picture was turned", arguments: [0, 3, 9, 21, 34, 47]) func turned(symmetry: Int) {
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
        let order = orders[symmetry / 8], side = Int(IRIS_PICTURE_SIDE)
        var generator = Philox(key: 11)
        var picture = (0..<side * side * side).map { _ in Float.random(in: -1...1, using: &generator) }
        let length = picture.reduce(0) { $0 + $1 * $1 }.squareRoot()
        for n in picture.indices { picture[n] /= length }
        var other = picture
        for cell in picture.indices {
            let place = [cell % side, cell / side % side, cell / side / side]
            let moved = (0..<3).map { symmetry >> $0 & 1 == 1 ? side - 1 - place[order[$0]] : place[order[$0]] }
            other[moved[0] + side * (moved[1] + side * moved[2])] = picture[cell]
        }
        withEachInstructionSet { set in
            var found: CInt = -1
            let value = iris_picture_correlation(picture, other, &found)
            #expect(Int(found) == symmetry, "\(set)")
            #expect(abs(value - 1) < 1e-4)
        }
    }

    /// A lattice over cells of random values, against a plain sum over all cells with tents as weights.
    @Test(
        "Lattices are means of the cells around",
        arguments: [SIMD3(1, 1, 1), SIMD3(1.5, 0.6, 2), SIMD3(0.97, 1.9, 1.03)])
    func lattice(step: SIMD3<Double>) {
        let size: [Int64] = [13, 9, 11], first = [0.0, 2, 1]
        let count = (0..<3).map { Int64(Double(size[$0]) / step[$0] - first[$0]) }
        var generator = Philox(key: 21)
        let cells = (0..<13 * 9 * 11).map { _ in Float.random(in: -1...1, using: &generator) }
        func weights(_ axis: Int, _ n: Int) -> [Double] {
            let middle = (first[axis] + Double(n) + 0.5) * step[axis] - 0.5, reach = max(1, step[axis])
            var weights = [Double](repeating: 0, count: Int(size[axis]))
            for cell in -4..<Int(size[axis]) + 4 {
                weights[min(max(cell, 0), weights.count - 1)] += max(0, reach - abs(Double(cell) - middle))
            }
            let sum = weights.reduce(0, +)
            return weights.map { $0 / sum }
        }
        // Points spread over the lattice, its corners among them.
        let last = count.map { Int($0) - 1 }
        let places = (0..<12).map { n in (last[0] * n / 11, last[1] * (n * 5 % 12) / 11, last[2] * (n * 7 % 12) / 11) }
        let expected = places.map { i, j, k in
            let (x, y, z) = (weights(0, i), weights(1, j), weights(2, k))
            return cells.enumerated().reduce(0.0) { sum, cell in
                sum + x[cell.offset % 13] * y[cell.offset / 13 % 9] * z[cell.offset / 117] * Double(cell.element)
            }
        }
        withEachInstructionSet { set in
            var lattice = [Float](repeating: .nan, count: Int(count[0] * count[1] * count[2]))
            let made = iris_lattice(cells, size, [step.x, step.y, step.z], first, count, &lattice)
            #expect(made == 1)
            #expect(!lattice.contains { !$0.isFinite })
            for ((i, j, k), sum) in zip(places, expected) {
                let found = Double(lattice[i + Int(count[0]) * (j + Int(count[1]) * k)])
                #expect(abs(found - sum) < 1e-5, "\(set) at \(i), \(j), \(k)")
            }
        }
    }

    @Test("A blur is five weights along each axis, ends repeated", arguments: [SIMD3(5, 5, 5), SIMD3(19, 6, 7)])
    func blur(shape: SIMD3<Int>) {
        var generator = Philox(key: 31)
        let values = (0..<shape.x * shape.y * shape.z).map { _ in Float.random(in: -1...1, using: &generator) }
        var expected = values.map(Double.init)
        for axis in 0..<3 {
            let stride = [1, shape.x, shape.x * shape.y][axis]
            expected = expected.indices.map { n in
                let place = n / stride % shape[axis]
                return (-2...2).reduce(0) { sum, t in
                    let other = min(max(place + t, 0), shape[axis] - 1)
                    return sum + [6.0, 4, 1][abs(t)] / 16 * expected[n + (other - place) * stride]
                }
            }
        }
        withEachInstructionSet { set in
            var scratch = values, result = [Float](repeating: .nan, count: values.count)
            iris_binomial_blur(values, (0..<3).map { Int64(shape[$0]) }, &scratch, &result)
            #expect(zip(result, expected).allSatisfy { abs(Double($0) - $1) < 1e-6 }, "\(set)")
        }
    }

    /// A volume and the same mirrored along i with the other two axes exchanged: landmarks on voxels lie at the same voxels and are
    /// described alike.
    @Test("Landmarks on voxels turn with the volume") func landmarksOnVoxels() {
        let n = 22
        var generator = Philox(key: 41)
        let values = (0..<n * n * n).map { _ in Float.random(in: -1...1, using: &generator) }
        let turned = (0..<n * n * n).map { at in values[n - 1 - at % n + n * (at / n / n + n * (at / n % n))] }
        func landmarks(_ values: [Float]) -> [iris_landmark] {
            let shape = [Int64](repeating: Int64(n), count: 3)
            var scratch = values, smooth = values, smoother = values
            iris_binomial_blur(values, shape, &scratch, &smooth)
            iris_binomial_blur(smooth, shape, &scratch, &smoother)
            var marks = [iris_landmark](repeating: iris_landmark(), count: 500)
            let found = iris_landmarks(smooth, smoother, shape, 1, &scratch, &marks, 500, 500)
            return Array(marks.prefix(Int(found)))
        }
        withEachInstructionSet { set in
            let first = landmarks(values), second = landmarks(turned)
            #expect(first.count > 20, "\(set)")
            #expect(second.count == first.count, "\(set)")
            for mark in first {
                let same = second.filter { $0.i == Float(n - 1) - mark.i && $0.j == mark.k && $0.k == mark.j }
                #expect(same.count == 1, "\(set)")
                guard let other = same.first else { continue }
                let away = withUnsafeBytes(of: (mark.descriptor, other.descriptor)) { bytes in
                    let numbers = bytes.bindMemory(to: Float.self)
                    return (0..<18).map { abs(numbers[$0] - numbers[$0 + 18]) }.max()!
                }
                #expect(away < 1e-3, "\(set)")
            }
        }
    }

    @Test("Values are sorted", arguments: [0, 1, 2, 1_000]) func sorting(count: Int) {
        var generator = Philox(key: 51)
        // Large and tiny ones of either sign, and some that occur again and again.
        var values = (0..<count).map { n -> Float in
            if n % 7 == 0 { return Float(n % 3) - 1 }
            let value = Float.random(in: -1e6...1e6, using: &generator)
            return n % 5 == 0 ? value * 1e-9 : value
        }
        let expected = values.sorted()
        var scratch = [Float](repeating: 0, count: count)
        iris_sort_values(&values, Int64(count), &scratch)
        #expect(values == expected)
    }

    /// Cells of a ramp along i hold the ramp's value at their middle, whatever the type and however many places are looked at.
    @Test("Means of cells", arguments: [1, 2, 3]) func cells(most: Int) {
        let shape: [Int64] = [24, 12, 12], size: [Int64] = [4, 2, 2]
        let ramp = (0..<24 * 12 * 12).map { $0 % 24 * 10 }
        var floats = ramp.map(Float.init), means = [Float](repeating: -1, count: 16)
        // A cell's six voxels 6c...6c + 5 are seen at their middle, which for one place is 6c + 3 and else lies at 6c + 2.5 or
        // half a voxel from it.
        let shorts = ramp.map(Int16.init)
        iris_cell_means(shorts, IRIS_INT16, shape, size, CInt(most), &means)
        for (n, mean) in means.enumerated() { #expect(abs(mean - Float(n % 4 * 60 + 30)) <= 5) }
        var others = means
        iris_cell_means(floats, IRIS_FLOAT32, shape, size, CInt(most), &others)
        #expect(others == means)
        // Nothing finite in the first cell, whichever of its places are looked at.
        for voxel in floats.indices where voxel % 24 < 6 && voxel / 24 % 12 < 6 && voxel / 288 < 6 {
            floats[voxel] = voxel % 2 == 0 ? .nan : .infinity
        }
        iris_cell_means(floats, IRIS_FLOAT32, shape, size, CInt(most), &others)
        #expect(others[0] == 0 && others.dropFirst() == means.dropFirst())
        iris_cell_means(floats.map(Double.init), IRIS_FLOAT64, shape, size, CInt(most), &others)
        #expect(others[0] == 0 && others.dropFirst() == means.dropFirst())
    }
}
