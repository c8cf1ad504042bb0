import Glibc
import IrisModel
import IrisTraining
import Tensors
import Testing
import Volumes

@Suite(.serialized) struct PredictorTests {
    private let cube = try! GridShape(16, 16, 16)

    /// The image as the network takes it, by the formula: clip to ±400, divide by 100.
    private func tensor(_ index: Int, _ shape: GridShape) -> [Float] {
        InferenceToy.volumes(index, shape).image.voxels.map { Float(min(max($0, -400), 400)) / 100 }
    }

    private func masks(_ index: Int, _ shape: GridShape) -> [Float] {
        let labels = InferenceToy.volumes(index, shape).labels.voxels
        return [UInt8(1), 2].flatMap { value in labels.map { $0 == value ? 1 : 0 } }
    }

    /// A volume of one patch is one window, so the answer is that of the network itself.
    @Test func oneWindowIsTheNetworksOwnAnswer() throws {
        let predictor = try InferenceToy.predictor()
        let context = try predictor.context(
            .oneShot, classes: InferenceToy.classes, references: [InferenceToy.reference(1, cube)])
        let result = try predictor.segment(InferenceToy.image(0, cube), in: context)
        let logits = try Engine.shared.run {
            try predictor.network(
                query: Tensor(tensor(0, cube), shape: [1, 1, 16, 16, 16]),
                references: Tensor(tensor(1, cube), shape: [1, 1, 1, 16, 16, 16]),
                masks: Tensor(masks(1, cube), shape: [1, 1, 2, 16, 16, 16]), on: Tape(recording: false)
            ).logits.value.values
        }
        let found = result.probabilities.flatMap { $0 }
        let expected = logits.map { 1 / (1 + exp(-Double($0))) }
        #expect(found.count == expected.count && Set(found).count > 100)
        #expect(zip(found, expected).allSatisfy { abs(Double($0) - $1) < 1e-5 })
    }
}
