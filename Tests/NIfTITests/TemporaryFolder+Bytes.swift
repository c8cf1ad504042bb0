import FoundationEssentials
import TestData

extension TemporaryFolder {
    func read(_ name: String) throws -> [UInt8] { try Self.bytes(of: path(name)) }

    static func bytes(of path: String) throws -> [UInt8] { try Array(Data(contentsOf: URL(filePath: path))) }

    /// Writes bytes to a file and returns its path.
    func write(_ bytes: [UInt8], as name: String) throws -> String {
        try Data(bytes).write(to: url.appending(path: name))
        return path(name)
    }
}
