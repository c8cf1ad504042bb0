import Episodes
import FoundationEssentials
import Testing
import VolumeStore
import Volumes

@Suite struct RenderingPlanTests {
    static func fullPlan() throws -> PatchPlan {
        var p = SpatialParameters(centre: SIMD3(100.0 / 3, 0.1, 7))
        p.rotation = SIMD3(0.1, 0.2, 1.0 / 3)
        let shape = try GridShape(33, 20, 17)
        var plan = PatchPlan(
            source: CaseKey(dataset: "amos22", name: "amos_0001"), shape: shape,
            map: p.voxelMap(shape: shape, sourceSpacing: try Spacing(1.5, 1.5, 1.5)))
        plan.elastic = ElasticDeformation(
            controlPoints: SIMD3(7, 8, 9), amplitude: SIMD3(4, 5, 6.1), key: RandomKey(0xfedc_ba98_7654_3210))
        plan.padding = .constant(value: -0.1)
        plan.flips = Flips(i: true)
        plan.labelSwaps = [LabelSwap(2, 3)]
        plan.maskValues = [6, 2]
        plan.intensity = [
            .brightnessMultiply(factor: 1.1), .brightnessAdd(offset: 0.1), .contrast(factor: 0.9),
            .gamma(exponent: 0.7, inverted: true),
            .biasField(coefficients: (0..<20).map { 0.01 * Double($0) }, pivot: -2),
            .gaussianBlur(sigma: SIMD3(0.5, 0.6, 0.7)), .gaussianNoise(sigma: 0.1, key: RandomKey(1)),
            .ricianNoise(sigma: 0.1, floor: -2, key: RandomKey(.max)), .lowResolution(factor: SIMD3(0.5, 0.6, 0.7)),
            .sharpening(amount: 0.5, sigma: SIMD3(1, 1, 1)),
            .cutOut(boxes: [VoxelBox(lower: SIMD3(1, 2, 3), upper: SIMD3(4, 5, 6))], value: 0),
        ]
        return plan
    }

    /// Numbers such as 1/3 have no short decimal form; the text must still give back every bit.
    @Test func jsonReplaysExactly() throws {
        let plan = try Self.fullPlan()
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let text = try encoder.encode(plan)
        let back = try JSONDecoder().decode(PatchPlan.self, from: text)
        #expect(back == plan)
        #expect(back.map.origin.x.bitPattern == plan.map.origin.x.bitPattern)
        #expect(try encoder.encode(back) == text)
        #expect(String(decoding: text, as: UTF8.self).contains("\"fedcba9876543210\""))
    }

    @Test func malformedPartsAreRefused() throws {
        func decode<T: Decodable>(_: T.Type, _ text: String) throws -> T {
            try JSONDecoder().decode(T.self, from: Data(text.utf8))
        }
        #expect(throws: DecodingError.self) { try decode(RandomKey.self, "\"12\"") }
        #expect(throws: DecodingError.self) { try decode(VoxelMap.self, "[[1,0,0],[0,1,0],[0,0,1]]") }
        #expect(throws: DecodingError.self) { try decode(GridShape.self, "[0,4,4]") }
        #expect(try decode(RandomKey.self, "\"00000000000000ff\"") == RandomKey(255))
    }

    /// Control values are uniform in ±amplitude per axis: all inside, mean near 0, variance near amplitude² / 3.
    @Test func displacementsFollowTheKey() {
        let e = ElasticDeformation(controlPoints: SIMD3(16, 16, 16), amplitude: SIMD3(3, 1, 0), key: RandomKey(5))
        let values = e.displacements(), n = 16 * 16 * 16
        #expect(values.count == 3 * n && values == e.displacements())
        for (axis, amplitude) in [(0, Float(3)), (1, 1), (2, 0)] {
            let part = values[axis * n..<(axis + 1) * n]
            #expect(part.allSatisfy { abs($0) <= amplitude })
            let mean = part.reduce(0, +) / Float(n), square = part.reduce(0) { $0 + $1 * $1 } / Float(n)
            // The standard error of the mean is amplitude / sqrt(3 n) = amplitude / 111; 5 of them.
            #expect(
                abs(mean) <= amplitude * 0.045
                    && abs(square - amplitude * amplitude / 3) <= 0.03 * amplitude * amplitude)
        }
        var other = e
        other.key = RandomKey(6)
        #expect(other.displacements() != values)
    }
}
