import NIfTI

/// What `iris info` says about one file.
struct InfoReport {
    let file: String
    let result: Result<Content, NIfTIError>

    /// How much of a file is read: its header, the values too, or the values with a digest of them.
    enum Scope { case header, values, digest }

    init(file: String, scope: Scope) {
        self.file = file
        result = Result { () throws(NIfTIError) in
            if scope == .header { return Content(header: try NIfTIFile.readHeader(at: file), summary: nil) }
            let image = try NIfTIFile.read(at: file)
            return Content(header: image.header, summary: image.summary(digest: scope == .digest))
        }
    }

    var isRefused: Bool { (try? result.get()) == nil }

    struct Content {
        let header: NIfTIHeader
        /// Of the values; `nil` when only the header was read.
        let summary: NIfTISummary?

        /// One step per dimension: the first three from the affine, in mm, the others as the header has them.
        var spacing: [Double] {
            let affine = header.grid.spacing.components
            return header.dimensions.indices.map { $0 < 3 ? affine[$0] : header.pixdim[$0 + 1] }
        }
    }
}

extension InfoReport: Encodable {
    enum CodingKeys: CodingKey {
        case file, error, format, endian, datatype, shape, spacing, affine, affineSource, orientation, slope, intercept
        case min, max, mean, nonFinite, digest
    }

    func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: CodingKeys.self)
        try object.encode(file, forKey: .file)
        switch result {
        case .failure(let error):
            try object.encode(error.description, forKey: .error)
        case .success(let content):
            let (header, summary) = (content.header, content.summary)
            try object.encode(header.format.rawValue, forKey: .format)
            try object.encode(header.endianness.rawValue, forKey: .endian)
            try object.encode(header.datatype.name, forKey: .datatype)
            try object.encode(header.dimensions, forKey: .shape)
            try object.encode(content.spacing.map(\.ifFinite), forKey: .spacing)
            try object.encode(header.grid.affine.rows, forKey: .affine)
            try object.encode(header.affineSource.rawValue, forKey: .affineSource)
            try object.encode(header.grid.orientation.description, forKey: .orientation)
            try object.encode(header.slope.ifFinite, forKey: .slope)
            try object.encode(header.intercept.ifFinite, forKey: .intercept)
            guard let summary else { return }
            try object.encode(summary.minimum, forKey: .min)
            try object.encode(summary.maximum, forKey: .max)
            try object.encode(summary.mean?.ifFinite, forKey: .mean)
            try object.encode(summary.nonFinite, forKey: .nonFinite)
            try object.encodeIfPresent(summary.digest?.hexadecimal, forKey: .digest)
        }
    }
}

extension InfoReport {
    /// One row per file that could be read; columns about values only where they were read.
    static func table(of reports: [InfoReport]) -> Table {
        let contents = reports.compactMap { report in (try? report.result.get()).map { (report.file, $0) } }
        let hasValues = contents.contains { $0.1.summary != nil }
        let hasDigests = contents.contains { $0.1.summary?.digest != nil }
        var table = Table(
            [
                .longText("file"), .text("format"), .text("type"), .text("shape"), .text("spacing, mm"), .text("axes"),
                .text("affine from"),
            ] + (hasValues ? [.number("min"), .number("max"), .number("mean"), .number("non-finite")] : [])
                + (hasDigests ? [.text("digest of values")] : []))
        for (file, content) in contents {
            let header = content.header
            var cells = [
                file, header.format.rawValue + (header.endianness == .big ? ", big-endian" : ""), header.datatype.name,
                header.dimensions.map(String.init).joined(separator: " x "),
                content.spacing.prefix(3).map { $0.formatted(significant: 4) }.joined(separator: " x "),
                header.grid.orientation.description, header.affineSource.rawValue,
            ]
            if let summary = content.summary {
                cells += [summary.minimum, summary.maximum, summary.mean].map { $0?.formatted(significant: 6) ?? "-" }
                cells.append(String(summary.nonFinite))
                if let digest = summary.digest { cells.append(digest.hexadecimal) }
            }
            table.add(cells)
        }
        return table
    }
}
