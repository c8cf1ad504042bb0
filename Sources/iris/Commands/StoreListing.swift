import VolumeStore

/// The cases of a store, as `iris store ls` prints them.
struct StoreListing {
    let entries: [Entry]

    /// One case. Fields that only prepared cases have are null for quarantined ones.
    struct Entry: Encodable {
        let dataset, `case`, subject, modality: String
        /// The case's part in the dataset's own split and in the paper's; `none` where a list does not name it.
        let officialSplit, paperSplit: String
        let status: String
        let reason: String?
        let shape: [Int]?
        let spacing: [Double]?
        let affine: [[Double]]?
        let orientation: String?
        /// Paths of the volume files.
        let image, label: String?
        let classes: [ClassEntry]
        let intensity: Intensity?

        enum CodingKeys: CodingKey {
            case dataset, `case`, subject, modality, officialSplit, paperSplit, status, reason, shape, spacing, affine,
                orientation, image, label, classes, intensity
        }

        /// Writes every key, null where there is nothing.
        func encode(to encoder: any Encoder) throws {
            var object = encoder.container(keyedBy: CodingKeys.self)
            try object.encode(dataset, forKey: .dataset)
            try object.encode(`case`, forKey: .case)
            try object.encode(subject, forKey: .subject)
            try object.encode(modality, forKey: .modality)
            try object.encode(officialSplit, forKey: .officialSplit)
            try object.encode(paperSplit, forKey: .paperSplit)
            try object.encode(status, forKey: .status)
            try object.encode(reason, forKey: .reason)
            try object.encode(shape, forKey: .shape)
            try object.encode(spacing, forKey: .spacing)
            try object.encode(affine, forKey: .affine)
            try object.encode(orientation, forKey: .orientation)
            try object.encode(image, forKey: .image)
            try object.encode(label, forKey: .label)
            try object.encode(classes, forKey: .classes)
            try object.encode(intensity, forKey: .intensity)
        }
    }

    struct ClassEntry: Encodable {
        let value: Int
        let name: String
        let voxels: Int
    }

    struct Intensity: Encodable {
        let slope, intercept, clipLow, clipHigh, mean, standardDeviation: Double
        let sourceMinimum, sourceMaximum, sourceMean: Double
        let sourceNonFinite: Int

        init(_ prepared: PreparedRecord) {
            (slope, intercept) = (prepared.quantisation.slope, prepared.quantisation.intercept)
            let normalisation = prepared.normalisation, source = prepared.sourceIntensities
            (clipLow, clipHigh) = (normalisation.clipLow, normalisation.clipHigh)
            (mean, standardDeviation) = (normalisation.mean, normalisation.standardDeviation)
            (sourceMinimum, sourceMaximum, sourceMean) = (source.minimum, source.maximum, source.mean)
            sourceNonFinite = source.nonFinite
        }
    }

    init(of store: VolumeStore, dataset: String?) throws {
        let datasets = try store.datasets()
        if let dataset, !datasets.contains(where: { $0.name == dataset }) {
            throw StoreError.unknownDataset(dataset, known: datasets.map(\.name))
        }
        let tables = Dictionary(uniqueKeysWithValues: datasets.map { ($0.name, $0) })
        entries = try store.cases().filter { dataset == nil || $0.key.dataset == dataset }.map {
            Entry($0, classes: tables[$0.key.dataset]?.classes ?? [], in: store)
        }
    }

    func printText() {
        var table = Table([
            .text("dataset"), .text("case"), .text("subject"), .text("modality"), .text("official"), .text("paper"),
            .text("status"), .text("shape"), .text("mm"), .number("classes"), .longText("reason"),
        ])
        for entry in entries {
            table.add([
                entry.dataset, entry.case, entry.subject, entry.modality, entry.officialSplit, entry.paperSplit,
                entry.status,
                entry.shape.map { $0.map(String.init).joined(separator: "x") } ?? "-",
                entry.spacing.map { $0.map { $0.formatted(significant: 4) }.joined(separator: "x") } ?? "-",
                entry.label == nil ? "-" : "\(entry.classes.count)", entry.reason ?? "",
            ])
        }
        table.printFitted()
        var totals = Table([
            .text("dataset"), .number("prepared"), .number("quarantined"), .number("subjects"), .number("classes"),
        ])
        for (dataset, cases) in Dictionary(grouping: entries, by: \.dataset).sorted(by: { $0.key < $1.key }) {
            let prepared = cases.filter { $0.status == "prepared" }
            totals.add([
                dataset, "\(prepared.count)", "\(cases.count - prepared.count)",
                "\(Set(prepared.map(\.subject)).count)",
                "\(Set(prepared.flatMap { $0.classes.map(\.value) }).count)",
            ])
        }
        print()
        totals.printFitted()
    }
}

extension StoreListing.Entry {
    init(_ record: StoredCase, classes table: [StoredClass], in store: VolumeStore) {
        (dataset, `case`, subject, modality) = (record.key.dataset, record.key.name, record.subject, record.modality)
        (officialSplit, paperSplit) = (record.officialSplit.name, record.paperSplit.name)
        switch record.status {
        case .quarantined(let why):
            (status, reason) = ("quarantined", why)
            (shape, spacing, affine, orientation, image, label, classes, intensity) = (
                nil, nil, nil, nil, nil, nil, [], nil
            )
        case .prepared(let prepared):
            (status, reason) = ("prepared", nil)
            let grid = prepared.grid
            shape = [grid.shape.i, grid.shape.j, grid.shape.k]
            spacing = [grid.spacing.i, grid.spacing.j, grid.spacing.k]
            affine = grid.affine.rows
            orientation = grid.orientation.description
            image = store.path(prepared.image)
            label = prepared.label.map(store.path)
            let names = Dictionary(table.map { ($0.value, $0.name) }, uniquingKeysWith: { first, _ in first })
            classes = prepared.classes.map {
                .init(value: Int($0.value), name: names[$0.value] ?? "unknown", voxels: $0.voxels)
            }
            intensity = .init(prepared)
        }
    }
}
