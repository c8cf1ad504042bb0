import RandomNumbers
import Testing
import VolumeStore
import Volumes

@Suite struct ClassSurveyTests {
    /// Compared with loops over every voxel that follow the definitions.
    @Test(
        "Sizes, boxes and centroids agree with a naive count",
        arguments: [(1, 1, 1), (7, 3, 2), (8, 8, 8), (37, 19, 11)])
    func naive(size: (Int, Int, Int)) throws {
        let shape = try GridShape(size.0, size.1, size.2)
        var generator = Philox(seed: 5, purpose: "survey test", UInt64(shape.count))
        let labels = (0..<shape.count).map { _ in UInt8(max(0, generator.index(below: 9) - 5)) }
        let survey = labels.withUnsafeBufferPointer { ClassSurvey(of: $0, shape: shape, seed: 1) }
        for value in UInt8(1)...4 {
            let voxels = (0..<shape.count).filter { labels[$0] == value }
                .map { SIMD3($0 % shape.i, $0 / shape.i % shape.j, $0 / (shape.i * shape.j)) }
            let found = survey.classes.first { $0.value == value }
            guard !voxels.isEmpty else {
                #expect(found == nil)
                continue
            }
            let presence = try #require(found)
            #expect(presence.voxels == voxels.count)
            #expect(presence.box.lower == voxels.reduce(voxels[0], pointwiseMin))
            #expect(presence.box.upper == voxels.reduce(voxels[0], pointwiseMax) &+ 1)
            let sum = voxels.reduce(SIMD3<Double>.zero) { $0 + SIMD3<Double>($1) }
            #expect(presence.centroid == sum / Double(voxels.count))
        }
    }

    /// A class of n > 1024 voxels gives 1024 places, one from each of 1024 equal parts of its voxels in memory order.
    @Test("Samples are voxels of the class, one from each part") func samples() throws {
        let shape = try GridShape(40, 30, 20)
        let labels: [UInt8] = (0..<shape.count).map { n in n % 3 == 0 ? 3 : n % 1000 == 1 ? 9 : 0 }
        let survey = labels.withUnsafeBufferPointer { ClassSurvey(of: $0, shape: shape, seed: 42) }
        #expect(survey.classes.map(\.value) == [3, 9])
        let large = survey.samples[0], rank = 8000
        #expect(large.count == 1024)
        // The voxels of class 3 are 0, 3, 6, ...: the place divided by 3 is the rank.
        for (part, place) in large.enumerated() {
            #expect(place % 3 == 0)
            let ranks = part * rank / 1024..<(part + 1) * rank / 1024
            #expect(ranks.contains(Int(place) / 3))
        }
        // Of 1, 1001, 2001, ... those that no 3 divides.
        let thousands: [UInt32] = (0..<24).map { n in UInt32(n * 1000 + 1) }
        let small = thousands.filter { place in place % 3 != 0 }
        #expect(survey.samples[1] == small)
        let again = labels.withUnsafeBufferPointer { ClassSurvey(of: $0, shape: shape, seed: 42) }
        #expect(again.samples == survey.samples)
        let other = labels.withUnsafeBufferPointer { ClassSurvey(of: $0, shape: shape, seed: 43) }
        #expect(other.samples[0] != survey.samples[0])
    }
}
