import Digests
import FoundationEssentials

/// Reading and writing ``EvaluationResult`` with a digest of its own, so that an edited file is told from an intact one.
public enum EvaluationFile {
    private struct Sealed: Codable {
        let digest: String
        let result: EvaluationResult
    }

    /// Writes the result, replacing a file that is there.
    public static func write(_ result: EvaluationResult, to url: URL) throws {
        try encode(result).write(to: url, options: .atomic)
    }

    /// Reads a result.
    ///
    /// - Returns: the result, and whether the file is as it was written.
    /// - Throws: ``EvaluationFileError`` naming the file.
    public static func read(_ url: URL) throws(EvaluationFileError) -> (result: EvaluationResult, isIntact: Bool) {
        guard let data = try? Data(contentsOf: url) else { throw .unreadable(url.path) }
        guard let sealed = try? JSONDecoder().decode(Sealed.self, from: data),
            sealed.result.format == EvaluationResult.currentFormat
        else { throw .otherContent(url.path) }
        // Byte for byte, so that nothing can be added to the file either.
        return (sealed.result, (try? encode(sealed.result)) == data)
    }

    private static func encode(_ result: EvaluationResult) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let digest = SHA256Digest(of: String(decoding: try encoder.encode(result), as: UTF8.self)).hexadecimal
        encoder.outputFormatting.insert(.prettyPrinted)
        return try encoder.encode(Sealed(digest: digest, result: result))
    }
}

/// Why a file holds no result of an evaluation.
public enum EvaluationFileError: Error, Equatable, Sendable, CustomStringConvertible {
    case unreadable(String)
    case otherContent(String)

    public var description: String {
        switch self {
        case .unreadable(let file): "\(file): cannot be read. Name the result.json that iris evaluate wrote."
        case .otherContent(let file):
            "\(file): expected a result of iris evaluate as this version writes it but found other content. Name the "
                + "result.json that it wrote; one of an earlier version is to be made again."
        }
    }
}
