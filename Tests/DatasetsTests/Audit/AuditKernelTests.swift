import CKernels
import RandomNumbers
import Testing

/// The kernels' variants are set apart by a limit that holds for the whole process, so these run one after the other.
@Suite(.serialized) struct AuditKernelTests {
    private static let sets = [IRIS_PORTABLE, IRIS_AVX2, IRIS_AVX512]

    private func withEachInstructionSet(_ body: (iris_instruction_set) throws -> Void) rethrows {
        defer { iris_limit_instruction_set(IRIS_AVX512) }
        for set in Self.sets {
            iris_limit_instruction_set(set)
            try body(set)
        }
    }

    /// Census of 10 007 values, an odd number so that every variant has a remainder, against plain loops.
    @Test func censusOfShortIntegers() {
        var generator = Philox(key: 1)
        let values = (0..<10_007).map { _ in Int16(truncatingIfNeeded: generator.next()) }
        let sum = values.reduce(0) { $0 + Int($1) }, squares = values.reduce(0) { $0 + Int($1) * Int($1) }
        withEachInstructionSet { set in
            var census = iris_census_empty(0)
            iris_census_add(&census, values, IRIS_INT16, Int64(values.count), 0)
            #expect(census.finite == 10_007, "\(set)")
            #expect(census.minimum == Double(values.min()!) && census.maximum == Double(values.max()!))
            #expect(census.sum == Double(sum) && census.squares == Double(squares))
        }
    }

    @Test func censusOfFloatsFindsWhatIsNotFinite() {
        var values = (0..<9_999).map { Float($0 % 251) - 100 }
        values[7_001] = .nan
        values[7_002] = -.infinity
        values[9_998] = .infinity
        let finite = values.filter(\.isFinite).map(Double.init)
        var first: (Double, Double)?
        withEachInstructionSet { set in
            var census = iris_census_empty(20)
            // In two parts, as the audit's blocks come.
            iris_census_add(&census, values, IRIS_FLOAT32, 5_000, 0)
            values.withUnsafeBufferPointer {
                iris_census_add(&census, $0.baseAddress! + 5_000, IRIS_FLOAT32, 4_999, 5_000)
            }
            #expect(census.finite == 9_996 && census.nans == 1 && census.infinities == 2, "\(set)")
            #expect(census.first_special == 7_001)
            #expect(census.minimum == -100 && census.maximum == 150)
            #expect(abs(census.sum - finite.reduce(0) { $0 + $1 - 20 }) < 1e-6)
            #expect(abs(census.squares - finite.reduce(0) { $0 + ($1 - 20) * ($1 - 20) }) < 1e-3)
            // Lanes are added in a fixed order, so the variants agree to the bit.
            if let first {
                #expect(first == (census.sum, census.squares))
            } else {
                first = (census.sum, census.squares)
            }
        }
    }

