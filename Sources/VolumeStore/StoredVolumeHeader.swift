import NIfTI
import Volumes

/// The header of a store's volume file: NIfTI-1 whose description field carries a token that ties the file to one row of
/// the index.
enum StoredVolumeHeader {
    /// Header and empty extension mark, before the voxels.
    static let byteCount = 352

    /// The description field of a volume file.
    static func mark(_ token: String) -> String { "iris store \(token)" }

    /// - Throws: `StoreError.inconsistentCase` when NIfTI-1 cannot hold the grid.
    static func bytes(
        grid: Grid, datatype: NIfTIDatatype, quantisation: Quantisation, token: String, key: CaseKey
    ) throws(StoreError) -> [UInt8] {
        do throws(NIfTIError) {
            return try NIfTIHeader(
                writing: grid, datatype: datatype, slope: quantisation.slope, intercept: quantisation.intercept,
                affine: .sformAndQform, description: mark(token), file: "\(key)"
            ).encoded()
        } catch {
            throw .inconsistentCase("\(key)", problem: error.description)
        }
    }

    /// The token in the first bytes of a volume file; `nil` when it has none.
    static func token(in header: UnsafeRawBufferPointer) -> String? {
        guard header.count >= byteCount else { return nil }
        let description = header[148..<228].prefix { $0 != 0 }
        let prefix = Array(mark("").utf8)
        guard description.starts(with: prefix) else { return nil }
        return String(decoding: description.dropFirst(prefix.count), as: UTF8.self)
    }
}
