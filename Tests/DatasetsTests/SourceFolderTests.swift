import Datasets
import FoundationEssentials
import Glibc
import TestData
import Testing

/// What a file system can hold beside a dataset.
@Suite struct SourceFolderTests {
    @Test("Loops of links, dangling links and names that are no UTF-8 do not stop a search") func strangeFolders()
        throws
    {
        let folder = try TemporaryFolder().write(["a/volume-0.nii", "a/segmentation-0.nii", "b/c/volume-1.nii"])
        try FileManager.default.createSymbolicLink(
            at: folder.url.appending(path: "a/loop"), withDestinationURL: folder.url)
        try FileManager.default.createSymbolicLink(
            at: folder.url.appending(path: "b/self"), withDestinationURL: folder.url.appending(path: "b"))
        try FileManager.default.createSymbolicLink(
            at: folder.url.appending(path: "b/volume-9.nii"), withDestinationURL: folder.url.appending(path: "absent"))
        // "segmentation-1" and a byte that begins no character.
        let name = Array((folder.url.path + "/b/").utf8) + [0xFF, 0xFE] + Array(".nii".utf8)
        let descriptor = (name + [0]).withUnsafeBufferPointer { bytes in
            bytes.withMemoryRebound(to: CChar.self) { open($0.baseAddress!, O_CREAT | O_WRONLY, 0o644) }
        }
        try #require(descriptor >= 0)
        close(descriptor)

        let found = try listing("lits", folder.url)
        #expect(found.cases.map(\.id) == ["volume-0"])
        #expect(
            found.problemLines == [
                "missing-label volume-1 segmentation-1.nii", "unreadable-file - volume-9.nii",
                "unreadable-file - \u{FFFD}\u{FFFD}.nii",
            ])
    }

    @Test("A link to a dataset is followed") func linkedRoot() throws {
        let folder = try TemporaryFolder().write(["data/volume-0.nii", "data/segmentation-0.nii"])
        let link = folder.url.appending(path: "link")
        try FileManager.default.createSymbolicLink(at: link, withDestinationURL: folder.url.appending(path: "data"))
        #expect(try listing("lits", link).cases.count == 1)
    }

    /// Links within the tree are not worth a word, nor is one to the tree itself; those that lead out are told once.
    @Test("Links that lead out of a dataset are followed, and told") func linksOutside() async throws {
        let place = try TemporaryFolder()
        let manifest = try library.manifest("lits"), manager = FileManager.default
        let archive = place.url.appending(path: "archive"), source = place.url.appending(path: "source")
        try await Phantom(manifest, subjects: 2, seed: 4, size: .tiny).write(to: archive, jobs: 2)
        try manager.createDirectory(at: source, withIntermediateDirectories: true)
        func link(_ path: URL, to target: String) throws {
            try manager.createSymbolicLink(atPath: path.path, withDestinationPath: target)
        }
        // As git-annex has it: names in the tree lead to contents in the tree.
        try manager.moveItem(at: archive, to: source.appending(path: ".contents"))
        let names = try #require(manager.subpaths(atPath: source.appending(path: ".contents").path))
            .filter { $0.hasSuffix(".nii") || $0.hasSuffix(".nii.gz") }.sorted()
        for name in names {
            try link(source.appending(path: URL(filePath: name).lastPathComponent), to: ".contents/\(name)")
        }
        try link(place.url.appending(path: "door"), to: "source")
        let options = AuditOptions(headersOnly: true), door = place.url.appending(path: "door")
        let inside = try await Auditor(manifest: manifest, source: door, options: options).run(jobs: 2)
        #expect(inside.cases.count == 2 && !inside.findings.contains { $0.code == .linkOutsideSource })

        try manager.moveItem(at: source.appending(path: ".contents"), to: archive)
        for name in names {
            let path = source.appending(path: URL(filePath: name).lastPathComponent)
            try manager.removeItem(at: path)
            try link(path, to: archive.path + "/" + name)
        }
        let outside = try await Auditor(manifest: manifest, source: source, options: options).run(jobs: 2)
        #expect(outside.cases.count == 2)
        let finding = try #require(outside.findings.first { $0.code == .linkOutsideSource })
        #expect(outside.findings.count { $0.code == .linkOutsideSource } == 1)
        #expect(finding.severity == .information && finding.found.hasPrefix("\(names.count) links, the first to /"))
        #expect(finding.file == names.map { URL(filePath: $0).lastPathComponent }.min())
    }

    @Test("Several datasets below one folder are not guessed between") func severalRoots() throws {
        let folder = try TemporaryFolder().write(["x/imagesTr/amos_0001.nii.gz", "y/imagesTr/amos_0004.nii.gz"])
        let error = #expect(throws: LayoutError.self) { try listing("amos22", folder.url) }
        #expect(error?.found == "several: \(folder.url.path)/x, \(folder.url.path)/y")
    }

    @Test(
        "Paths with signs that mean something in URLs stay whole",
        arguments: ["odd %20 #1 ?&+;", "Me\u{301}d ä 数据", "a:b=c@d"])
    func oddNames(name: String) throws {
        let folder = try TemporaryFolder().write(["\(name)/volume-0.nii", "\(name)/segmentation-0.nii.gz"])
        for root in [folder.url, folder.url.appending(path: name)] {
            let found = try listing("lits", root).cases
            #expect(found.count == 1)
            #expect(found.flatMap(\.files).allSatisfy { FileManager.default.fileExists(atPath: $0.path) })
        }
    }
}
