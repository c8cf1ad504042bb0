import CKernels
import RandomNumbers
import Testing

/// Growing, shrinking and shifting against their definitions, voxel by voxel.
@Suite struct MaskChangeTests {
    private let shape = [7, 6, 5]

    private func randomMask() -> [UInt8] {
        var generator = Philox(seed: 4, purpose: "mask")
        return (0..<7 * 6 * 5).map { _ in generator.uniform() < 0.3 ? 1 : 0 }
    }

    private func value(_ mask: [UInt8], _ i: Int, _ j: Int, _ k: Int) -> UInt8? {
        (0..<7).contains(i) && (0..<6).contains(j) && (0..<5).contains(k) ? mask[i + 7 * (j + 6 * k)] : nil
    }

    private func each(_ body: (Int, Int, Int) -> UInt8) -> [UInt8] {
        (0..<5).flatMap { k in (0..<6).flatMap { j in (0..<7).map { i in body(i, j, k) } } }
    }

    private func run(_ kernel: (UnsafePointer<UInt8>, UnsafePointer<Int32>, UnsafeMutablePointer<UInt8>) -> Void)
        -> [UInt8]
    {
        var result = [UInt8](repeating: 7, count: 7 * 6 * 5)
        kernel(randomMask(), shape.map(Int32.init), &result)
        return result
    }

    private let faces = [(0, 0, 0), (1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)]

    @Test func growAndShrink() {
        let mask = randomMask()
        #expect(
            run { iris_grow_mask($0, $1, $2) }
                == each { i, j, k in
                    faces.compactMap { value(mask, i + $0.0, j + $0.1, k + $0.2) }.max()!
                })
        #expect(
            run { iris_shrink_mask($0, $1, $2) }
                == each { i, j, k in
                    faces.compactMap { value(mask, i + $0.0, j + $0.1, k + $0.2) }.min()!
                })
    }

    @Test("Shifts, also out of the patch", arguments: [[0, 0, 0], [2, -1, 3], [-6, 5, -4], [7, 0, 0], [0, -9, 0]])
    func shift(offset: [Int]) {
        let mask = randomMask()
        #expect(
            run { iris_shift_mask($0, $1, offset.map(Int32.init), $2) }
                == each { i, j, k in
                    value(mask, i - offset[0], j - offset[1], k - offset[2]) ?? 0
                })
    }
}
