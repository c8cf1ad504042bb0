import Datasets
import Digests
import FoundationEssentials
import NIfTI
import VolumeStore
import Volumes

/// Makes the prepared volumes of one case: decode, mend the geometry, order RAS, resample, crop, measure, quantise.
///
/// It is a pure function of the source files and the resolved configuration, and runs on one thread.
struct CasePreparation: Sendable {
    /// The dataset's folder.
    let folder: URL
    /// The name in the store, which a generic layout takes from the tree.
    let dataset: String
    let configuration: ResolvedConfiguration

    /// What goes into the store.
    struct Content {
        let description: CaseDescription
        let image: VolumeBuffer<Int16>
        let labels: LabelMap?
        /// The number of voxels of the source image.
        let sourceVoxels: Int
    }

    /// - Throws: `CaseRefusal` when the case cannot be used; `CancellationError` between two steps.
    func prepare(_ source: SourceCase) throws -> Content {
        var reader = SourceReader(folder: folder)
        var (voxels, sourceGrid, findings) = try image(of: source, with: &reader)
        let file = reader.path(source.image.file)
        try Task.checkCancellation()
        let intensities = try sourceIntensities(of: &voxels, file: file, findings: &findings)
        let sampling = try PreparedSampling(of: voxels.grid, configuration.configuration)
        let (box, map) = try labels(of: source, on: sourceGrid, sampling, with: &reader, findings: &findings)
        try Task.checkCancellation()
        let count = voxels.grid.shape.count
        let resampled: VolumeBuffer<Float>
        do throws(NIfTIError) {
            // The source's memory is free again afterwards, for what comes next.
            resampled = try sampling.image(consume voxels, box: box, file: source.image.file.path)
        } catch {
            throw reader.refusal(error)
        }
        let (normalisation, quantisation) = try storage(of: resampled, source, file: file, findings: &findings)
        let description = CaseDescription(
            key: CaseKey(dataset: dataset, name: source.id), subject: source.subject,
            modality: source.modality.rawValue,
            officialSplit: CaseSplit(source.officialSplit), paperSplit: CaseSplit(source.paperSplit),
            sourceGrid: sourceGrid,
            sourceIntensities: intensities, quantisation: quantisation, normalisation: normalisation,
            sources: reader.files,
            configurationDigest: configuration.digest, findings: findings)
        do throws(NIfTIError) {
            let image = try resampled.quantised(quantisation, file: source.image.file.path)
            return Content(description: description, image: image, labels: map, sourceVoxels: count)
        } catch {
            throw reader.refusal(error)
        }
    }

    private func image(of source: SourceCase, with reader: inout SourceReader) throws(CaseRefusal)
        -> (SourceVoxels, Grid, [StoredFinding])
    {
        let read = try reader.read(source.image.file, role: .image)
        let frame = try reader.frame(source.image.frame, of: read)
        let geometry = try SourceGeometry(
            header: read.header, of: source, file: reader.path(source.image.file),
            largestShear: configuration.configuration.largestShear)
        let voxels: SourceVoxels
        do throws(NIfTIError) { voxels = try SourceVoxels(read, frame: frame, grid: geometry.grid) } catch {
            throw reader.refusal(error)
        }
        return (voxels, geometry.grid, geometry.findings)
    }

    private func sourceIntensities(of voxels: inout SourceVoxels, file: String, findings: inout [StoredFinding])
        throws(CaseRefusal) -> SourceIntensities
    {
        guard let found = voxels.statistics() else {
            throw CaseRefusal(
                .notANumber, file: file, expected: "intensities", found: "not one finite voxel",
                fix: "Fetch the image again.")
        }
        if found.nonFinite > 0 {
            guard configuration.configuration.nonFinite == .replace else {
                throw CaseRefusal(
                    .notANumber, file: file, expected: "finite intensities",
                    found: "\(found.nonFinite) voxels that are infinite or not a number",
                    fix: "Repair the image, leave the case out, or set nonFinite: replace.")
            }
            voxels = voxels.replacingNonFinite(by: found.minimum)
            findings.append(
                StoredFinding(
                    .notANumber, .warning, file: file, expected: "finite intensities",
                    found: "\(found.nonFinite) voxels that are infinite or not a number",
                    fix: "Nothing: they were replaced by the smallest finite value."))
        }
        return SourceIntensities(
            minimum: found.minimum, maximum: found.maximum, mean: found.mean, nonFinite: found.nonFinite)
    }

