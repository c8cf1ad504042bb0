import Datasets

/// The outcome of checking one manifest.
struct ManifestCheck: Encodable {
    let name, file: String
    let classes: Int?
    let paperSplit: [Int]?
    let error: String?

    init(_ name: String, _ result: Result<Manifest, any Error>) {
        self.name = name
        switch result {
        case .success(let manifest):
            file = manifest.file
            classes = manifest.classes.count
            paperSplit = manifest.paperSplit.map { lists in Split.allCases.map(lists.count) }
            error = nil
        case .failure(let failure):
            (file, classes, paperSplit, error) = (name, nil, nil, "\(failure)")
        }
    }

    static func table(_ reports: [ManifestCheck]) -> Table {
        var table = Table([
            .text("MANIFEST"), .text("STATE"), .number("CLASSES"), .text("PAPER SPLIT"), .longText("FILE"),
        ])
        for one in reports {
            let classes = one.classes.map { $0 == 0 ? "from data" : "\($0)" }
            table.add([
                one.name, one.error == nil ? "ok" : "error", classes ?? "-",
                one.paperSplit?.map(String.init).joined(separator: "/") ?? "-", one.file,
            ])
        }
        return table
    }
}

/// One manifest for people and programs.
struct ManifestReport: Encodable {
    struct Class: Encodable {
        let value: Int
        let name, structure, side: String
        let pairedValue: Int?
        /// Modalities in which the value becomes background.
        let droppedIn: [String]
        let mayBeAbsent: Bool
    }
    struct Count: Encodable {
        let split, modality: String
        let cases, labelled: Int
    }
    struct Defect: Encodable {
        let `case`: String
        let code: String?
        let note, remedy: String
    }
    struct Correction: Encodable {
        let `case`: String
        let faulty, corrected: [Double]
        let reason: String
    }

    let name, title, version, licence, citation, file: String
    let homepage, record, size, access: String
    let layout, expected: String
    let variants, refused: [String]
    let intensity: [String: String]
    let classes: [Class]
    let counts: [Count]
    let officialSplit, paperSplit: [String: [String]]?
    let cropContext: [String: Int]?
    let knownDefects: [Defect]
    let spacingCorrections: [Correction]
    let notes: [String]

    init(_ manifest: Manifest) {
        (name, title, version) = (manifest.name, manifest.title, manifest.version)
        (licence, citation, file) = (manifest.licence, manifest.citation, manifest.file)
        (homepage, record) = (manifest.source.homepage, manifest.source.record)
        (size, access) = (manifest.source.size, manifest.source.access)
        (layout, expected) = (manifest.layout.adapter.rawValue, manifest.layout.expected)
        (variants, refused) = (manifest.layout.variants, manifest.layout.refused)
        intensity = Dictionary(uniqueKeysWithValues: manifest.intensityUnits.map { ($0.key.rawValue, $0.value) })
        classes = manifest.classes.map { one in
            Class(
                value: one.value, name: one.name, structure: one.structure, side: one.side.rawValue,
                pairedValue: one.pairedValue,
                droppedIn: manifest.intensityUnits.keys.sorted().filter {
                    manifest.droppedValues(for: $0).contains(one.value)
                }.map(\.rawValue),
                mayBeAbsent: one.mayBeAbsent)
        }
        counts = manifest.expectedCounts.map {
            Count(split: $0.split.rawValue, modality: $0.modality.rawValue, cases: $0.cases, labelled: $0.labelled)
        }
        func lists(_ lists: SplitLists?) -> [String: [String]]? {
            lists.map { lists in Dictionary(uniqueKeysWithValues: lists.ids.map { ($0.key.rawValue, $0.value) }) }
        }
        (officialSplit, paperSplit) = (lists(manifest.officialSplit), lists(manifest.paperSplit))
        cropContext = manifest.cropContext.map { ["x": $0.x, "y": $0.y, "z": $0.z] }
        knownDefects = manifest.knownDefects.map {
            Defect(case: $0.caseID, code: $0.code, note: $0.note, remedy: $0.remedy)
        }
        spacingCorrections = manifest.spacingCorrections.sorted { $0.key < $1.key }.map { id, one in
            func list(_ spacing: SIMD3<Double>) -> [Double] { [spacing.x, spacing.y, spacing.z] }
            return Correction(
                case: id, faulty: list(one.faulty.components), corrected: list(one.corrected.components),
                reason: one.reason)
        }
        notes = manifest.notes
    }

    /// The report as lines of text.
    var text: String {
        var lines = [
            title, "", "name      \(name)", "version   \(version)", "licence   \(licence)", "citation  \(citation)",
            "get it    \(homepage)",
            "          \(record), \(size)", "          \(access)", "layout    \(expected)",
        ]
        lines += variants.map { "  also    \($0)" } + refused.map { "  not     \($0)" }
        lines.append("")
        var text = lines.joined(separator: "\n") + "\n"
        text += classTable
        for (title, split) in [("official", officialSplit), ("paper", paperSplit)] {
            guard let split else { continue }
            text +=
                "\(title) split: "
                + ["train", "val", "test"].map { "\(split[$0]?.count ?? 0) \($0)" }.joined(separator: ", ") + "\n"
        }
        if let cropContext {
            text += "crop margin in voxels: x \(cropContext["x"]!), y \(cropContext["y"]!), z \(cropContext["z"]!)\n"
        }
        if !spacingCorrections.isEmpty {
            text +=
                "spacing corrected: "
                + spacingCorrections.map { "\($0.case) k \($0.corrected[2]) mm" }.joined(separator: ", ") + "\n"
        }
        for group in defectGroups {
            let code = group[0].code.map { " (\($0))" } ?? ""
            text += "known\(code): \(group.map(\.case).joined(separator: ", ")): \(group[0].note); \(group[0].remedy)\n"
        }
        for note in notes { text += "note: \(note)\n" }
        return text
    }

    /// The known defects, those with the same note together.
    private var defectGroups: [[Defect]] {
        knownDefects.reduce(into: []) { groups, defect in
            if groups.last?[0].note == defect.note {
                groups[groups.count - 1].append(defect)
            } else {
                groups.append([defect])
            }
        }
    }

    private var classTable: String {
        guard !classes.isEmpty else { return "label table: from the data's own dataset.json\n" }
        var table = Table([
            .number("VALUE"), .text("NAME"), .text("STRUCTURE"), .text("SIDE"), .text("PAIR"), .text("MAY LACK"),
            .text("NOT IN"),
        ])
        for one in classes {
            table.add([
                "\(one.value)", one.name, one.structure, one.side, one.pairedValue.map(String.init) ?? "",
                one.mayBeAbsent ? "yes" : "", one.droppedIn.joined(separator: ", "),
            ])
        }
        return table.rendered()
    }
}
