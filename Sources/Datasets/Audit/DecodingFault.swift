import NIfTI

extension Finding {
    /// The finding that a file's refusal by the NIfTI reader stands for.
    package static func refusal(_ error: NIfTIError, dataset: String, case caseID: String?, file: String) -> Finding {
        let code: FindingCode =
            switch error {
            case .cannotOpen, .cannotRead, .cannotWrite, .outOfMemory: .unreadableFile
            case .notNIfTI, .analyze, .headerAndImagePair, .headerTruncated, .limit: .invalidHeader
            case .dimensions: .invalidDimensions
            case .datatypeRefused, .datatypeUnknown, .bitsPerVoxel: .invalidDatatype
            case .voxelOffset: .invalidVoxelOffset
            case .intercept: .invalidScaling
            case .quaternion, .geometry: .invalidGeometry
            case .truncated: .truncatedFile
            case .compressionName: .misleadingName
            case .notALabel: .unknownLabel
            case .gzip(_, .truncated), .tooFewCompressedBytes: .truncatedGzip
            case .gzip(_, .checksum), .gzip(_, .length), .gzip(_, .corrupt): .corruptGzip
            case .gzip(_, .trailingBytes): .trailingBytes
            }
        let (expected, found, fix) = parts(of: "\(error)", path: error.file)
        return Finding(code, dataset: dataset, case: caseID, file: file, expected: expected, found: found, fix: fix)
    }

    /// Splits "path: expected A but found B. Do C." at its joints.
    private static func parts(of description: String, path: String) -> (expected: String, found: String, fix: String?) {
        var text = Substring(description)
        if text.hasPrefix(path + ": ") { text = text.dropFirst(path.count + 2) }
        guard text.hasPrefix("expected "),
            let but = text.firstRange(of: " but found ") ?? text.firstRange(of: " but found: ")
                ?? text.firstRange(of: " but ")
        else {
            return ("a NIfTI file that can be read", text.hasSuffix(".") ? String(text.dropLast()) : String(text), nil)
        }
        let expected = text[text.index(text.startIndex, offsetBy: 9)..<but.lowerBound]
        let rest = text[but.upperBound...]
        guard let end = rest.firstRange(of: ". ") else {
            return (String(expected), String(rest.hasSuffix(".") ? rest.dropLast() : rest), nil)
        }
        return (String(expected), String(rest[..<end.lowerBound]), String(rest[end.upperBound...]))
    }
}