    /// The part of the prepared grid that is kept, and the labels on it, if the case has any.
    private func labels(
        of source: SourceCase, on image: Grid, _ sampling: PreparedSampling, with reader: inout SourceReader,
        findings: inout [StoredFinding]
    ) throws -> (VoxelBox, LabelMap?) {
        guard let label = source.label else { return (VoxelBox(sampling.target.shape), nil) }
        let labels = try LabelReader(source: source, image: image, configuration: configuration).read(
            label, with: &reader)
        findings += labels.findings
        try Task.checkCancellation()
        return try crop(
            sampling, labels, file: reader.path(source.image.file), findings: &findings)
    }

    /// The part of the prepared grid that is kept, and the labels on it. Outside of what source labels reach there are none,
    /// so they are resampled there only.
    private func crop(
        _ sampling: PreparedSampling, _ labels: SourceLabels, file: String, findings: inout [StoredFinding]
    ) throws -> (VoxelBox, LabelMap) {
        let whole = VoxelBox(sampling.target.shape)
        let around = sampling.reach(of: labels.box)
        var part = try sampling.labels(labels.voxels, box: around)
        if let replacements = labels.replacements { part.replaceLabels(by: replacements) }
        let classes = part.voxels.withUnsafeBufferPointer { ClassSurvey.presences(in: $0, shape: part.grid.shape) }
        let lost = Set(labels.classes.map(\.value)).subtracting(classes.map(\.value)).sorted()
        guard let first = classes.first else {
            throw CaseRefusal(
                .emptyLabel, file: file, expected: "labels larger than a voxel of the prepared grid",
                found: "none that its voxel centres meet", fix: "Use a smaller spacing, or leave the case out.")
        }
        if !lost.isEmpty {
            findings.append(
                StoredFinding(
                    .missingClass, .info, file: file, expected: "every class of the source",
                    found: "no voxel of class \(lost.map { "\($0)" }.joined(separator: ", "))",
                    fix: "Nothing, unless the spacing can be smaller: the structure is too small for the prepared grid."
                ))
        }
        guard let context = configuration.cropContext else {
            return (whole, part.recut(around, to: whole, of: sampling.target))
        }
        let box = VoxelBox(
            lower: classes.map(\.box.lower).reduce(first.box.lower, pointwiseMin) &+ around.lower,
            upper: classes.map(\.box.upper).reduce(first.box.upper, pointwiseMax) &+ around.lower
        ).expanded(by: SIMD3(context.x, context.y, context.z), within: sampling.target.shape)
        return (box, part.recut(around, to: box, of: sampling.target))
    }

    /// Window, mean and deviation of the prepared volume, and how it is kept in 16 bits.
    private func storage(
        of volume: VolumeBuffer<Float>, _ source: SourceCase, file: String, findings: inout [StoredFinding]
    ) throws(CaseRefusal) -> (IntensityNormalisation, Quantisation) {
        let settings = configuration.configuration
        var low: Double, high: Double
        switch settings.windows[source.modality]! {
        case .values(let lower, let upper): (low, high) = (lower, upper)
        case .percentiles(let lower, let upper):
            let values = volume.withView { $0.percentiles([lower, upper])! }
            (low, high) = (values[0], values[1])
        }
        (low, high) = (Double(Float(low)), Double(Float(high)))
        let statistics = volume.withView { $0.statistics(clampedTo: Float(low)...Float(high))! }
        guard
            let normalisation = IntensityNormalisation(
                clipLow: low, clipHigh: high, mean: statistics.mean, standardDeviation: statistics.standardDeviation)
        else {
            throw CaseRefusal(
                .constantImage, file: file, expected: "an image with contrast between \(low) and \(high)",
                found: "the same value everywhere", fix: "Fetch the image again, or correct its modality.")
        }
        let quantisation = IntensityStorage.quantisation(
            range: statistics.minimum...statistics.maximum, window: low...high, deviation: statistics.standardDeviation,
            stepsPerDeviation: settings.stepsPerDeviation)
        if quantisation.slope > statistics.standardDeviation / settings.stepsPerDeviation {
            findings.append(
                StoredFinding(
                    .constantImage, .warning, file: file,
                    expected:
                        "a deviation of at least 1/\(Int(IntensityStorage.steps / settings.stepsPerDeviation)) of the window",
                    found: "\(statistics.standardDeviation) in a window of \(high - low)",
                    fix:
                        "Look at the image: it is constant but for a few voxels. Its stored steps are coarser than asked for."
                ))
        }
        return (normalisation, quantisation)
    }
}

extension CaseSplit {
    init(_ split: Datasets.Split?) {
        self =
            switch split {
            case .train: .train
            case .val: .validation
            case .test: .test
            case nil: .none
            }
    }
}
