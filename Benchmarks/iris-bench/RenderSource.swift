import Episodes
import Foundation
import VolumeStore
import Volumes

/// What patches are rendered from: a case in bricks, and the same in rows, as stores without brick files have it.
struct RenderSource: @unchecked Sendable {
    let bricks, rows: PatchSource
    let shape: GridShape
    let spacing: Spacing
    /// Keeps the voxels in memory.
    let owner: AnyObject

    /// The labelled cases of a store with the most voxels, which a patch fills best.
    ///
    /// - Throws: `StoreError`, and `RenderSourceError` for a store without brick files.
    static func cases(of folder: String, most: Int) throws -> [RenderSource] {
        let store = try VolumeStore.open(at: URL(fileURLWithPath: folder), mode: .read)
        let cases = try store.cases().compactMap { stored -> PreparedCase? in
            guard case .prepared(let record) = stored.status, record.label != nil else { return nil }
            return try store.open(record, key: stored.key)
        }
        guard !cases.isEmpty else { throw RenderSourceError(description: "\(folder): has no prepared case with labels") }
        let largest = cases.sorted { $0.grid.shape.count > $1.grid.shape.count }.prefix(max(1, most))
        return try largest.map { prepared in
            guard prepared.bricks != nil, let labels = prepared.labels else {
                throw RenderSourceError(description: "\(folder): \(prepared.key) has no brick file; run iris store brick")
            }
            let rows = PatchSource(
                image: prepared.image.voxels, label: labels.voxels, shape: prepared.grid.shape, order: .rows,
                quantisation: prepared.quantisation, normalisation: prepared.normalisation)
            return RenderSource(
                bricks: PatchSource(prepared), rows: rows, shape: prepared.grid.shape, spacing: prepared.grid.spacing,
                owner: prepared)
        }
    }
}

/// Why a store cannot be measured.
struct RenderSourceError: Error, CustomStringConvertible {
    let description: String
}
