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
