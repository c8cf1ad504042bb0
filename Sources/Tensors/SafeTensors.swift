import AtomicFiles
import FoundationEssentials
import Glibc

/// A safetensors file: named tensors and text metadata (https://github.com/huggingface/safetensors, format version of
/// 2023). Reads F32 and BF16 tensors; writes F32.
///
/// The file is an 8-byte little-endian header length, a JSON header, and the bytes of all tensors. Everything the header
/// claims is checked before it is used, so a hostile file gets an error and nothing else.
public struct SafeTensors {
    /// Tensors by name, float32 and row-major.
    public var tensors: [String: Tensor]
    /// The `__metadata__` of the header.
    public var metadata: [String: String]

    public init(tensors: [String: Tensor] = [:], metadata: [String: String] = [:]) {
        (self.tensors, self.metadata) = (tensors, metadata)
    }

    /// The largest header that is read; the reference implementation has the same limit.
    static let largestHeader = 100_000_000

    /// Reads a file.
    ///
    /// - Throws: ``SafeTensorsError`` naming the file and what is wrong with it.
    public init(contentsOf url: URL) throws {
        try self.init(Self.data(of: url), file: url.path)
    }

    /// The bytes of a file, mapped where that is safe.
    ///
    /// - Throws: ``SafeTensorsError``, also for what has no end or must be waited for: devices and pipes.
    public static func data(of url: URL) throws(SafeTensorsError) -> Data {
        var status = stat()
        if stat(url.path, &status) == 0, ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) {
            throw SafeTensorsError(
                file: url.path, problem: "expected a file but found a pipe or device. Name a safetensors file.")
        }
        do { return try Data(contentsOf: url, options: .mappedIfSafe) } catch {
            throw SafeTensorsError(
                file: url.path, problem: "cannot be read: \(error). Check the path and its permissions.")
        }
    }

    /// Reads the bytes of a file; `file` names it in complaints.
    public init(_ data: Data, file: String) throws {
        func fail(_ problem: String) -> SafeTensorsError { SafeTensorsError(file: file, problem: problem) }
        guard data.count >= 8 else {
            throw fail("expected at least 8 bytes of safetensors but found \(data.count). Copy the file again.")
        }
        let length = (0..<8).reduce(UInt64(0)) { $0 | UInt64(data[data.startIndex + $1]) << (8 * UInt64($1)) }
        guard length <= UInt64(Self.largestHeader), Int(length) <= data.count - 8 else {
            throw fail(
                "the header claims \(length) bytes but \(data.count - 8) follow. The file is truncated or not safetensors; copy it again."
            )
        }
        let body = data.count - 8 - Int(length)
        let header = data.subdata(in: data.startIndex + 8..<data.startIndex + 8 + Int(length))
        let entries: [String: Entry]
        do { entries = try JSONDecoder().decode([String: Entry].self, from: header) } catch {
            throw fail("the header is not the JSON object that safetensors prescribes: \(error).")
        }
        var tensors: [String: Tensor] = [:], metadata: [String: String] = [:]
        var spans: [(begin: Int, end: Int, name: String)] = []
        for (name, entry) in entries {
            switch entry {
            case .metadata(let values):
                guard name == "__metadata__" else {
                    throw fail("the entry \(name) has no dtype, shape and data_offsets.")
                }
                metadata = values
            case .tensor(let description):
                let (begin, end) = try description.span(named: name, body: body, fail: fail)
                spans.append((begin, end, name))
            }
        }
        spans.sort { ($0.begin, $0.end, $0.name) < ($1.begin, $1.end, $1.name) }
        var place = 0
        for span in spans {
            guard span.begin == place else {
                throw fail(
                    "the tensor \(span.name) begins at byte \(span.begin) of the data but \(place) was expected.")
            }
            place = span.end
        }
        guard place == body else { throw fail("the tensors cover \(place) bytes of data but the file has \(body).") }
        let start = data.startIndex + 8 + Int(length)
        for span in spans {
            guard case .tensor(let description)? = entries[span.name] else { continue }
            let values = data.subdata(in: start + span.begin..<start + span.end)
            tensors[span.name] = description.tensor(from: values)
        }
        self.init(tensors: tensors, metadata: metadata)
    }

    /// Writes the file under a temporary name, syncs it and renames it, so that there is an old file or a new one and
    /// never a part of one. Tensors lie in the order of their names.
    ///
    /// - Throws: `FileWriteError`.
    public func write(to url: URL) throws {
        var header = "{"
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }.map { "\(jsonString($0.key)):\(jsonString($0.value))" }
            header += "\"__metadata__\":{\(pairs.joined(separator: ","))}"
        }
        let ordered = tensors.sorted { $0.key < $1.key }
        var offset = 0
        for (name, tensor) in ordered {
            if header.count > 1 { header += "," }
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            let end = offset + tensor.count * 4
            header += "\(jsonString(name)):{\"dtype\":\"F32\",\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}"
            offset = end
        }
        header += "}"
        // Spaces bring the data to a multiple of 8 bytes, as the format asks for.
        var head = Array(header.utf8)
        head += [UInt8](repeating: 0x20, count: (8 - head.count % 8) % 8)
        let length = (0..<8).map { UInt8(truncatingIfNeeded: head.count >> (8 * $0)) }
        let file = try AtomicFile(at: url.path)
        try (length + head).withUnsafeBytes { try file.write($0) }
        for (_, tensor) in ordered {
            switch tensor.type {
            case .float32: try file.write(UnsafeRawBufferPointer(start: tensor.pointer, count: tensor.byteCount))
            case .bfloat16: try tensor.values.withUnsafeBytes { try file.write($0) }
            }
        }
        try file.commit()
    }
}

