import FoundationEssentials
import Tensors
import Testing

@Suite struct SafeTensorsTests {
    private func file(_ header: String, _ body: [UInt8] = []) -> Data {
        let bytes = Array(header.utf8)
        return Data((0..<8).map { UInt8(truncatingIfNeeded: bytes.count >> (8 * $0)) } + bytes + body)
    }

    private func problem(_ data: Data) -> String {
        do {
            _ = try SafeTensors(data, file: "x.safetensors")
            return "no error"
        } catch { return "\(error)" }
    }

    @Test func bytesOfAHandMadeFile() throws {
        // 1.0 is 3f800000, -2.0 is c0000000; in bfloat16 1.5 is 3fc0.
        let data = file(
            #"{"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"b":{"dtype":"BF16","shape":[],"data_offsets":[8,10]}}"#,
            [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0xc0, 0x3f])
        let read = try SafeTensors(data, file: "x")
        #expect(read.metadata == ["k": "v"])
        #expect(read.tensors["a"]?.shape == [2, 1] && read.tensors["a"]?.values == [1, -2])
        #expect(read.tensors["b"]?.shape == [] && read.tensors["b"]?.values == [1.5])
    }

    @Test func writtenFilesReadBack() throws {
        let url = FileManager.default.temporaryDirectory.appending(
            path: "iris-safetensors-\(UUID().uuidString).safetensors")
        defer { try? FileManager.default.removeItem(at: url) }
        let odd: [Float] = [0, -0.0, .infinity, -.infinity, .greatestFiniteMagnitude, .leastNonzeroMagnitude]
        let written = SafeTensors(
            tensors: [
                "z": Tensor(odd, shape: [2, 3]), "empty": Tensor([], shape: [0, 4]), "a \"b\"": Tensor([7], shape: [1]),
            ],
            metadata: ["line": "one\ntwo \u{1}", "é": "ü"])
        try written.write(to: url)
        let read = try SafeTensors(contentsOf: url)
        #expect(read.metadata == written.metadata)
        #expect(Set(read.tensors.keys) == Set(written.tensors.keys))
        for (name, tensor) in written.tensors {
            #expect(read.tensors[name]?.shape == tensor.shape)
            #expect(read.tensors[name]?.values.map(\.bitPattern) == tensor.values.map(\.bitPattern))
        }
    }

    @Test func hostileFiles() {
        #expect(
            problem(Data([1, 2]))
                == "x.safetensors: expected at least 8 bytes of safetensors but found 2. Copy the file again.")
        #expect(
            problem(Data([255, 255, 255, 255, 255, 255, 255, 127, 0]))
                == "x.safetensors: the header claims 9223372036854775807 bytes but 1 follow. The file is truncated or not safetensors; copy it again."
        )
        #expect(
            problem(file(#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, [0, 0, 0, 0]))
                == "x.safetensors: the tensor a claims data_offsets [0, 8] but the data has 4 bytes.")
        #expect(
            problem(file(#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#))
                == "x.safetensors: the tensor a has the impossible shape [4611686018427387904, 4].")
        #expect(
            problem(file(#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,0]}}"#))
                == "x.safetensors: the tensor a has the impossible shape [-1].")
        #expect(
            problem(file(#"{"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}"#, [UInt8](repeating: 0, count: 8)))
                == "x.safetensors: the tensor a has dtype I64 but only F32 and BF16 are read. Convert it to F32.")
        // Two tensors on the same bytes, and bytes that belong to none.
        #expect(
            problem(
                file(
                    #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
                    [0, 0, 0, 0])) == "x.safetensors: the tensor b begins at byte 0 of the data but 4 was expected.")
        #expect(problem(file("{}", [0])) == "x.safetensors: the tensors cover 0 bytes of data but the file has 1.")
        #expect(
            problem(file("[1,2")).hasPrefix(
                "x.safetensors: the header is not the JSON object that safetensors prescribes"))
    }
}
