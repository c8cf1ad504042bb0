import CKernels
import RandomNumbers
import Testing

/// Masks of labels against one comparison per voxel, and memory cleared. The instruction set is set apart by a limit that holds for the whole
/// process, so these run one after the other.
@Suite(.serialized) struct MaskKernelTests {
    private static let values: [UInt8] = [3, 0, 255]
    /// Sizes around a line and around a block of 8192 voxels, with remainders.
    private static let sizes = [1, 7, 63, 64, 65, 8191, 8192, 8193, 20_001, 65_536]

    private func labels(_ count: Int) -> [UInt8] {
        var generator = Philox(key: UInt64(count))
        return (0..<count).map { _ in [3, 0, 255, 4, 2][Int(generator.next() % 5)] }
    }

    /// What a kernel writes `offset` bytes into memory that begins at a line, and whether it left the rest alone.
    private func written(_ bytes: Int, offset: Int, _ kernel: (UnsafeMutablePointer<UInt8>) -> Void) -> (
        [UInt8], isRestKept: Bool
    ) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes + 192, alignment: 64)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 0xee)
        kernel(memory.baseAddress!.assumingMemoryBound(to: UInt8.self) + 64 + offset)
        let masks = memory[(64 + offset)..<(64 + offset + bytes)]
        let before = memory[..<(64 + offset)], after = memory[(64 + offset + bytes)...]
        return (Array(masks), before.allSatisfy { $0 == 0xee } && after.allSatisfy { $0 == 0xee })
    }

    @Test(arguments: [0, 1, 32]) func bytes(offset: Int) {
        defer { iris_limit_instruction_set(IRIS_AVX512) }
        for set in [IRIS_PORTABLE, IRIS_AVX2, IRIS_AVX512] {
            iris_limit_instruction_set(set)
            for count in Self.sizes {
                let labels = labels(count)
                let (masks, isRestKept) = written(3 * count, offset: offset) {
                    iris_label_masks(labels, count, Self.values, 3, $0)
                }
                #expect(masks == Self.values.flatMap { value in labels.map { $0 == value ? 1 : 0 } }, "\(set) \(count)")
                #expect(isRestKept, "\(set) \(count)")
            }
        }
    }

    @Test(arguments: [0, 1, 32]) func bits(offset: Int) {
        defer { iris_limit_instruction_set(IRIS_AVX512) }
        for set in [IRIS_PORTABLE, IRIS_AVX2, IRIS_AVX512] {
            iris_limit_instruction_set(set)
            for count in Self.sizes {
                let labels = labels(count), bytes = (count + 7) / 8
                let (masks, isRestKept) = written(3 * bytes, offset: offset) {
                    iris_label_bit_masks(labels, count, Self.values, 3, $0)
                }
                var expected = [UInt8](repeating: 0, count: 3 * bytes)
                for (m, value) in Self.values.enumerated() {
                    for (v, label) in labels.enumerated() where label == value {
                        expected[m * bytes + v / 8] |= 1 << UInt8(v % 8)
                    }
                }
                #expect(masks == expected, "\(set) \(count)")
                #expect(isRestKept, "\(set) \(count)")
            }
        }
    }

    @Test(arguments: [0, 1, 32]) func cleared(offset: Int) {
        defer { iris_limit_instruction_set(IRIS_AVX512) }
        for set in [IRIS_PORTABLE, IRIS_AVX512] {
            iris_limit_instruction_set(set)
            for count in Self.sizes + [65_599] {
                let (memory, isRestKept) = written(count, offset: offset) { iris_clear($0, count) }
                #expect(memory.allSatisfy { $0 == 0 }, "\(set) \(count)")
                #expect(isRestKept, "\(set) \(count)")
            }
        }
    }
}
