import FoundationEssentials
import IrisTraining
import Preparation
import Testing
import Volumes

@Suite struct InferenceRecordTests {
    private static func text(_ spacing: String) -> String {
        """
        algorithm: 1
        spacing: \(spacing)
        oblique: keep
        interpolation: cubic
        throughPlane: same
        crop: labels 10 20 30
        window CT: -991.0 500.0
        stepsPerDeviation: 1000.0
        nonFinite: refuse
        labelTolerance: 0.1
        largestShear: 0.05
        labelValues: 1 2

        """
    }

    private func record(_ spacings: [String?], modalities: [[String]]) -> InferenceRecord {
        InferenceRecord(
            patch: try! GridShape(16, 32, 48), padding: .constant(value: -1.5),
            datasets: zip(["amos22", "bcv"], zip(spacings, modalities)).map {
                .init(
                    name: $0, preparation: $1.0.map(Self.text), modalities: $1.1,
                    classes: [TaskClass(value: 6, name: "liver")])
            })
    }

    @Test func theRecordComesBackFromMetadata() throws {
        let record = record(["1 1 1", nil], modalities: [["CT"], ["MR"]])
        let metadata = [InferenceRecord.metadataKey: try record.json]
        #expect(try InferenceRecord(metadata: metadata, file: "c") == record)
        #expect(throws: InferenceError.self) { try InferenceRecord(metadata: [:], file: "c") }
        #expect(throws: InferenceError.self) { try InferenceRecord(metadata: ["inference": "{}"], file: "c") }
    }

    @Test func datasetsPreparedAlikeNeedNoName() throws {
        let alike = record(["1 1 1", "1 1 1"], modalities: [["CT"], ["CT"]])
        #expect(
            try alike.preparation(dataset: nil, file: "c")
                == FilePreparation(canonicalText: Self.text("1 1 1"), file: ""))
        #expect(try alike.modality(named: nil, dataset: nil, file: "c") == .ct)
        let apart = record(["1 1 1", "2 2 2"], modalities: [["CT"], ["MR", "CT"]])
        #expect(
            throws: InferenceError.checkpoint(
                file: "c",
                problem:
                    "trained on amos22, bcv, which were prepared differently. Say with --dataset whose way is meant.")
        ) { try apart.preparation(dataset: nil, file: "c") }
        #expect(
            try apart.preparation(dataset: "bcv", file: "c")
                == FilePreparation(canonicalText: Self.text("2 2 2"), file: ""))
        #expect(try apart.modality(named: nil, dataset: "amos22", file: "c") == .ct)
        #expect(try apart.modality(named: "pet", dataset: nil, file: "c") == .pet)
        #expect(
            throws: InferenceError.checkpoint(
                file: "c", problem: "trained on images of CT and MR. Say with --modality which these are.")
        ) { try apart.modality(named: nil, dataset: nil, file: "c") }
    }

    @Test func unknownNamesGetTheNearest() throws {
        let record = record(["1 1 1", nil], modalities: [["CT"], ["CT"]])
        #expect(
            throws: InferenceError.checkpoint(
                file: "c",
                problem: "expected a dataset of its training (amos22, bcv) but found amos21. Did you mean amos22?")
        ) { try record.dataset(named: "amos21", file: "c") }
        #expect(
            throws: InferenceError.checkpoint(
                file: "c",
                problem: "trained on amos22, bcv. Say with --dataset whose classes are meant.")
        ) { try record.dataset(named: nil, file: "c") }
        #expect(
            throws: InferenceError.checkpoint(
                file: "c",
                problem:
                    "the cases of bcv were prepared in several ways, so that none is recorded. Prepare them alike with iris prepare --update, and train again."
            )
        ) { try record.preparation(dataset: "bcv", file: "c") }
    }
}
