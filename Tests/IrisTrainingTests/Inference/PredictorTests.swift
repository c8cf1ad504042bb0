import Glibc
import IrisModel
import IrisTraining
import Tensors
import Testing
import Volumes

/// The predictor against the network itself, called directly on patches cut out by hand.
@Suite(.serialized) struct PredictorTests {
    private static let cube = try! GridShape(16, 16, 16)

    /// A patch of the image by the formula: clip to ±400, divide by 100; outside lies the lower end, -4.
    private func patch(_ volume: Volume<Int16>, at origin: SIMD3<Int>) -> [Float] {
        cut(at: origin) { i, j, k in
            volume.grid.shape.contains(i, j, k) ? Float(min(max(volume[i, j, k], -400), 400)) / 100 : -4
        }
    }

    private func mask(_ labels: LabelMap, _ value: UInt8, at origin: SIMD3<Int>) -> [Float] {
        cut(at: origin) { i, j, k in labels.grid.shape.contains(i, j, k) && labels[i, j, k] == value ? 1 : 0 }
    }

    private func cut(at origin: SIMD3<Int>, _ value: (Int, Int, Int) -> Float) -> [Float] {
        var result: [Float] = []
        for k in 0..<16 {
            for j in 0..<16 { for i in 0..<16 { result.append(value(origin.x + i, origin.y + j, origin.z + k)) } }
        }
        return result
    }

    /// The probabilities of both classes in one patch, by the network's own forward pass.
    private func answer(_ predictor: Predictor, _ query: [Float]) throws -> [Double] {
        let (image, labels) = InferenceToy.volumes(1, Self.cube)
        return try Engine.shared.run {
            try predictor.network(
                query: Tensor(query, shape: [1, 1, 16, 16, 16]),
                references: Tensor(patch(image, at: .zero), shape: [1, 1, 1, 16, 16, 16]),
                masks: Tensor(
                    mask(labels, 1, at: .zero) + mask(labels, 2, at: .zero), shape: [1, 1, 2, 16, 16, 16]),
                on: Tape(recording: false)
            ).logits.value.values
        }.map { 1 / (1 + exp(-Double($0))) }
    }

    private func predicted(_ predictor: Predictor, _ shape: GridShape) throws -> [Float] {
        let context = try predictor.context(
            .oneShot, classes: InferenceToy.classes, references: [InferenceToy.reference(1, Self.cube)])
        return try predictor.segment(InferenceToy.image(0, shape), in: context).probabilities.flatMap { $0 }
    }

    /// A volume of one patch is one window, so the answer is that of the network itself.
    @Test func oneWindowIsTheNetworksOwnAnswer() throws {
        let predictor = try InferenceToy.predictor()
        let found = try predicted(predictor, Self.cube)
        let expected = try answer(predictor, patch(InferenceToy.volumes(0, Self.cube).image, at: .zero))
        #expect(found.count == expected.count && Set(found).count > 100)
        #expect(zip(found, expected).allSatisfy { abs(Double($0) - $1) < 1e-5 })
    }

    /// Windows by hand: 24 voxels take two, 8 apart; 20 take two, 4 apart; 10 take one that begins 3 before the volume. Their
    /// probabilities are averaged with weights exp(-d²/2s²), s = 2 voxels, nowhere below 1e-3.
    @Test func windowsAreBlendedWithGaussianWeights() throws {
        let predictor = try InferenceToy.trained()
        let shape = try GridShape(24, 20, 10), image = InferenceToy.volumes(0, shape).image
        var sums = [Double](repeating: 0, count: 2 * shape.count), weights = sums
        for origin in [SIMD3(0, 0, -3), SIMD3(8, 0, -3), SIMD3(0, 4, -3), SIMD3(8, 4, -3)] {
            let values = try answer(predictor, patch(image, at: origin))
            for (place, value) in values.enumerated() {
                let v = SIMD3(place % 16, place / 16 % 16, place / 256 % 16), at = origin &+ v
                guard shape.contains(at.x, at.y, at.z) else { continue }
                let d = (SIMD3<Double>(v) - 7.5) / 2
                let weight = max(1e-3, exp(-0.5 * (d * d).sum()))
                let index = place / 4096 * shape.count + shape.offset(at.x, at.y, at.z)
                sums[index] += weight * value
                weights[index] += weight
            }
        }
        let found = try predicted(predictor, shape)
        let difference = found.indices.map { abs(Double(found[$0]) - sums[$0] / weights[$0]) }.max()!
        #expect(difference < 1e-5)
        #expect(found.max()! > 0.9 && found.min()! < 0.1)
    }

