import CKernels
import RandomNumbers
import Testing

/// Every variant of the conversion kernels gives the bits of the plain one. Serialized: the limit is the process's.
@Suite(.serialized) struct ConversionKernelTests {
    private static let types: [(iris_scalar, Int)] = [
        (IRIS_UINT8, 1), (IRIS_INT8, 1), (IRIS_UINT16, 2), (IRIS_INT16, 2),
        (IRIS_UINT32, 4), (IRIS_INT32, 4),
        (IRIS_UINT64, 8), (IRIS_INT64, 8), (IRIS_FLOAT32, 4), (IRIS_FLOAT64, 8),
    ]

    /// All results of one call of each kernel, as bits.
    private func results(_ type: iris_scalar, _ bytes: [UInt8], count: Int, slope: Double, intercept: Double)
        -> [UInt64]
    {
        var doubles = [Double](repeating: 0, count: count), floats = [Float](repeating: 0, count: count)
        var labels = [UInt8](repeating: 0, count: count), shorts = [Int16](repeating: 0, count: count)
        return bytes.withUnsafeBytes { source in
            let source = source.baseAddress
            iris_values_as_double(type, source, &doubles, count, slope, intercept)
            iris_values_as_float(type, source, &floats, count, slope, intercept)
            let firstLabel = iris_values_as_uint8(type, source, &labels, count, slope, intercept, 1e-3)
            let firstShort = iris_values_as_int16(type, source, &shorts, count, slope, intercept, 0)
            let summary = iris_summarise(doubles, count)
            // The bits of a NaN that arithmetic made are nobody's promise.
            return doubles.map { $0.isNaN ? 1 : $0.bitPattern } + floats.map { $0.isNaN ? 1 : UInt64($0.bitPattern) }
                + labels.prefix(firstLabel).map { UInt64($0) }
                + shorts.prefix(firstShort).map { UInt64(bitPattern: Int64($0)) }
                + [UInt64(firstLabel), UInt64(firstShort), UInt64(summary.finite), summary.sum.bitPattern]
                + [summary.minimum.bitPattern, summary.maximum.bitPattern]
        }
    }

    @Test func variantsAgree() {
        defer { iris_limit_instruction_set(IRIS_AVX512) }
        var generator = Philox(seed: 1, purpose: "kernels")
        for (type, size) in Self.types {
            for count in [0, 1, 7, 63, 512, 513, 1100] {
                let bytes = (0..<count * size).map { _ in UInt8(generator.index(below: 256)) }
                for (slope, intercept) in [(1.0, 0.0), (1, -3), (0.37, 0), (1e-3, 11.5)] {
                    iris_limit_instruction_set(IRIS_PORTABLE)
                    let plain = results(type, bytes, count: count, slope: slope, intercept: intercept)
                    for limit in [IRIS_AVX2, IRIS_AVX512] {
                        iris_limit_instruction_set(limit)
                        #expect(results(type, bytes, count: count, slope: slope, intercept: intercept) == plain)
                    }
                }
            }
        }
    }

    @Test func bytesAreReversedInEveryVariant() {
        defer { iris_limit_instruction_set(IRIS_AVX512) }
        for limit in [IRIS_PORTABLE, IRIS_AVX2, IRIS_AVX512] {
            iris_limit_instruction_set(limit)
            for size in [1, 2, 4, 8] {
                var words = (0..<67 * size).map { UInt8($0 % 251) }
                let reversed = stride(from: 0, to: words.count, by: size).flatMap { words[$0..<$0 + size].reversed() }
                iris_swap_bytes(&words, 67, size)
                #expect(words == reversed)
            }
        }
    }
}
