import RandomNumbers
import Testing
import VolumeStore

/// Sampled positions on their way to the index and back.
@Suite struct PositionTests {
    /// LEB128: seven bits a byte, the lowest first, the eighth says that more follow.
    @Test func stepsAreWrittenBySevenBits() {
        #expect(VoxelPositions.encode([5, 8, 136, 136 + 300]) == [5, 3, 0x80, 0x01, 0xac, 0x02])
        #expect(VoxelPositions.decode([5, 3, 0x80, 0x01, 0xac, 0x02]) == [5, 8, 136, 436])
        var generator = Philox(seed: 4, purpose: "positions")
        let places = Set((0..<1000).map { _ in UInt32(generator.index(below: 1 << 32)) } + [0, .max]).sorted()
        #expect(VoxelPositions.decode(VoxelPositions.encode(places)) == places)
    }

    @Test(
        "Bytes that are no positions give none",
        arguments: [
            [0x80], [5, 0x85], [5, 0xff, 0xff],  // end within a number
            [0xff, 0xff, 0xff, 0xff, 0x1f],  // 33 bits
            [0x80, 0x80, 0x80, 0x80, 0x80, 0x01],  // six bytes
            [0xff, 0xff, 0xff, 0xff, 0x0f, 1],  // beyond the last place
        ] as [[UInt8]])
    func refused(bytes: [UInt8]) { #expect(VoxelPositions.decode(bytes) == nil) }

    /// Places that are alike modulo 16 share a sixteenth of the room: two lists of 100 positions, but not three.
    @Test func theCacheStartsAnewWhenFull() {
        let cache = PositionCache(limit: 16 * 1000)
        var reads: [Int] = []
        func ask(_ place: Int) -> [UInt32] {
            cache.offsets(place) {
                reads.append(place)
                return [UInt32](repeating: UInt32(place), count: 100)
            }
        }
        for place in [0, 16, 0, 16, 1, 32, 32, 0, 1] {
            #expect(ask(place) == Array(repeating: UInt32(place), count: 100))
        }
        #expect(reads == [0, 16, 1, 32, 0])
    }
}