/// One entry of the header: a tensor's description, or the metadata.
private enum Entry: Decodable {
    case metadata([String: String])
    case tensor(TensorDescription)

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let description = try? container.decode(TensorDescription.self) {
            self = .tensor(description)
        } else {
            self = .metadata(try container.decode([String: String].self))
        }
    }
}

private struct TensorDescription: Decodable {
    let dtype: String
    let shape: [Int]
    let offsets: [Int]

    enum CodingKeys: String, CodingKey {
        case dtype, shape
        case offsets = "data_offsets"
    }

    /// The checked place of the tensor in the data.
    func span(named name: String, body: Int, fail: (String) -> SafeTensorsError) throws -> (begin: Int, end: Int) {
        guard dtype == "F32" || dtype == "BF16" else {
            throw fail("the tensor \(name) has dtype \(dtype) but only F32 and BF16 are read. Convert it to F32.")
        }
        guard offsets.count == 2, offsets[0] >= 0, offsets[0] <= offsets[1], offsets[1] <= body else {
            throw fail("the tensor \(name) claims data_offsets \(offsets) but the data has \(body) bytes.")
        }
        var bytes = dtype == "F32" ? 4 : 2
        for size in shape {
            let (product, overflow) = bytes.multipliedReportingOverflow(by: size)
            guard size >= 0, !overflow else { throw fail("the tensor \(name) has the impossible shape \(shape).") }
            bytes = product
        }
        guard bytes == offsets[1] - offsets[0] else {
            throw fail(
                "the tensor \(name) of shape \(shape) and dtype \(dtype) needs \(bytes) bytes but data_offsets \(offsets) give \(offsets[1] - offsets[0])."
            )
        }
        return (offsets[0], offsets[1])
    }

    func tensor(from data: Data) -> Tensor {
        let tensor = Tensor(uninitialized: shape)
        if dtype == "F32" {
            data.withUnsafeBytes {
                if let base = $0.baseAddress { tensor.pointer.copyMemory(from: base, byteCount: $0.count) }
            }
        } else {
            data.withUnsafeBytes { bytes in
                for index in 0..<tensor.count {
                    let bits = UInt32(bytes[2 * index]) << 16 | UInt32(bytes[2 * index + 1]) << 24
                    tensor.floats[index] = Float(bitPattern: bits)
                }
            }
        }
        return tensor
    }
}

/// Text as a JSON string.
private func jsonString(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case "\n": result += "\\n"
        case "\r": result += "\\r"
        case "\t": result += "\\t"
        case _ where scalar.value < 0x20:
            let digits = String(scalar.value, radix: 16)
            result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}
