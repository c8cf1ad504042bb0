import IrisTraining
import Testing

@Suite struct EfficiencyTests {
    /// The passes are what the procedures say: with 3 queries and 4 classes one encoding, three, or twelve, and as many
    /// passes of queries as there are queries, or queries times classes.
    @Test func passesFollowFromTheProcedure() throws {
        var measurement = EfficiencyMeasurement()
        (measurement.queries, measurement.classes) = (3, 4)
        let rows = try measurement.run(try InferenceToy.predictor())
        #expect(rows.map(\.procedure) == [.encodedOnce, .perQuery, .perQueryAndClass])
        #expect(rows.map(\.referencePasses) == [1, 3, 12])
        #expect(rows.map(\.queryPasses) == [3, 3, 12])
        #expect(rows.allSatisfy { $0.seconds > 0 })
        // Twelve encodings and decodings of the same patch take longer than one and three.
        #expect(rows[2].seconds > rows[0].seconds)
        // Linux tells; the process holds at least the images and the network.
        #expect(rows.allSatisfy { $0.peakMemory > 1 << 20 })
    }
}
