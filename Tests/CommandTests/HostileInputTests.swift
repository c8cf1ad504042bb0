import FoundationEssentials
import Glibc
import NIfTI
import Tensors
import TestData
import Testing
import Volumes

/// Files made to harm, given to the program with its memory and processor time limited: each ends with status 1 or 2 and a
/// sentence that names the file, never with a signal.
@Suite(.serialized) struct HostileInputTests {
    private let folder = try! TemporaryFolder()

    private func write(_ bytes: some Sequence<UInt8>, _ name: String) throws -> String {
        try Data(Array(bytes)).write(to: folder.url.appending(path: name))
        return folder.path(name)
    }

    // MARK: Volumes

    /// A NIfTI-2 header with these sizes along the axes.
    private func header(_ sizes: [Int], offset: Int = 544) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 544)
        func put(_ value: some FixedWidthInteger, at place: Int) {
            withUnsafeBytes(of: value.littleEndian) { bytes.replaceSubrange(place..<place + $0.count, with: $0) }
        }
        put(Int32(540), at: 0)
        bytes.replaceSubrange(4..<12, with: [0x6e, 0x2b, 0x32, 0, 0x0d, 0x0a, 0x1a, 0x0a])
        put(Int16(4), at: 12)
        put(Int16(16), at: 14)
        for (axis, size) in ([sizes.count] + sizes + Array(repeating: 1, count: 7 - sizes.count)).enumerated() {
            put(Int64(size), at: 16 + 8 * axis)
        }
        for axis in 0..<8 { put(1.0.bitPattern, at: 104 + 8 * axis) }
        put(Int64(offset), at: 168)
        return bytes
    }

    @Test(
        "Sizes and offsets that lie",
        arguments: [
            ([1 << 40, 1 << 40, 2], 544, "a countable product"), ([-5, 4, 4], 544, "sizes of at least 1"),
            ([Int.max, Int.max, Int.max], 544, "a countable product"),
            ([1 << 31, 1, 1], 544, "bytes of header and voxels but found 552"),
            ([1 << 33, 1, 1], 544, "expected at most 4294967296 voxels"),
            ([2, 2, 1], 1 << 40, "expected at most 67108864 bytes before the voxels"),
            ([2, 2, 1], 4096, "bytes of header and voxels but found 552"), ([2, 2, 1], -1, "vox_offset"),
        ])
    func lyingHeaders(sizes: [Int], offset: Int, text: String) throws {
        let path = try write(header(sizes, offset: offset) + [0, 0, 0, 0, 0, 0, 0, 0], "lying.nii")
        try expectRefusal(["info", path], file: path, text, status: 1)
    }

    /// Gzip that says it holds 16 GB in 20 MB of something else: the memory for it is not there, or is never touched.
    @Test("A header that asks for more than the file can hold") func greedyHeader() throws {
        let sound = folder.path("sound.nii.gz")
        let grid = Grid(shape: try GridShape(1, 1, 1), affine: Affine(spacing: try Spacing(1, 1, 1)))
        try NIfTIWriter.write(try Volume(grid: grid, voxels: [Int16(0)]), to: sound, gzip: true)
        // A stored member with the header alone, then noise.
        var member: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]
        let content = header([2000, 2000, 2000])
        let length = UInt16(content.count)
        member += [0, UInt8(length & 255), UInt8(length >> 8), UInt8(~length & 255), UInt8(~length >> 8)] + content
        let path = try write(member + [UInt8](repeating: 0x55, count: 20 << 20), "greedy.nii.gz")
        try expectRefusal(["info", path], file: path, "greedy.nii.gz: ", status: 1)
        #expect(try IrisCommand.confined(["info", sound]).status == 0)
    }

    /// 1.25 GB of zeros behind the image of one case, more than the program may have.
    @Test("A decompression bomb in a dataset costs no memory") func bomb() throws {
        let source = try folder.phantom("amos22", cases: 2)
        let images = try FileManager.default.contentsOfDirectory(atPath: source + "/imagesTr")
            .filter { $0.hasPrefix("amos") }.sorted()
        let grid = Grid(shape: try GridShape(1000, 1000, 125), affine: Affine(spacing: try Spacing(1, 1, 1)))
        try NIfTIWriter.write(
            [UInt8](repeating: 0, count: 125_000_000), header: NIfTIHeader(writing: grid, datatype: .uint8),
            to: folder.path("zeros.nii.gz"), gzip: true)
        let image = URL(filePath: source + "/imagesTr/" + images[0])
        var bytes = try Data(contentsOf: image)
        for _ in 0..<10 { bytes += try Data(contentsOf: folder.url.appending(path: "zeros.nii.gz")) }
        try bytes.write(to: image)
        for arguments in [
            ["prepare", "amos22", "--source", source, "--store", folder.path("store"), "--jobs", "1"],
            ["audit", "amos22", "--source", source, "--jobs", "1"],
        ] {
            let run = try IrisCommand.confined(arguments)
            #expect((0...1).contains(run.status), "\(run.errors)")
        }
    }

    /// A pipe that nobody writes to would be waited for, and a device that gives zeros has no end.
    @Test("Pipes and devices in the place of files") func pipes() throws {
        let pipe = folder.path("pipe.nii.gz")
        try #require(mkfifo(pipe, 0o644) == 0)
        try expectRefusal(["info", pipe], file: pipe, "not a regular file", status: 1)
        try expectRefusal(["info", "/dev/zero"], file: "/dev/zero", "not a regular file", status: 1)
        for path in [pipe, "/dev/zero"] {
            let output = folder.path("output.safetensors")
            try expectRefusal(
                ["model", "forward", "--checkpoint", path, "--input", path, "--output", output], file: path,
                "expected a file but found a pipe or device")
        }
        let run = try IrisCommand(["phantom", "msd", "--output", folder.path("raw"), "--cases", "4"])
        try #require(run.status == 0)
        let image = folder.path("raw/Task04_Hippocampus/imagesTr/hippocampus_001.nii.gz")
        unlink(image)
        try #require(mkfifo(image, 0o644) == 0)
        for arguments in [
            ["prepare", "msd", "--source", folder.path("raw"), "--store", folder.path("store")],
            ["audit", "msd", "--source", folder.path("raw")],
        ] {
            let run = try IrisCommand.confined(arguments)
            #expect(run.status == 1 && (run.output + run.errors).contains("hippocampus_001"), "\(run.errors)")
        }
    }

    /// The shell passes on the byte as it is; a program that mends it would make or read another file.
    @Test("Paths that are no UTF-8") func bytesThatAreNoText() throws {
        let run = try IrisCommand(
            ["manifest", "check"], launcher: ["/bin/sh", "-c", #""$0" "$@" "$(printf '\377').yaml""#])
        #expect(run.status == 2)
        #expect(
            run.errors == "error: argument 3, \u{FFFD}.yaml: expected UTF-8 text but found other bytes. "
                + "Rename the file, or name it by a symbolic link.\n")
    }

    // MARK: Documents

    @Test("YAML that is deep, long, or full of aliases") func hostileYAML() throws {
        var aliases = "a0: &a0 [x]\n"
        for level in 1...11 { aliases += "a\(level): &a\(level) [\(String(repeating: "*a\(level - 1),", count: 9))]\n" }
        let documents = [
            ("aliases.yaml", aliases + "? *a11\n: 1\n"), ("cycle.yaml", "a: &a [*a]\n"),
            ("flow.yaml", "a: " + String(repeating: "[", count: 100_000)),
            ("block.yaml", (0..<2000).map { String(repeating: " ", count: $0) + "a:\n" }.joined()),
            ("list.yaml", String(repeating: "- ", count: 100_000)),
            ("keys.yaml", String(repeating: "? ", count: 100_000)),
            ("long.yaml", "a: " + String(repeating: "9", count: 5 << 20)), ("empty.yaml", ""),
        ]
        for (name, text) in documents {
            let path = try write(text.utf8, name)
            try expectRefusal(["model", "describe", "--config", path], file: name, "\(name):")
            try expectRefusal(["manifest", "check", path], file: name, "\(name):", status: 1)
        }
        let bytes = try write([0xff, 0xfe, 0, 1], "bytes.yaml")
        try expectRefusal(["model", "describe", "--config", bytes], file: bytes, "cannot be read as text")
    }

    @Test("Paths that lead out of a dataset") func traversal() throws {
        let run = try IrisCommand(["phantom", "msd", "--output", folder.path("raw"), "--cases", "4"])
        try #require(run.status == 0)
        let tasks = try FileManager.default.contentsOfDirectory(atPath: folder.path("raw"))
        let task = folder.path("raw") + "/" + (try #require(tasks.first { $0.hasPrefix("Task") }))
        let list = URL(filePath: task + "/dataset.json")
        let original = try String(contentsOf: list, encoding: .utf8)
        let names = try FileManager.default.contentsOfDirectory(atPath: task + "/imagesTr").filter { $0.hasPrefix("h") }
            .sorted()
        // Where the paths would lead, there are sound images.
        try FileManager.default.copyItem(atPath: task + "/imagesTr/" + names[0], toPath: folder.path("raw/out.nii.gz"))
        for path in ["../out.nii.gz", folder.path("raw/out.nii.gz"), "./imagesTr/../../out.nii.gz", "~/out.nii.gz"] {
            let text = original.replacing("./imagesTr/" + names[0], with: path)
            try #require(text != original)
            try Data(text.utf8).write(to: list)
            let store = folder.path("store-\(UUID().uuidString)")
            let prepared = try IrisCommand.confined(["prepare", "msd", "--source", task, "--store", store])
            #expect(prepared.status == 1, "\(path): \(prepared.errors)")
            let said = prepared.output + prepared.errors
            #expect(
                said.contains(path) && said.contains("expected paths below the dataset's folder"), "\(path): \(said)")
        }
        // The name of the dataset would name a folder of the store.
        try Data(original.replacing(/"name": *"[^"]*"/, with: #""name": "../../evil""#).utf8).write(to: list)
        let named = try IrisCommand.confined(["prepare", "msd", "--source", task, "--store", folder.path("named")])
        #expect((0...2).contains(named.status), "\(named.errors)")
        #expect(!FileManager.default.fileExists(atPath: folder.path("evil")))
        #expect(!FileManager.default.fileExists(atPath: folder.path("named/evil")))
    }

    @Test("Plans that would overflow, never end or take all memory") func hostilePlans() throws {
        let place = try EpisodesTests.Workplace()
        defer { place.remove() }
        let plan = try place.run(["plan", "--count", "1", "--json"]).output
        let changes: [(name: String, pattern: Regex<Substring>, with: String, text: String)] = [
            (
                "overflow", /"shape":\[24,20,16\]/, #""shape":[1099511627776,1099511627776,2]"#,
                "three sizes of at least 1"
            ),
            (
                "huge", /"shape":\[24,20,16\]/, #""shape":[1048576,1048576,1048576]"#,
                "at most 1024 voxels along each axis"
            ),
            ("negative", /"shape":\[24,20,16\]/, #""shape":[-1,-1,1]"#, "three sizes of at least 1"),
            (
                "endless", /"maskChanges":\[\]/,
                #""maskChanges":[{"mask":0,"kind":{"grow":{"radius":1152921504606846976}},"keepAtLeast":1}]"#,
                "0 to 64 voxels"
            ),
            (
                "shrink", /"maskChanges":\[\]/,
                #""maskChanges":[{"mask":0,"kind":{"shrink":{"radius":-5}},"keepAtLeast":1}]"#, "0 to 64 voxels"
            ),
            (
                "shift", /"maskChanges":\[\]/,
                #""maskChanges":[{"mask":0,"kind":{"shift":{"offset":[4611686018427387904,0,0]}},"keepAtLeast":1}]"#,
                "at most 1024 voxels"
            ),
            (
                "mask", /"maskChanges":\[\]/,
                #""maskChanges":[{"mask":-1,"kind":{"grow":{"radius":1}},"keepAtLeast":1}]"#, "mask of a change"
            ),
        ]
        for change in changes {
            let text = plan.replacing(change.pattern, with: change.with)
            try #require(text != plan, "\(change.name)")
            let path = try write(text.utf8, change.name)
            try expectRefusal(
                ["episodes", "render", "--plan", path, "--store", place.store], file: change.name, change.text)
        }
        let elsewhere = plan.replacing(/"source":\{[^}]*\}/, with: #""source":{"dataset":"..","name":"../../etc"}"#)
        let path = try write(elsewhere.utf8, "elsewhere")
        try expectRefusal(
            ["episodes", "render", "--plan", path, "--store", place.store], file: "../../etc",
            "the store does not have it")
        let deep = try write(
            #"{"format":1,"a":"#.utf8 + [UInt8](repeating: 0x5b, count: 100_000) + Array("}".utf8), "deep")
        try expectRefusal(
            ["episodes", "render", "--plan", deep, "--store", place.store], file: "deep", "JSON on one line")
    }

    // MARK: Tensors

    private func safetensors(_ header: String, _ body: Int = 0, length: UInt64? = nil) -> [UInt8] {
        withUnsafeBytes(of: (length ?? UInt64(header.utf8.count)).littleEndian, Array.init) + Array(header.utf8)
            + [UInt8](repeating: 0, count: body)
    }

    @Test("Safetensors that lie, as checkpoint and as input") func hostileTensors() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let checkpoint = folder.path("sound.safetensors")
        let made = try IrisCommand([
            "model", "init", "--config", root.appending(path: "configs/model/tiny.yaml").path, "--output", checkpoint,
        ])
        try #require(made.status == 0, "\(made.errors)")
        let files: [(name: String, bytes: [UInt8], text: String)] = [
            ("length", safetensors("{}", length: .max), "the header claims 18446744073709551615 bytes"),
            (
                "beyond",
                safetensors(#"{"query":{"dtype":"F32","shape":[2],"data_offsets":[0,9223372036854775807]}}"#, 8),
                "claims data_offsets"
            ),
            (
                "before", safetensors(#"{"query":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}"#, 8),
                "claims data_offsets"
            ),
            (
                "overflow",
                safetensors(#"{"query":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#),
                "impossible shape"
            ),
            (
                "deep", safetensors(String(repeating: "[", count: 1_000_000)),
                "the JSON object that safetensors prescribes"
            ),
            ("nothing", [], "expected at least 8 bytes"),
        ]
        for file in files {
            let path = try write(file.bytes, file.name + ".safetensors")
            let output = folder.path("output.safetensors")
            try expectRefusal(
                ["model", "forward", "--checkpoint", path, "--input", checkpoint, "--output", output], file: path,
                file.text)
            try expectRefusal(
                ["model", "forward", "--checkpoint", checkpoint, "--input", path, "--output", output], file: path,
                file.text)
            #expect(!FileManager.default.fileExists(atPath: output))
        }
        // A configuration of a network of a hundred gigabytes over the tensors of a small one.
        var greedy = try SafeTensors(contentsOf: URL(filePath: checkpoint))
        greedy.metadata["iris.configuration"] =
            #"{"channels": [4096, 4096, 4096, 4096, 4096, 4096, 4096, 4096], "embedding": 4096}"#
        try greedy.write(to: folder.url.appending(path: "greedy.safetensors"))
        try expectRefusal(
            [
                "model", "forward", "--checkpoint", folder.path("greedy.safetensors"), "--input", checkpoint,
                "--output",
                folder.path("output.safetensors"),
            ], file: "greedy.safetensors", "the configured model has more than")
    }
}
