import NIfTI
import Volumes

/// What is measured and checked of an image.
extension Examination {
    /// NaN, infinities and constancy.
    mutating func report(_ census: VoxelCensus, header: NIfTIHeader, path: String, case caseID: String?) {
        let place = census.firstSpecial.map {
            Finding.Place(voxel: header.voxel(at: $0), frame: $0 / header.grid.shape.count)
        }
        let total = header.voxelCount
        if census.nans > 0 {
            add(
                .notANumber, case: caseID, file: path, expected: "\(total) numbers",
                found: "\(census.nans) that are none", place: place)
        }
        if census.infinities > 0 {
            add(
                .infiniteValue, case: caseID, file: path, expected: "\(total) finite numbers",
                found: "\(census.infinities) infinite ones", place: place)
        }
        if let minimum = census.minimum, minimum == census.maximum {
            add(
                .constantImage, case: caseID, file: path, expected: "an image",
                found: "\(header.scaled(minimum).short) everywhere")
        }
    }

    mutating func imageRecord(
        _ source: SourceCase, header: NIfTIHeader, image: NIfTIImage?, census whole: VoxelCensus?
    ) -> ImageRecord {
        let path = examiner.path(source.image.file), frame = source.image.frame ?? 0
        var record = ImageRecord(file: path, frame: frame, grid: header.grid, datatype: header.datatype)
        if let correction = source.spacingCorrection, let corrected = correction.corrected(header.grid.affine) {
            record.correctedAffine = corrected
            add(
                .spacingCorrected, case: source.id, file: path,
                expected: "voxels of \(correction.corrected.components.inMillimetres)",
                found: "\(header.grid.spacing.components.inMillimetres) in the header: \(correction.reason)")
        }
        guard frame < header.frameCount else {
            add(
                .invalidDimensions, case: source.id, file: path,
                expected: "at least \(frame + 1) frames along the fourth axis",
                found: "\(header.frameCount)")
            return record
        }
        guard let image else { return record }
        image.withUnsafeBytes(frame: frame) { bytes in
            let slope = header.scaling?.slope ?? 1, intercept = header.scaling?.intercept ?? 0
            // A file of one volume was counted already.
            let census =
                header.frameCount == 1 && whole != nil ? whole! : VoxelCensus(bytes, datatype: header.datatype)
            record.digest = census.digest
            record.fingerprint = ImageFingerprint(bytes, datatype: header.datatype, grid: header.grid)
            let sample = IntensitySample(bytes, datatype: header.datatype, slope: slope, intercept: intercept)
            if let low = census.minimum, let high = census.maximum, let mean = census.mean,
                let deviation = census.deviation
            {
                let ends = [low * slope + intercept, high * slope + intercept]
                (record.minimum, record.maximum) = (ends.min(), ends.max())
                (record.mean, record.deviation) = (mean * slope + intercept, deviation * abs(slope))
                let finding = IntensityCheck.findings(
                    modality: source.modality, sample: sample, minimum: ends.min()!, maximum: ends.max()!
                ) {
                    Finding(
                        $0, dataset: examiner.dataset, case: source.id, file: path, expected: $1, found: $2,
                        place: Finding.Place(voxel: header.grid.shape.components / 2, frame: frame))
                }
                if let finding { result.findings.append(finding) }
            }
            record.airLevel = sample.airLevel(source.modality)
            if let p1 = sample.quantile(0.01), let p50 = sample.quantile(0.5), let p99 = sample.quantile(0.99) {
                record.percentiles = SIMD3(p1, p50, p99)
            }
        }
        return record
    }
}

extension ImageRecord {
    /// The stored values between the 1st and the 99th percentile.
    func window(header: NIfTIHeader) -> ClosedRange<Float>? {
        guard let percentiles else { return nil }
        let slope = header.scaling?.slope ?? 1, intercept = header.scaling?.intercept ?? 0
        let ends = [Float((percentiles.x - intercept) / slope), Float((percentiles.z - intercept) / slope)]
        return ends.min()!...ends.max()!
    }
}
