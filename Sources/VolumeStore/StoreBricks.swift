import AtomicFiles
import Digests
import GRDB
import Glibc
import Volumes

/// What ``StoreWriter/makeBricks(remake:progress:)`` or ``StoreWriter/removeBricks(progress:)`` did.
public struct StoreBricks: Sendable, Equatable {
    /// Brick files made, found as they should be, and removed.
    public var made = 0, present = 0, removed = 0
    /// The bytes of those made or removed.
    public var bytes = 0
}

extension VolumeStore {
    /// Whether a prepared case's brick file is there and says that it was made from the volumes that the index names.
    func hasBricks(_ prepared: PreparedRecord, key: CaseKey) -> Bool {
        guard let mapping = try? FileMapping(path: brickPath(key)) else { return false }
        let header = String(decoding: mapping.bytes.prefix(BrickFile.headerBytes).prefix { $0 != 0 }, as: UTF8.self)
        return brickFile(prepared).accepts(mapping.bytes)
            && header.hasSuffix("image \(prepared.image.digest)\nlabel \(prepared.label?.digest.hexadecimal ?? "-")\n")
    }

    func brickFile(_ prepared: PreparedRecord) -> BrickFile {
        BrickFile(shape: prepared.grid.shape, isLabelled: prepared.label != nil, token: prepared.token)
    }

    /// What a case's brick file must hold, made from its volumes.
    func brickContent(_ prepared: PreparedRecord, key: CaseKey) throws(StoreError) -> BrickBuffer {
        let opened = try open(prepared, key: key)
        return withExtendedLifetime(opened) {
            brickFile(prepared).content(
                image: opened.image.voxels, labels: opened.labels?.voxels,
                digests: (prepared.image.digest, prepared.label?.digest))
        }
    }

    /// - Throws: `StoreError.damagedFile` when a volume of the case is not what the index says.
    func checkDigests(_ prepared: PreparedRecord) throws(StoreError) {
        for file in [prepared.image, prepared.label].compactMap(\.self) {
            let mapping = try FileMapping(path: path(file))
            let digest = withExtendedLifetime(mapping) { SHA256Digest(of: mapping.bytes) }
            guard digest == file.digest else {
                throw .damagedFile(path(file), expected: "SHA-256 \(file.digest)", found: "\(digest)")
            }
        }
    }
}

extension StoreWriter {
    /// Makes the brick files that prepared cases lack, or that were made from other volumes than theirs.
    ///
    /// - Parameters:
    ///   - remake: makes those that are there anew, too.
    ///   - progress: called after each case.
    /// - Throws: `StoreError` when a volume cannot be read, `FileWriteError` when a file cannot be written.
    public func makeBricks(remake: Bool = false, progress: () -> Void = {}) throws -> StoreBricks {
        var result = StoreBricks()
        for record in try store.cases() {
            defer { progress() }
            guard case .prepared(let prepared) = record.status else { continue }
            if !remake, store.hasBricks(prepared, key: record.key) {
                result.present += 1
                continue
            }
            try store.checkDigests(prepared)
            let content = try store.brickContent(prepared, key: record.key)
            // In a writer's transaction, so that no other process changes the folder's files meanwhile.
            try store.pool.write { db in
                guard case .prepared(let present)? = try store.record(of: record.key, in: db)?.status,
                    present.image.digest == prepared.image.digest, present.label?.digest == prepared.label?.digest
                else { throw StoreError.changedSinceOpened("\(record.key)") }
                try AtomicFile.write([UnsafeRawBufferPointer(content.bytes)], to: store.brickPath(record.key))
            }
            result.made += 1
            result.bytes += content.bytes.count
        }
        return result
    }

    /// Removes the brick files of all prepared cases. Volumes are read from then on, more slowly, with the same results.
    public func removeBricks(progress: () -> Void = {}) throws -> StoreBricks {
        var result = StoreBricks()
        for record in try store.cases() {
            defer { progress() }
            let path = store.brickPath(record.key)
            guard let size = try? FileMapping(path: path).count else { continue }
            guard unlink(path) == 0 else {
                throw StoreError.file(path, problem: "cannot be removed: \(systemReason())")
            }
            result.removed += 1
            result.bytes += size
        }
        return result
    }
}
