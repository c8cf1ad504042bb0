import Digests
import FoundationEssentials
import NIfTI
import Volumes

/// What is measured and checked of labels that are maps of probability.
extension Examination {
    mutating func examineMaps(_ urls: [URL], of record: inout CaseRecord, image: NIfTIImage?) {
        let source = record.source
        var maps: [NIfTIImage] = [], headers: [NIfTIHeader] = []
        for url in urls {
            guard let (header, map) = read(url, role: .label, case: source.id) else { return }
            headers.append(header)
            let path = examiner.path(url)
            let label = LabelRecord(file: path, frame: 0, grid: header.grid, datatype: header.datatype)
            compareGeometry(record, label: label)
            guard let map else { continue }
            maps.append(map)
            let census = map.withUnsafeBytes { VoxelCensus($0, datatype: header.datatype) }
            setDigest(census.digest, of: path)
            reportMap(census, header: header, path: path, case: source.id)
        }
        record.sharesShape = headers.allSatisfy { $0.grid.shape == record.image?.grid.shape }
        var label = LabelRecord(
            file: examiner.path(urls[0]), frame: 0, grid: headers[0].grid, datatype: headers[0].datatype)
        defer { record.label = label }
        guard maps.count == 3, let rule = examiner.probabilityRule,
            headers.allSatisfy({ $0.grid.shape == headers[0].grid.shape })
        else { return }
        let values = maps.map { $0.scaledFloats() }
        let labels = values[0].indices.map {
            rule.label(grayMatter: values[0][$0], whiteMatter: values[1][$0], csf: values[2][$0])
        }
        labels.withUnsafeBufferPointer { labels in
            let runs = LabelRuns(labels, shape: headers[0].grid.shape)
            label.classes = runs.classes()
            label.isExamined = true
            label.digest = ContentHasher.digest(of: UnsafeRawBufferPointer(labels))
            if record.sharesShape, let image, let window = record.image?.window(header: image.header) {
                let probe = LabelProbe(runs, labels: labels, budget: 400)
                label.agreement = image.withUnsafeBytes(frame: record.image!.frame) { voxels in
                    LabelAgreement(
                        probe, image: FrameVoxels(bytes: voxels, datatype: image.header.datatype), window: window)
                }
            }
        }
        checkClasses(of: label, record: record)
    }

    private mutating func reportMap(_ census: VoxelCensus, header: NIfTIHeader, path: String, case caseID: String) {
        if census.nans + census.infinities > 0 {
            let index = census.firstSpecial ?? 0
            add(
                .nonFiniteLabel, case: caseID, file: path, expected: "probabilities",
                found: "\(census.nans + census.infinities) voxels that are not finite",
                place: .init(voxel: header.voxel(at: index)))
        }
        guard let low = census.minimum.map(header.scaled), let high = census.maximum.map(header.scaled) else { return }
        if min(low, high) < -0.001 || max(low, high) > 1.001 {
            add(
                .probabilityOutOfRange, case: caseID, file: path, expected: "values from 0 to 1",
                found: "\(min(low, high).short) to \(max(low, high).short)")
        }
        if low == high {
            add(.emptyLabel, case: caseID, file: path, expected: "a probability map", found: "\(low.short) everywhere")
        }
    }
}
