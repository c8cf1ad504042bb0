/// The counter-based generator Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
///
/// A block of four 32-bit words is a pure function of a 64-bit key and a 128-bit counter, so the millionth number costs
/// as much as the first and needs none of those before it. As a `RandomNumberGenerator` it walks the counter upwards.
public struct Philox: RandomNumberGenerator, Sendable {
    /// The key; streams of different keys have nothing in common.
    public let key: UInt64
    /// The upper half of the counter: independent streams under one key.
    public let stream: UInt64
    private var block: UInt64 = 0
    private var words = SIMD4<UInt32>()
    private var used = 4

    public init(key: UInt64, stream: UInt64 = 0) {
        self.key = key
        self.stream = stream
    }

    /// Keys a generator by what the numbers are for, so that no two purposes ever share a sequence: the key is a hash
    /// of all the words, never their sum.
    public init(seed: UInt64, purpose: String, _ indices: UInt64...) {
        var hash = mix(seed ^ 0x9e37_79b9_7f4a_7c15)
        for byte in purpose.utf8 { hash = mix(hash ^ UInt64(byte)) }
        for index in indices { hash = mix(hash ^ mix(index &+ 0x9e37_79b9_7f4a_7c15)) }
        self.init(key: hash)
    }

    /// The four words at one place of the counter.
    public static func block(key: UInt64, counter: SIMD4<UInt32>) -> SIMD4<UInt32> {
        var c = counter
        var k0 = UInt32(truncatingIfNeeded: key), k1 = UInt32(truncatingIfNeeded: key >> 32)
        for _ in 0..<10 {
            let p0 = UInt64(0xD251_1F53) &* UInt64(c.x), p1 = UInt64(0xCD9E_8D57) &* UInt64(c.z)
            c = SIMD4(
                UInt32(truncatingIfNeeded: p1 >> 32) ^ c.y ^ k0, UInt32(truncatingIfNeeded: p1),
                UInt32(truncatingIfNeeded: p0 >> 32) ^ c.w ^ k1, UInt32(truncatingIfNeeded: p0))
            k0 &+= 0x9E37_79B9
            k1 &+= 0xBB67_AE85
        }
        return c
    }

    public mutating func next() -> UInt64 {
        if used >= 4 {
            words = Self.block(
                key: key,
                counter: SIMD4(
                    UInt32(truncatingIfNeeded: block), UInt32(truncatingIfNeeded: block >> 32),
                    UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32)))
            block &+= 1
            used = 0
        }
        defer { used += 2 }
        return UInt64(words[used]) | UInt64(words[used + 1]) << 32
    }

    /// A number in [0, 1) with 53 random bits.
    public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// A number in `range`, uniformly distributed.
    public mutating func uniform(in range: ClosedRange<Double>) -> Double {
        range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
    }

    /// A whole number in 0..<count without bias (Lemire, "Fast random integer generation in an interval", 2019).
    public mutating func index(below count: Int) -> Int {
        precondition(count > 0, "an index needs at least one place to point to")
        return Int(next(upperBound: UInt64(count)))
    }
}

/// The finaliser of SplitMix64: every input bit reaches every output bit.
private func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
}
