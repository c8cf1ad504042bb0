import Configuration
import FoundationEssentials
import Volumes

extension Manifest {
    /// Reads the manifest called `name` from the project's folder, or from the file that `name` is the path of.
    public static func load(_ name: String) throws -> Manifest { try ManifestLibrary.standard().manifest(name) }

    /// Reads a manifest file; lists of ids that it names are looked for in its folder.
    public init(file: URL, structures: StructureCatalogue) throws {
        let folder = file.deletingLastPathComponent()
        try self.init(text: readText(file), file: file.path, structures: structures) { name in
            let list = folder.appending(path: name)
            // A list is text that came with the manifest; where it is a link, that leads nowhere else either.
            guard realPath(list.path) == nil || isBelow(folder.path, list.path) else {
                throw ManifestError(
                    "\(list.path): expected a file below the manifest's folder but found a link to "
                        + "\(realPath(list.path) ?? ""). Copy the file there.")
            }
            return try readText(list)
        }
    }

    /// Reads the text of a manifest. `splitText` gives the text of a list of ids by its safe relative path.
    ///
    /// - Throws: `ConfigurationError` naming line and key; whatever `splitText` throws.
    package init(text: String, file: String, structures: StructureCatalogue, splitText: (String) throws -> String)
        throws
    {
        let root = try YAMLValue(text: text, file: file)
        var official: YAMLValue?, paper: YAMLValue?
        let draft = try root.mapping { (keys) throws(ConfigurationError) in
            let splits = try ManifestReader.splits(keys.optional("splits"))
            (official, paper) = splits
            let name = try ManifestReader.name(keys.required("name"))
            let title = try keys.required("title").string()
            let version = try keys.required("version").string()
            let licence = try keys.required("licence").string()
            let licenceURL = try keys.optional("licenceURL")?.string()
            let citation = try keys.required("citation").string()
            let creator = try keys.optional("creator")?.string()
            let published = try keys.optional("published").map { (value) throws(ConfigurationError) in
                try ManifestReader.date(value)
            }
            let classes = try ManifestReader.classes(keys.required("classes"), structures: structures)
            return Manifest(
                file: file, name: name, title: title, version: version, licence: licence,
                licenceURL: licenceURL, citation: citation, creator: creator, published: published,
                source: try ManifestReader.source(keys.required("source")),
                layout: try ManifestReader.layout(keys.required("layout")),
                modality: try ManifestReader.modality(keys.required("modality")),
                intensityUnits: try ManifestReader.intensity(keys.required("intensity")),
                classes: classes,
                labelRules: try ManifestReader.labelRules(keys.optional("labelRules"), classes: classes),
                labelGeometry: try keys.optional("labelGeometry")?.choice() ?? .own,
                probabilityRule: try keys.optional("probabilityRule").map { (value) throws(ConfigurationError) in
                    try ProbabilityLabelRule(value)
                },
                expectedCounts: try ManifestReader.counts(keys.optional("counts")),
                officialSplit: nil, paperSplit: nil,
                knownDefects: try ManifestReader.defects(keys.optional("knownDefects")),
                spacingCorrections: try ManifestReader.corrections(keys.optional("spacingCorrections")),
                cropContext: try ManifestReader.cropContext(keys.required("cropContext")),
                notes: try keys.strings("notes"), structures: structures)
        }
        self = draft.with(
            official: try official.map { try ManifestReader.splitLists($0, text: splitText) },
            paper: try paper.map { try ManifestReader.splitLists($0, text: splitText) })
    }

    private func with(official: SplitLists?, paper: SplitLists?) -> Manifest {
        Manifest(
            file: file, name: name, title: title, version: version, licence: licence, licenceURL: licenceURL,
            citation: citation, creator: creator, published: published, source: source,
            layout: layout, modality: modality, intensityUnits: intensityUnits, classes: classes,
            labelRules: labelRules,
            labelGeometry: labelGeometry, probabilityRule: probabilityRule, expectedCounts: expectedCounts,
            officialSplit: official, paperSplit: paper, knownDefects: knownDefects,
            spacingCorrections: spacingCorrections,
            cropContext: cropContext, notes: notes, structures: structures)
    }
}
