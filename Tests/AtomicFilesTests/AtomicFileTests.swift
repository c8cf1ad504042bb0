import AtomicFiles
import FoundationEssentials
import TestData
import Testing

@Suite struct AtomicFileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func write(_ parts: [[UInt8]], to name: String) throws {
        let file = try AtomicFile(at: folder.path(name))
        for part in parts { try part.withUnsafeBytes { try file.write($0) } }
        try file.commit()
    }

    private func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted()
    }

    @Test func partsStandOneAfterTheOtherUnderTheNameAlone() throws {
        try write([[1, 2], [], [3]], to: "a")
        #expect(try Array(Data(contentsOf: folder.url.appending(path: "a"))) == [1, 2, 3])
        #expect(try names() == ["a"])
    }

    @Test func theOldFileStandsUntilTheNewOneIsWhole() throws {
        try write([[7]], to: "a")
        let file = try AtomicFile(at: folder.path("a"))
        try [UInt8](repeating: 1, count: 100_000).withUnsafeBytes { try file.write($0) }
        #expect(try Array(Data(contentsOf: folder.url.appending(path: "a"))) == [7])
        #expect(try names().count == 2)
        try file.commit()
        #expect(try Data(contentsOf: folder.url.appending(path: "a")).count == 100_000)
        #expect(try names() == ["a"])
    }

    @Test func whatIsNotCommittedLeavesNothing() throws {
        do {
            let file = try AtomicFile(at: folder.path("a"))
            try [UInt8(1)].withUnsafeBytes { try file.write($0) }
        }
        #expect(try names() == [])
    }

    @Test func failuresNameFileStepAndReason() throws {
        let error = #expect(throws: FileWriteError.self) { try write([[1]], to: "no/such/folder/a") }
        #expect(
            error?.description == """
                \(folder.path("no/such/folder/a")): cannot be created: No such file or directory. Check the folder, its \
                permissions and the space left.
                """)
        // A folder stands where the file should: the name cannot be taken, and the folder stays.
        try FileManager.default.createDirectory(
            at: folder.url.appending(path: "b/c"), withIntermediateDirectories: true)
        let taken = #expect(throws: FileWriteError.self) { try write([[1]], to: "b") }
        #expect(taken?.step == "renamed" && taken?.reason == "Is a directory")
        #expect(try names() == ["b"])
    }
}
