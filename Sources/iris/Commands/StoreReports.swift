import VolumeStore

/// Everything that a store knows of one case, as `iris store show` prints it.
struct CaseReport: Encodable {
    let entry: StoreListing.Entry
    let officialSplit, paperSplit: String
    let configurationDigest: String
    let configuration: String?
    let sourceShape: [Int]?
    let sourceSpacing: [Double]?
    let sourceOrientation: String?
    let boxes: [Box]
    let sources: [Source]
    let findings: [FindingEntry]

    struct Box: Encodable {
        let value: Int
        let lower, upper: [Int]
        let centroid: [Double]
    }
    struct Source: Encodable {
        let role, path: String
        let bytes: Int
        let digest: String
    }
    struct FindingEntry: Encodable {
        let code, severity: String
        let file: String?
        let expected, found, fix: String
    }

    enum CodingKeys: CodingKey {
        case officialSplit, paperSplit, configurationDigest, configuration, sourceShape, sourceSpacing,
            sourceOrientation
        case boxes, sources, findings
    }

    init(of record: StoredCase, in store: VolumeStore) throws {
        let table = try store.datasets().first { $0.name == record.key.dataset }?.classes ?? []
        entry = StoreListing.Entry(record, classes: table, in: store)
        (officialSplit, paperSplit) = (record.officialSplit.name, record.paperSplit.name)
        configurationDigest = record.configurationDigest.hexadecimal
        configuration = try store.configuration(record.configurationDigest)
        if case .prepared(let prepared) = record.status {
            let grid = prepared.sourceGrid
            sourceShape = [grid.shape.i, grid.shape.j, grid.shape.k]
            sourceSpacing = [grid.spacing.i, grid.spacing.j, grid.spacing.k]
            sourceOrientation = grid.orientation.description
            boxes = prepared.classes.map {
                let (lower, upper, centre) = ($0.box.lower, $0.box.upper, $0.centroid)
                return Box(
                    value: Int($0.value), lower: [lower.x, lower.y, lower.z], upper: [upper.x, upper.y, upper.z],
                    centroid: [centre.x, centre.y, centre.z])
            }
        } else {
            (sourceShape, sourceSpacing, sourceOrientation, boxes) = (nil, nil, nil, [])
        }
        sources = record.sources.map {
            Source(role: $0.role.rawValue, path: $0.path, bytes: $0.bytes, digest: $0.digest.hexadecimal)
        }
        findings = try store.findings(of: record.key).map {
            FindingEntry(
                code: $0.code, severity: $0.severity.rawValue, file: $0.file, expected: $0.expected, found: $0.found,
                fix: $0.fix)
        }
    }

    /// The fields of the listing and the further ones side by side.
    func encode(to encoder: any Encoder) throws {
        try entry.encode(to: encoder)
        var object = encoder.container(keyedBy: CodingKeys.self)
        try object.encode(officialSplit, forKey: .officialSplit)
        try object.encode(paperSplit, forKey: .paperSplit)
        try object.encode(configurationDigest, forKey: .configurationDigest)
        try object.encode(configuration, forKey: .configuration)
        try object.encode(sourceShape, forKey: .sourceShape)
        try object.encode(sourceSpacing, forKey: .sourceSpacing)
        try object.encode(sourceOrientation, forKey: .sourceOrientation)
        try object.encode(boxes, forKey: .boxes)
        try object.encode(sources, forKey: .sources)
        try object.encode(findings, forKey: .findings)
    }

