import NIfTI

/// What `iris info` says about one file.
struct InfoReport {
    let file: String
    let result: Result<Content, NIfTIError>

    /// - Parameter wantsDigest: whether to hash the values, which takes about as long as reading them.
    init(file: String, wantsDigest: Bool) {
        self.file = file
        result = Result { () throws(NIfTIError) in
            let image = try NIfTIFile.read(at: file)
            return Content(header: image.header, summary: image.summary(digest: wantsDigest))
        }
    }

    var isRefused: Bool { (try? result.get()) == nil }

    struct Content {
        let header: NIfTIHeader
        let summary: NIfTISummary

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
            try object.encode(summary.minimum, forKey: .min)
            try object.encode(summary.maximum, forKey: .max)
            try object.encode(summary.mean?.ifFinite, forKey: .mean)
            try object.encode(summary.nonFinite, forKey: .nonFinite)
            try object.encodeIfPresent(summary.digest?.hexadecimal, forKey: .digest)
        }
    }
}

extension InfoReport {
    /// One row per file that could be read.
    static func table(of reports: [InfoReport], wantsDigest: Bool) -> Table {
        var table = Table(
            [
                .longText("file"), .text("format"), .text("type"), .text("shape"), .text("spacing, mm"), .text("axes"),
                .text("affine from"), .number("min"), .number("max"), .number("mean"), .number("non-finite"),
            ] + (wantsDigest ? [.text("digest of values")] : []))
        for report in reports {
            guard case .success(let content) = report.result else { continue }
            let (header, summary) = (content.header, content.summary)
            table.add(
                [
                    report.file, header.format.rawValue + (header.endianness == .big ? ", big-endian" : ""),
                    header.datatype.name, header.dimensions.map(String.init).joined(separator: " x "),
                    content.spacing.prefix(3).map { $0.formatted(significant: 4) }.joined(separator: " x "),
                    header.grid.orientation.description, header.affineSource.rawValue,
                    summary.minimum?.formatted(significant: 6) ?? "-",
                    summary.maximum?.formatted(significant: 6) ?? "-",
                    summary.mean?.formatted(significant: 6) ?? "-", String(summary.nonFinite),
                ] + (summary.digest.map { [$0.hexadecimal] } ?? []))
        }
        return table
    }
}