    /// Runs against a scan of every row by hand, with row lengths around the width of a vector.
    @Test(arguments: [1, 5, 63, 64, 65, 200]) func runsOfLabels(rowLength: Int) {
        var generator = Philox(key: 3, stream: UInt64(rowLength))
        let rows = 40
        // Mostly background and long runs, as labels are.
        var labels = [UInt8](repeating: 0, count: rowLength * rows)
        for n in labels.indices {
            labels[n] = n > 0 && generator.next() % 8 != 0 ? labels[n - 1] : UInt8(generator.next() % 4)
        }
        var expected: [[Int]] = []
        for row in 0..<rows {
            var i = 0
            while i < rowLength {
                let value = labels[row * rowLength + i]
                var end = i
                while end < rowLength, labels[row * rowLength + end] == value { end += 1 }
                if value != 0 { expected.append([row + 7, i, end, Int(value)]) }
                i = end
            }
        }
        withEachInstructionSet { set in
            var runs = [iris_label_run](repeating: iris_label_run(), count: rowLength * rows)
            var done: Int64 = 0
            let count = iris_label_runs(labels, Int64(rowLength), Int64(rows), 7, &runs, Int64(runs.count), &done)
            #expect(done == Int64(rows))
            #expect(
                runs.prefix(Int(count)).map { [Int($0.row), Int($0.start), Int($0.end), Int($0.value)] } == expected,
                "\(set)")
        }
    }

    /// Pieces against a flood fill over all 26 neighbours.
    @Test(arguments: 0..<6) func componentsOfLabels(seed: Int) {
        var generator = Philox(key: UInt64(seed), stream: 9)
        let (ni, nj, nk) = (9, 7, 6)
        let labels = (0..<ni * nj * nk).map { _ in UInt8(max(0, Int(generator.next() % 7) - 4)) }
        var runs = [iris_label_run](repeating: iris_label_run(), count: labels.count)
        var done: Int64 = 0
        let count = Int(iris_label_runs(labels, Int64(ni), Int64(nj * nk), 0, &runs, Int64(runs.count), &done))
        var parents = [UInt32](repeating: 0, count: count)
        iris_label_components(runs, Int64(count), Int64(nj), &parents)
        var sizes: [Int: [Int]] = [:]
        for root in Set(parents) {
            let size = (0..<count).filter { parents[$0] == root }.reduce(0) { $0 + Int(runs[$1].end - runs[$1].start) }
            sizes[Int(runs[Int(root)].value), default: []].append(size)
        }
        #expect(sizes.mapValues { $0.sorted() } == floodFill(labels, ni, nj, nk).mapValues { $0.sorted() })
    }

    private func floodFill(_ labels: [UInt8], _ ni: Int, _ nj: Int, _ nk: Int) -> [Int: [Int]] {
        var seen = Set<Int>(), sizes: [Int: [Int]] = [:]
        for start in labels.indices where labels[start] != 0 && seen.insert(start).inserted {
            var stack = [start], size = 0
            while let at = stack.popLast() {
                size += 1
                let (i, j, k) = (at % ni, at / ni % nj, at / ni / nj)
                for n in 0..<27 {
                    let (x, y, z) = (i + n % 3 - 1, j + n / 3 % 3 - 1, k + n / 9 - 1)
                    guard (0..<ni).contains(x), (0..<nj).contains(y), (0..<nk).contains(z) else { continue }
                    let other = x + ni * (y + nj * z)
                    if labels[other] == labels[start], seen.insert(other).inserted { stack.append(other) }
                }
            }
            sizes[Int(labels[start]), default: []].append(size)
        }
        return sizes
    }

    @Test func labelValuesThatAreNone() {
        let values: [Double] = [0, 1, 255, 2.5, -3, 256, .nan, 1.0000000001, 400]
        var labels = [UInt8](repeating: 9, count: values.count)
        var faults = iris_label_faults_none()
        iris_label_bytes(values, IRIS_FLOAT64, Int64(values.count), 100, 1, 0, &labels, &faults)
        #expect(labels == [0, 1, 255, 0, 0, 0, 0, 1, 0])
        #expect(faults.fractional == 1 && faults.first_fractional == 103 && faults.example == 2.5)
        #expect(faults.negative == 1 && faults.first_negative == 104 && faults.lowest == -3)
        #expect(faults.above == 2 && faults.first_above == 105 && faults.highest == 400)
        #expect(faults.special == 1 && faults.first_special == 106)
    }

    @Test func everyIntegerTypeGivesTheSameLabels() {
        let expected: [UInt8] = [0, 1, 2, 100, 3]
        func check<T: BinaryInteger>(_ type: iris_scalar, _: T.Type) {
            var labels = [UInt8](repeating: 0, count: 5), faults = iris_label_faults_none()
            expected.map { T($0) }.withUnsafeBytes {
                iris_label_bytes($0.baseAddress, type, 5, 0, 1, 0, &labels, &faults)
            }
            #expect(labels == expected && faults.negative + faults.above + faults.fractional == 0)
        }
        check(IRIS_UINT8, UInt8.self); check(IRIS_INT8, Int8.self); check(IRIS_UINT16, UInt16.self);
        check(IRIS_INT16, Int16.self)
        check(IRIS_UINT32, UInt32.self); check(IRIS_INT32, Int32.self); check(IRIS_UINT64, UInt64.self);
        check(IRIS_INT64, Int64.self)
    }

    /// A sketch's hashes stay the same when the box is mirrored, its axes are exchanged, and its values are scaled.
    @Test func sketchSurvivesFlipsAndScales() {
        var generator = Philox(key: 5)
        let n = 24
        let values = (0..<n * n * n).map { _ in Float(generator.next() % 100_000) }
        func sketch(_ values: [Float], most: Int = 4096) -> [UInt64] {
            var hashes = [UInt64](repeating: 0, count: most)
            let count = iris_sketch(values, Int64(n), Int64(n), Int64(n), &hashes, Int64(most))
            return Array(hashes.prefix(Int(count)))
        }
        let original = sketch(values)
        #expect(original.count > 40)
        #expect(original == Set(original).sorted(), "ascending and distinct")
        withEachInstructionSet { set in
            #expect(sketch(values) == original, "\(set)")
            for most in [1, 16, original.count - 1] {
                #expect(sketch(values, most: most) == Array(original.prefix(most)), "\(set) \(most)")
            }
        }
        let changed = (0..<n * n * n).map { at -> Float in
            let (i, j, k) = (at % n, at / n % n, at / n / n)
            return 3 * values[k + n * ((n - 1 - i) + n * j)] - 7
        }
        #expect(sketch(changed) == original)
        let others = (0..<n * n * n).map { _ in Float(generator.next() % 100_000) }
        #expect(Set(sketch(others)).isDisjoint(with: original))
    }
}