    func printText() {
        func sizes(_ shape: [Int]?, _ spacing: [Double]?, _ orientation: String?) -> String {
            guard let shape, let spacing, let orientation else { return "-" }
            return "\(shape.map(String.init).joined(separator: " x ")) voxels of "
                + "\(spacing.map { $0.formatted(significant: 5) }.joined(separator: " x ")) mm, \(orientation)"
        }
        var facts = Table([.text("\(entry.dataset)/\(entry.case)"), .longText(entry.status)])
        facts.add(["subject", entry.subject])
        facts.add(["modality", entry.modality])
        facts.add(["official split", officialSplit])
        facts.add(["paper's split", paperSplit])
        if let reason = entry.reason { facts.add(["reason", reason]) }
        if let intensity = entry.intensity {
            facts.add(["source grid", sizes(sourceShape, sourceSpacing, sourceOrientation)])
            facts.add(["prepared grid", sizes(entry.shape, entry.spacing, entry.orientation)])
            facts.add(["source range", "\(intensity.sourceMinimum) to \(intensity.sourceMaximum)"])
            facts.add(["window", "\(intensity.clipLow) to \(intensity.clipHigh)"])
            facts.add([
                "mean, deviation",
                "\(intensity.mean.formatted(significant: 6)), \(intensity.standardDeviation.formatted(significant: 6))",
            ])
            facts.add(["stored step, offset", "\(intensity.slope), \(intensity.intercept)"])
        }
        for (name, path) in [("image", entry.image), ("label", entry.label)] {
            if let path { facts.add([name, path]) }
        }
        for source in sources {
            facts.add(["source \(source.role)", "\(source.path), \(source.bytes) bytes, \(source.digest)"])
        }
        facts.add(["configuration", configurationDigest])
        facts.printFitted()
        if !entry.classes.isEmpty {
            var classes = Table([.number("value"), .text("class"), .number("voxels"), .text("box"), .text("centroid")])
            for (found, box) in zip(entry.classes, boxes) {
                classes.add([
                    "\(found.value)", found.name, "\(found.voxels)", "\(box.lower)..<\(box.upper)",
                    box.centroid.map { $0.formatted(decimals: 1) }.joined(separator: ", "),
                ])
            }
            print()
            classes.printFitted()
        }
        for finding in findings {
            print(
                "\n\(finding.severity) \(finding.code): expected \(finding.expected) but found \(finding.found). \(finding.fix)"
            )
        }
    }
}

/// What `iris store verify` prints.
struct VerificationReport: Encodable {
    let cases, files, bytes: Int
    let digest: String
    let defects: [Defect]

    struct Defect: Encodable {
        let kind: String
        let `case`: String?
        let file, expected, found, fix: String
    }

    init(_ verification: StoreVerification) {
        (cases, files, bytes) = (verification.cases, verification.files, verification.bytes)
        digest = verification.digest.hexadecimal
        defects = verification.defects.map {
            Defect(
                kind: $0.kind.rawValue, case: $0.key?.description, file: $0.file, expected: $0.expected,
                found: $0.found, fix: $0.fix)
        }
    }

    func printText() {
        let size = Double(bytes).formatted(unit: "B")
        print("\(cases) cases, \(files) files, \(size) read; store digest \(digest)")
        guard !defects.isEmpty else { return print("clean") }
        var table = Table([
            .text("what"), .longText("file"), .longText("expected"), .longText("found"), .longText("fix"),
        ])
        for defect in defects { table.add([defect.kind, defect.file, defect.expected, defect.found, defect.fix]) }
        table.printFitted()
    }
}

/// What `iris store merge` prints of one store.
struct MergeReport: Encodable {
    let store: String
    let copied, present, quarantined: Int

    static func printText(_ reports: [MergeReport]) {
        var table = Table([.longText("store"), .number("copied"), .number("already there"), .number("quarantined")])
        for report in reports {
            table.add([report.store, "\(report.copied)", "\(report.present)", "\(report.quarantined)"])
        }
        table.printFitted()
    }
}

/// What `iris store brick` prints.
struct BrickReport: Encodable {
    let made, present, removed, bytes: Int

    init(_ bricks: StoreBricks) {
        (made, present, removed, bytes) = (bricks.made, bricks.present, bricks.removed, bricks.bytes)
    }

    func printText() {
        print("brick files: \(made) made, \(present) already there, \(removed) removed; \(bytes) bytes")
    }
}
