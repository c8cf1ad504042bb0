import FoundationEssentials
import FuzzTargets
import Testing

/// The inputs that the fuzzers began with and those that once broke a reader, read again. `make fuzz` looks for more.
@Suite(.serialized) struct FuzzCorpusTests {
    /// Names that begin with `read-` must be read, all others refused.
    @Test(arguments: FuzzTarget.allCases) func corpus(target: FuzzTarget) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpora/\(target.rawValue)")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        #expect(names.contains { $0.hasPrefix("read-") } && names.contains { !$0.hasPrefix("read-") })
        for name in names {
            let bytes = try Array(Data(contentsOf: folder.appending(path: name)))
            #expect(target.read(bytes) == (name.hasPrefix("read-") ? .read : .refused), "\(target.rawValue)/\(name)")
        }
    }

    /// Every beginning of a file that can be read, and every single byte of it set to extremes.
    @Test(arguments: FuzzTarget.allCases) func damage(target: FuzzTarget) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpora/\(target.rawValue)")
        let name = try #require(
            FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().first { $0.hasPrefix("read-") })
        let bytes = try Array(Data(contentsOf: folder.appending(path: name)))
        let stride = max(1, bytes.count / 200)
        var refused = 0
        for place in Swift.stride(from: 0, to: bytes.count, by: stride) {
            if target.read(Array(bytes.prefix(place))) == .refused { refused += 1 }
            for value: UInt8 in [0, 0x7f, 0xff] {
                var damaged = bytes
                damaged[place] = value
                if target.read(damaged) == .refused { refused += 1 }
            }
        }
        #expect(refused > 20)
    }
}
