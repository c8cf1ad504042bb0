import FoundationEssentials
import Glibc

extension DatasetDescription {
    /// The label table that the description states.
    ///
    /// nnU-Net's regions overlap: a value that several regions hold is named after the smallest, and the name says so. The
    /// label called `ignore` is no class.
    ///
    /// - Throws: ``UnreadableDescription`` when a value does not fit 1...255, or there is no label but background.
    func classTable(_ structures: StructureCatalogue, file: String) throws(UnreadableDescription)
        -> (classes: [ManifestClass], ignoredValue: Int?)
    {
        var names: [Int: (name: String, regionSize: Int)] = [:]
        var ignoredValue: Int?
        for label in labels {
            for value in label.values where value != 0 {
                guard (1...255).contains(value) else {
                    throw UnreadableDescription(
                        file: file, reason: "the label \"\(label.name)\" with the value \(value), outside 1 to 255")
                }
                if label.name.lowercased() == "ignore" {
                    ignoredValue = value
                } else if (names[value]?.regionSize ?? .max) > label.values.count {
                    let name = label.values.count == 1 ? label.name : "\(label.name) (value \(value))"
                    names[value] = (name, label.values.count)
                }
            }
        }
        guard !names.isEmpty else { throw UnreadableDescription(file: file, reason: "no label beside the background") }
        let classes = names.sorted { $0.key < $1.key }.map { value, label in
            structures.labelClass(value: value, name: label.name, context: name)
        }
        return (structures.paired(classes), ignoredValue)
    }

    /// The modality of a channel, by its name.
    func modality(channel: Int) -> Modality { channels[channel].map { Modality(channelName: $0) } ?? .other }

    /// A name for the dataset that suits a folder name: that of the dataset's folder, such as `task04-hippocampus`.
    func datasetName(folder: URL, manifest: Manifest) -> String {
        for candidate in [realPath(folder.path).map { URL(filePath: $0).lastPathComponent } ?? "", name] {
            let plain = candidate.lowercased().unicodeScalars
                .map {
                    $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil) ? Character($0) : " "
                }
            let words = String(plain).split(separator: " ").joined(separator: "-")
            if ManifestReader.isPlainName(words) { return words }
        }
        return manifest.name
    }

    /// Cases for the channels of one image. With one channel the case keeps its id; with several each channel is a case
    /// `id_0000` of the same subject.
    func channelCases(
        _ id: String, of dataset: String, split: Split, images: [(channel: Int, image: SourceImage)],
        label: SourceLabel?
    ) -> [SourceCase] {
        images.map { channel, image in
            SourceCase(
                dataset: dataset, id: images.count == 1 ? id : "\(id)_\(padded(channel, 4))", subject: id,
                modality: modality(channel: channel), officialSplit: split, image: image, label: label,
                notes: images.count == 1 ? [] : ["Channel \(channel), \(channels[channel] ?? "unnamed")."])
        }
    }
}

extension Manifest {
    /// Refuses a tree whose own label table means something else than the manifest: its labels would be learnt under wrong
    /// names.
    func checkLabelTable(_ description: DatasetDescription, _ root: SourceFolder, file: String) throws(LayoutError) {
        for label in description.labels where label.values.count == 1 {
            guard let expected = classes.first(where: { $0.value == label.values[0] }),
                let found = structures.structure(named: label.name, context: description.name),
                found.id != expected.structure
            else { continue }
            throw LayoutError(
                root, self,
                found: "\(file), which calls label \(expected.value) \"\(label.name)\" and not \(expected.name)",
                fix: "Map the labels back to the release's values, or describe this copy in a manifest of its own.")
        }
    }
}

extension CaseListing {
    /// Gives test cases that bear the id of a training case an id of their own, which ends in `-test`, or in `-test2` and so on
    /// where that is taken. The subject stays the same, which the audit reports: an id in both parts is either one patient in
    /// two parts or a numbering that begins anew.
    mutating func tellTestCasesApart() {
        let known = Set(cases.filter { $0.officialSplit != .test }.map(\.id))
        var taken = Set(cases.map(\.id))
        for n in cases.indices where cases[n].officialSplit == .test && known.contains(cases[n].id) {
            let wanted = cases[n].id + "-test"
            var id = wanted, number = 2
            while !taken.insert(id).inserted {
                id = wanted + String(number)
                number += 1
            }
            cases[n].id = id
        }
        cases = Self.ordered(cases)
    }
}