    /// A class of 26 voxels length needs windows at 2 and 12 along i: its embedding is the mean of theirs, weighted by its
    /// voxels in each.
    @Test func aLongObjectIsEncodedInSeveralWindows() throws {
        let predictor = try InferenceToy.predictor()
        let shape = try GridShape(32, 16, 16), image = InferenceToy.volumes(5, shape).image
        var labels = try LabelMap(grid: image.grid, voxels: [UInt8](repeating: 0, count: shape.count))
        for i in 2..<28 { for j in 6..<9 { labels[i, j, i < 20 ? 7 : 8] = 1 } }
        let reference = try Reference(InferenceToy.image(5, shape), labels: labels)
        let encoded = try predictor.encode(reference, classes: InferenceToy.classes)
        #expect(predictor.work.referenceWindows == 2 && predictor.work.references == 1)
        var expected = [Double](repeating: 0, count: 3 * 16), total = 0.0
        for origin in [SIMD3(2, 0, 0), SIMD3(12, 0, 0)] {
            let mask = mask(labels, 1, at: origin), weight = Double(mask.reduce(0, +))
            let values = try Engine.shared.run {
                try predictor.network.embedding(
                    references: Tensor(patch(image, at: origin), shape: [1, 1, 1, 16, 16, 16]),
                    masks: Tensor(mask, shape: [1, 1, 1, 16, 16, 16]), on: Tape(recording: false)
                ).embedding.value.values
            }
            for (place, value) in values.enumerated() { expected[place] += weight * Double(value) }
            total += weight
        }
        #expect(encoded.embeddings.classes == [InferenceToy.classes[0]])
        #expect(zip(encoded.embeddings.values, expected).allSatisfy { abs(Double($0) - $1 / total) < 1e-5 })
    }

    /// A class in two far corners: its box takes eight tiles, of which only two hold a voxel of it.
    @Test func tilesWithoutTheObjectAreLeftOut() throws {
        let predictor = try InferenceToy.predictor()
        let shape = try GridShape(32, 32, 32), image = InferenceToy.volumes(5, shape).image
        var labels = try LabelMap(grid: image.grid, voxels: [UInt8](repeating: 0, count: shape.count))
        (labels[0, 0, 0], labels[31, 31, 31]) = (2, 2)
        let reference = try Reference(InferenceToy.image(5, shape), labels: labels)
        #expect(
            try predictor.encode(reference, classes: InferenceToy.classes).embeddings.classes == [
                InferenceToy.classes[1]
            ])
        #expect(predictor.work.referenceWindows == 2)
    }

    @Test func inputsThatDoNotFitAreRefused() throws {
        let image = InferenceToy.image(0, Self.cube)
        let other = InferenceToy.volumes(0, try GridShape(16, 16, 17)).labels
        let refusal = #expect(throws: InferenceError.self) { try Reference(image, labels: other) }
        #expect(
            refusal?.description
                == "image 0: the image has 16 x 16 x 16 voxels but its labels 16 x 16 x 17. Resample the labels onto the image's grid by nearest neighbour."
        )
        try Engine.shared.run {
            let network = try IrisNetwork(InferenceToy.model)
            let record = InferenceRecord(patch: try GridShape(16, 18, 16))
            #expect(
                throws: InferenceError.checkpoint(
                    file: "c.safetensors",
                    problem:
                        "patches of 16 x 18 x 16 voxels do not suit a network that halves them to multiples of 4. Train with a patch size in such multiples."
                )
            ) { try Predictor(network, record: record, file: "c.safetensors") }
        }
    }

    @Test func outputThatIsNotANumberIsRefused() throws {
        let predictor = try InferenceToy.predictor()
        let context = try predictor.context(
            .oneShot, classes: InferenceToy.classes, references: [InferenceToy.reference(1, Self.cube)])
        Engine.shared.run {
            predictor.network.parameters.values.withMutableFloats { $0.update(repeating: .nan) }
            predictor.network.parameters.valuesChanged()
        }
        #expect(throws: InferenceError.notFinite(name: "image 0")) {
            try predictor.segment(InferenceToy.image(0, Self.cube), in: context)
        }
    }
}
