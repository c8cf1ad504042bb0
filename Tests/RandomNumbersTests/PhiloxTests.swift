import RandomNumbers
import Testing

@Suite struct PhiloxTests {
    /// Known answers of philox4x32 with 10 rounds, published with the Random123 library (kat_vectors).
    @Test(arguments: [
        (SIMD4<UInt32>(0, 0, 0, 0), UInt64(0), SIMD4<UInt32>(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8)),
        (
            SIMD4<UInt32>(repeating: .max), UInt64.max,
            SIMD4<UInt32>(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd)
        ),
        (
            SIMD4<UInt32>(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), UInt64(0x299f_31d0_a409_3822),
            SIMD4<UInt32>(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1)
        ),
    ]) func knownAnswers(counter: SIMD4<UInt32>, key: UInt64, answer: SIMD4<UInt32>) {
        #expect(Philox.block(key: key, counter: counter) == answer)
    }

    @Test func purposesAndIndicesDoNotShareSequences() {
        var firsts: Set<UInt64> = []
        for seed in UInt64(0)..<8 {
            for purpose in ["crop", "noise"] {
                for index in UInt64(0)..<64 {
                    var generator = Philox(seed: seed, purpose: purpose, index)
                    firsts.insert(generator.next())
                }
            }
        }
        #expect(firsts.count == 8 * 2 * 64)
    }

    /// Mean 0, variance 1, fourth moment 3; with n = 200 000 their standard errors are 0.0022, 0.0032 and 0.022.
    @Test func normalMoments() {
        var generator = Philox(seed: 7, purpose: "moments")
        let values = (0..<200_000).map { _ in generator.normal() }
        func moment(_ power: Int) -> Double {
            values.reduce(0) { $0 + repeatedProduct($1, power) } / 200_000
        }
        #expect(abs(moment(1)) < 0.011)
        #expect(abs(moment(2) - 1) < 0.016)
        #expect(abs(moment(4) - 3) < 0.11)
    }

    private func repeatedProduct(_ value: Double, _ times: Int) -> Double {
        (0..<times).reduce(1) { product, _ in product * value }
    }

    /// Each of 7 places gets 1/7 of 70 000 draws; chi-squared with 6 degrees of freedom exceeds 27.9 once in 10 000.
    @Test func indexIsUniform() {
        var generator = Philox(seed: 1, purpose: "index")
        var counts = [Int](repeating: 0, count: 7)
        for _ in 0..<70_000 { counts[generator.index(below: 7)] += 1 }
        let statistic = counts.reduce(0.0) { $0 + (Double($1) - 10_000) * (Double($1) - 10_000) / 10_000 }
        #expect(statistic < 27.9)
    }
}
