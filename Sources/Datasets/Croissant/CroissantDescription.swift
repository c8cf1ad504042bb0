import FoundationEssentials

/// A dataset on disk in the words of MLCommons Croissant 1.0 (https://docs.mlcommons.org/croissant/docs/croissant-spec.html),
/// a JSON-LD vocabulary on top of schema.org: every file of every usable case with its SHA-256, a table of the cases and one of
/// the label values.
public struct CroissantDescription: Encodable {
    /// The vocabulary's standard context.
    private static let context = CroissantValue.object([
        "@language": "en", "@vocab": "https://schema.org/", "citeAs": "cr:citeAs", "column": "cr:column",
        "conformsTo": "dct:conformsTo",
        "cr": "http://mlcommons.org/croissant/", "rai": "http://mlcommons.org/croissant/RAI/",
        "data": .object(["@id": "cr:data", "@type": "@json"]),
        "dataType": .object(["@id": "cr:dataType", "@type": "@vocab"]),
        "dct": "http://purl.org/dc/terms/", "equivalentProperty": "cr:equivalentProperty",
        "examples": .object(["@id": "cr:examples", "@type": "@json"]),
        "extract": "cr:extract",
        "field": "cr:field", "fileProperty": "cr:fileProperty", "fileObject": "cr:fileObject", "fileSet": "cr:fileSet",
        "format": "cr:format", "includes": "cr:includes", "isLiveDataset": "cr:isLiveDataset",
        "jsonPath": "cr:jsonPath", "key": "cr:key",
        "md5": "cr:md5", "parentField": "cr:parentField", "path": "cr:path", "recordSet": "cr:recordSet",
        "references": "cr:references",
        "regex": "cr:regex", "repeated": "cr:repeated", "replace": "cr:replace", "samplingRate": "cr:samplingRate",
        "sc": "https://schema.org/",
        "separator": "cr:separator",
        "source": "cr:source", "subField": "cr:subField", "transform": "cr:transform",
    ])

    private let document: CroissantValue
    /// The number of files described.
    public let fileCount: Int
    /// The number of cases described.
    public let caseCount: Int

    public func encode(to encoder: any Encoder) throws { try document.encode(to: encoder) }

    /// Describes the usable cases of a tree. Reads every file once to hash it.
    ///
    /// - Parameters:
    ///   - manifest: name, licence, citation and classes.
    ///   - listing: the cases, as the adapter gave them.
    ///   - source: the folder that the adapter was given; paths in the description are relative to it.
    ///   - jobs: files hashed at once.
    ///   - progress: called with the bytes of each file hashed.
    /// - Throws: ``ManifestError`` when a file cannot be read.
    public init(_ manifest: Manifest, listing: CaseListing, source: URL, jobs: Int, progress: (Int) -> Void = { _ in })
        async throws
    {
        let root = source.standardizedFileURL.path
        let paths = Set(listing.cases.flatMap(\.files).map(\.path)).sorted()
        let digests = try await FileDigest.all(paths, jobs: jobs, progress: progress)
        func relative(_ path: String) -> String {
            let path = URL(filePath: path).standardizedFileURL.path
            return path.hasPrefix(root + "/") ? String(path.dropFirst(root.count + 1)) : path
        }
        let files = digests.map { digest in
            let path = relative(digest.path)
            return CroissantValue.object([
                "@type": "cr:FileObject", "@id": .string(path), "name": .string(path), "contentUrl": .string(path),
                "contentSize": .string("\(digest.bytes) B"), "sha256": .string(digest.sha256.hexadecimal),
                "encodingFormat": path.hasSuffix(".gz") ? "application/gzip" : "application/x-nifti",
            ])
        }
        let classes = listing.classes ?? manifest.classes
        // A known licence is named by its address first, as the specification wants it.
        let licences = [manifest.licenceURL, manifest.licence].compactMap(\.self).map(CroissantValue.string)
        var properties: [String: CroissantValue] = [
            "@context": Self.context, "@type": "sc:Dataset", "conformsTo": "http://mlcommons.org/croissant/1.0",
            "name": .string(listing.dataset),
            "description": .string("\(manifest.title). \(manifest.notes.joined(separator: " "))"),
            "url": .string(manifest.source.homepage), "license": .array(licences),
            "citeAs": .string(manifest.citation),
            "version": .string(manifest.version), "distribution": .array(files),
            "recordSet": .array([Self.caseTable(listing, relative: relative), Self.classTable(classes)]),
        ]
        properties["datePublished"] = manifest.published.map(CroissantValue.string)
        properties["creator"] = manifest.creator.map {
            .object(["@type": "sc:Organization", "name": .string($0)])
        }
        document = .object(properties)
        (fileCount, caseCount) = (files.count, listing.cases.count)
    }

