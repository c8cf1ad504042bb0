import Volumes

/// What shows only when the cases of a dataset are held against each other.
struct PopulationCheck {
    let dataset: String
    let cases: [CaseRecord]
    let classes: [ManifestClass]
    let rules: [LabelRule]
    let structures: StructureCatalogue

    func findings() -> [Finding] {
        identityAffines() + missingClasses() + specks() + labelTypes()
    }

    /// An affine that says nothing, in a dataset whose other affines say something.
    private func identityAffines() -> [Finding] {
        let images = cases.filter { $0.image != nil }
        let telling = images.filter { record in
            let affine = record.image!.grid.affine
            return !affine.isIdentity && (affine.orientation != .ras || affine.spacing.components.hasStepBesidesOne)
        }
        return images.compactMap { record in
            let image = record.image!
            guard image.grid.affine.isIdentity else { return nil }
            let others = images.count - 1, tellingOthers = telling.count
            guard others >= 1, 2 * tellingOthers >= others else { return nil }
            var finding = Finding(
                .identityAffine, severity: image.correctedAffine == nil ? .error : .information,
                dataset: record.source.dataset,
                case: record.source.id, file: image.file,
                expected: "voxel sizes and a position, as in \(tellingOthers) of the other \(others) images",
                found: "1 x 1 x 1 mm at the origin")
            if let correction = record.source.spacingCorrection, image.correctedAffine != nil {
                finding.acknowledgement = "the manifest replaces the spacing. \(correction.reason)"
            }
            return finding
        }
    }

    /// Classes that a case lacks, one finding per case.
    private func missingClasses() -> [Finding] {
        var absent: [String: [(name: String, others: Int, isOdd: Bool)]] = [:], groupSize: [Modality: Int] = [:]
        let labelled = cases.filter { $0.label?.classes.isEmpty == false }
        for (modality, group) in Dictionary(grouping: labelled, by: \.source.modality) {
            let dropped = Set(rules.filter { $0.modality == nil || $0.modality == modality }.flatMap(\.values))
            groupSize[modality] = group.count
            for one in classes where !dropped.contains(one.value) {
                let lacking = group.filter { record in !record.label!.classes.contains { $0.value == one.value } }
                let others = group.count - lacking.count
                for record in lacking {
                    let isOdd = !one.mayBeAbsent && lacking.count == 1 && others >= 4 && isInView(one, of: record)
                    absent[record.source.id, default: []].append((one.name, others, isOdd))
                }
            }
        }
        return labelled.compactMap { record in
            guard let classes = absent[record.source.id] else { return nil }
            let others = groupSize[record.source.modality]! - 1
            return Finding(
                .missingClass, severity: classes.contains(where: \.isOdd) ? .warning : .information,
                dataset: record.source.dataset,
                case: record.source.id, file: record.label?.file,
                expected: classes.map {
                    "\($0.name) (in \($0.others) of \(others) other \(record.source.modality.rawValue) cases)"
                }.joined(separator: ", "),
                found: "none",
                place: record.label!.classes.first.map { .init(voxel: $0.place, frame: record.label!.frame) })
        }
    }

    /// Whether a structure's typical height lies between those of structures that the case has.
    private func isInView(_ one: ManifestClass, of record: CaseRecord) -> Bool {
        guard let wanted = structures[one.structure], let position = wanted.position else { return false }
        let heights = record.label!.classes.compactMap { measure -> Double? in
            guard let name = classes.first(where: { $0.value == measure.value }),
                let structure = structures[name.structure],
                structure.frame == wanted.frame
            else { return nil }
            return structure.position?.z
        }
        return heights.contains { $0 >= position.z } && heights.contains { $0 <= position.z }
    }

    /// Stray pieces of one or two voxels, one finding per case. Labels made from probability maps are full of them.
    private func specks() -> [Finding] {
        cases.compactMap { record in
            guard case .file? = record.source.label, let label = record.label else { return nil }
            let affected = label.classes.filter { $0.specks > 0 }
            guard !affected.isEmpty else { return nil }
            return Finding(
                .labelSpeck, dataset: record.source.dataset, case: record.source.id, file: label.file,
                expected: "classes without stray voxels",
                found: affected.map { "\(name($0.value)): \($0.specks) of one or two voxels beside \($0.pieces[0])" }
                    .joined(separator: ", "),
                place: affected[0].speckPlace.map { .init(voxel: $0, frame: label.frame) })
        }
    }

    private func labelTypes() -> [Finding] {
        let labelled = cases.filter { record in
            if case .file = record.source.label { return record.label != nil }
            return false
        }
        let floating = labelled.filter { !$0.label!.datatype.isInteger }
        let isOdd = labelled.count >= 4 && floating.count <= labelled.count / 4
        var seen: Set<String> = []
        return floating.filter { seen.insert($0.label!.file).inserted }.map { record in
            Finding(
                .oddLabelType, severity: isOdd ? .warning : .information, dataset: record.source.dataset,
                case: record.source.id,
                file: record.label!.file,
                expected: "whole-number storage\(isOdd ? ", as in the dataset's other labels" : "")",
                found: "\(record.label!.datatype)")
        }
    }

    private func name(_ value: Int) -> String { classes.first { $0.value == value }?.name ?? "label \(value)" }
}

extension SIMD3<Double> {
    fileprivate var hasStepBesidesOne: Bool { (0..<3).contains { abs(self[$0] - 1) > 1e-4 } }
}
