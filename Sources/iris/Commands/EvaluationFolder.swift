import FoundationEssentials
import IrisTraining
import Metrics
import NIfTI
import Reports
import VolumeStore
import Volumes

/// The files of `iris evaluate`.
struct EvaluationFolder {
    let folder: URL

    init(_ folder: URL) { self.folder = folder }

    var ledger: URL { folder.appending(path: "ledger.json") }

    func write(_ ledger: EvaluationLedger) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try ledger.encoded().write(to: self.ledger, options: .atomic)
    }

    /// Writes `result.json`, `result.csv` and `report.html`.
    func write(_ result: EvaluationResult, store: VolumeStore) throws {
        try EvaluationFile.write(result, to: folder.appending(path: "result.json"))
        try Data(csv(of: result).utf8).write(to: folder.appending(path: "result.csv"), options: .atomic)
        var page = EvaluationPage(result)
        page.volumes = { run in try? volumes(of: run, store) }
        try page.write(to: folder.appending(path: "report.html"))
    }

    /// Image, reference and prediction of a run; `nil` when the prediction was not kept.
    private func volumes(of run: EvaluationResult.Run, _ store: VolumeStore) throws
        -> (image: Volume<Float>, reference: LabelMap, prediction: LabelMap)?
    {
        let key = CaseKey(dataset: run.dataset, name: run.name)
        guard let file = run.prediction, let record = try store.record(of: key),
            case .prepared(let prepared) = record.status
        else { return nil }
        let opened = try store.open(prepared, key: key)
        guard let labels = opened.labels else { return nil }
        let intensities = opened.image.buffer.map { Float(opened.quantisation.intensity($0)) }
        return (
            try Volume(grid: opened.grid, voxels: intensities),
            try LabelMap(grid: opened.grid, voxels: Array(labels.buffer)),
            try NIfTIFile.read(at: folder.appending(path: file.path).path).labelMap()
        )
    }

    /// One row per segmentation and class; a score that does not exist is an empty field.
    private func csv(of result: EvaluationResult) -> String {
        let scores = ClassMetrics.scores
        let names = Dictionary(
            uniqueKeysWithValues: result.classes.map { (ClassKey(dataset: $0.dataset, value: $0.value), $0.name) })
        let head = ["strategy", "repeat", "dataset", "case", "value", "name"] + scores.map(\.name)
        var text = CSV.row(head + ["referenceVolume", "predictionVolume", "seconds"])
        for run in result.runs {
            for metrics in run.metrics {
                let name = names[ClassKey(dataset: run.dataset, value: metrics.value)] ?? ""
                text += CSV.row(
                    [run.strategy, "\(run.repeat)", run.dataset, run.name, "\(metrics.value)", name]
                        + scores.map { metrics[keyPath: $0.value].map { "\($0)" } ?? "" }
                        + ["\(metrics.referenceVolume)", "\(metrics.predictionVolume)", "\(run.seconds)"])
            }
        }
        return text
    }
}