    private static func field(_ set: String, _ name: String, _ type: String, _ description: String) -> CroissantValue {
        .object([
            "@type": "cr:Field", "@id": .string("\(set)/\(name)"), "name": .string(name),
            "description": .string(description),
            "dataType": .string(type),
        ])
    }

    private static func caseTable(_ listing: CaseListing, relative: (String) -> String) -> CroissantValue {
        let rows = listing.cases.map { one in
            let label: (files: [String], frame: Int?) =
                switch one.label {
                case .file(let file, let frame): ([file.path], frame)
                case .probabilityMaps(let gray, let white, let csf): ([gray.path, white.path, csf.path], nil)
                case nil: ([], nil)
                }
            return CroissantValue.object([
                "cases/id": .string(one.id), "cases/subject": .string(one.subject),
                "cases/modality": .string(one.modality.rawValue),
                "cases/split": .string(one.officialSplit?.rawValue ?? ""),
                "cases/paper_split": .string(one.paperSplit?.rawValue ?? ""),
                "cases/image": .string(relative(one.image.file.path)), "cases/image_frame": .int(one.image.frame ?? 0),
                "cases/label": .string(label.files.map(relative).joined(separator: " ")),
                "cases/label_frame": .int(label.frame ?? 0),
            ])
        }
        return .object([
            "@type": "cr:RecordSet", "@id": "cases", "name": "cases",
            "description": "One image with its labels in each record.",
            "key": .object(["@id": "cases/id"]),
            "field": .array([
                field("cases", "id", "sc:Text", "Unique within the dataset."),
                field("cases", "subject", "sc:Text", "The patient."),
                field("cases", "modality", "sc:Text", "CT, MR, PET or other."),
                field("cases", "split", "sc:Text", "Part of the official release."),
                field("cases", "paper_split", "sc:Text", "Part in the paper's published lists."),
                field("cases", "image", "sc:Text", "The image's file."),
                field("cases", "image_frame", "sc:Integer", "Index along the fourth axis, from 0."),
                field(
                    "cases", "label", "sc:Text",
                    "The label's file, or the three probability maps, space between; empty without label."),
                field("cases", "label_frame", "sc:Integer", "Index along the fourth axis, from 0."),
            ]),
            "data": .array(rows),
        ])
    }

    private static func classTable(_ classes: [ManifestClass]) -> CroissantValue {
        .object([
            "@type": "cr:RecordSet", "@id": "classes", "name": "classes",
            "description": "The label values; 0 is background.",
            "key": .object(["@id": "classes/value"]),
            "field": .array([
                field("classes", "value", "sc:Integer", "The value of a voxel."),
                field("classes", "name", "sc:Text", "The dataset's name."),
                field("classes", "structure", "sc:Text", "The canonical structure."),
                field("classes", "side", "sc:Text", "left, right or none."),
            ]),
            "data": .array(
                classes.map { one in
                    .object([
                        "classes/value": .int(one.value), "classes/name": .string(one.name),
                        "classes/structure": .string(one.structure),
                        "classes/side": .string(one.side.rawValue),
                    ])
                }),
        ])
    }
}

/// A piece of the document.
enum CroissantValue: Encodable, ExpressibleByStringLiteral {
    case string(String), int(Int), array([CroissantValue]), object([String: CroissantValue])

    init(stringLiteral value: String) { self = .string(value) }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .string(let value): try container.encode(value)
        case .int(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}
