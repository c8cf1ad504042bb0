import CLinux
import Digests
import FoundationEssentials
import GRDB
import Glibc
import NIfTI
import Volumes

/// Adds cases to a store, each as a whole or not at all.
///
/// A case is staged (its files are written beside their place, under a temporary name) and then committed: synced,
/// renamed and indexed in one transaction. Staging is safe from many threads; commits take turns, also between processes.
public final class StoreWriter: Sendable {
    /// The store that is written to.
    public let store: VolumeStore
    /// Whether cases get a brick file beside their volumes.
    private let makesBricks: Bool

    /// - Precondition: the store was opened with mode `.write`.
    public init(_ store: VolumeStore, makesBricks: Bool = true) {
        precondition(store.mode == .write, "a writer needs a store that was opened for writing")
        (self.store, self.makesBricks) = (store, makesBricks)
    }

    // MARK: Cases

    /// Writes the files of a case under a temporary name, without waiting for the disk. They go when the result is dropped.
    ///
    /// - Parameters:
    ///   - description: everything about the case but its voxels.
    ///   - image: int16 voxels that `description.quantisation` turns into intensities.
    ///   - labels: on the same grid; `nil` for a case without labels.
    /// - Throws: `StoreError` when grids differ, the name cannot name a folder, or a file cannot be written.
    public func stage(_ description: CaseDescription, image: VolumeView<Int16>, labels: LabelMap?) throws(StoreError)
        -> StagedCase
    {
        try stage(description, image: image, labels: labels, bricks: makesBricks)
    }

    func stage(
        _ description: CaseDescription, image: VolumeView<Int16>, labels: LabelMap?, bricks: Bool
    ) throws(StoreError) -> StagedCase {
        let key = description.key
        try VolumeStore.check(name: key.dataset, kind: "dataset")
        try VolumeStore.check(name: key.name, kind: "case")
        if let labels, labels.grid != image.grid {
            throw .inconsistentCase(
                "\(key)", problem: "expected labels on the image's grid but found another. Resample them onto it.")
        }
        guard description.quantisation.isStorable else {
            throw .inconsistentCase(
                "\(key)",
                problem:
                    "expected a positive slope and an intercept that single precision holds but found \(description.quantisation)."
            )
        }
        guard image.grid.shape.count <= Int(UInt32.max) else {
            throw .inconsistentCase(
                "\(key)",
                problem:
                    "expected at most 4 294 967 295 voxels but found \(image.grid.shape.count). Use a larger spacing.")
        }
        let token = description.token
        let staging = try StagingFolder(for: key, volumes: store.folder.path + "/volumes")
        let imageFile = try write(
            UnsafeRawBufferPointer(image.voxels), named: "image.nii", staging: staging.path, key: key,
            header: StoredVolumeHeader.bytes(
                grid: image.grid, datatype: .int16, quantisation: description.quantisation, token: token, key: key))
        let labelFile = try labels?.withView { (view) throws(StoreError) in
            try write(
                UnsafeRawBufferPointer(view.voxels), named: "label.nii", staging: staging.path, key: key,
                header: StoredVolumeHeader.bytes(
                    grid: view.grid, datatype: .uint8, quantisation: .identity, token: token, key: key))
        }
        if bricks {
            try writeBricks(
                image, labels, token: token, digests: (imageFile.digest, labelFile?.digest), staging: staging.path)
        }
        let seed = SHA256Digest(of: "\(key)").hexadecimal.prefix(16)
        let survey = (labels?.voxels ?? []).withUnsafeBufferPointer {
            labels == nil
                ? ClassSurvey.empty
                : ClassSurvey(of: $0, shape: image.grid.shape, seed: UInt64(seed, radix: 16)!)
        }
        return StagedCase(
            description: description, grid: image.grid, image: imageFile, label: labelFile, survey: survey,
            staging: staging)
    }

    /// Moves a staged case to its place and indexes it. Readers see the earlier preparation until this returns.
    ///
    /// - Throws: `StoreError` or a database error; the store is then as it was.
    public func commit(_ staged: StagedCase) throws {
        let key = staged.description.key
        var names = ["image.nii"]
        if staged.label != nil { names.append("label.nii") }
        if access(staged.staging.path + "/" + BrickFile.name, F_OK) == 0 { names.append(BrickFile.name) }
        for name in names { try synchronise(staged.staging.path + "/" + name) }
        try synchronise(staged.staging.path)
        let target = store.caseFolder(key)
        var exchange: FolderExchange?
        do {
            // The transaction begins as a writer's, so that no other process moves files of the store meanwhile.
            try store.pool.write { db in
                exchange = try FolderExchange(staged.staging.path, target)
                try synchronise(store.folder.path + "/volumes/" + key.dataset)
                try StoreRows.replace(staged, in: db)
            }
        } catch {
            exchange?.undo()
            throw error
        }
    }

    /// Stages and commits a case.
    public func add(_ description: CaseDescription, image: Volume<Int16>, labels: LabelMap?) throws {
        try commit(image.withView { try stage(description, image: $0, labels: labels) })
    }

    /// Records that a case stays out of the store, and why. An earlier preparation of it is removed.
    public func quarantine(_ quarantined: QuarantinedCase) throws {
        try VolumeStore.check(name: quarantined.key.dataset, kind: "dataset")
        try VolumeStore.check(name: quarantined.key.name, kind: "case")
        let target = store.caseFolder(quarantined.key)
        let aside = try StagingFolder(for: quarantined.key, volumes: store.folder.path + "/volumes")
        var moved = false
        do {
            try store.pool.write { db in
                moved = rename(target, aside.path) == 0
                try StoreRows.replace(quarantined, in: db)
            }
        } catch {
            if moved { rename(aside.path, target) }
            throw error
        }
    }

    // MARK: What cases refer to

    /// Makes the dataset and its class table known.
    ///
    /// - Throws: `StoreError.classTableDiffers` when the store holds cases under another table, unless `replacing`.
    public func register(_ dataset: StoredDataset, replacing: Bool = false) throws {
        try VolumeStore.check(name: dataset.name, kind: "dataset")
        try store.pool.write { db in
            try StoreRows.register(dataset, replacing: replacing, folder: store.folder.path, in: db)
        }
    }

    /// Keeps the text of a preparation configuration, so that the store explains itself.
    public func register(configuration text: String) throws -> SHA256Digest {
        let digest = SHA256Digest(of: text)
        try store.pool.write { db in
            try db.execute(
                sql: "INSERT OR IGNORE INTO configurations VALUES (?, ?)", arguments: [digest.hexadecimal, text])
        }
        return digest
    }

    /// Adds a line to the store's history.
    public func record(_ run: RunRecord) throws {
        try store.pool.write { db in
            try db.execute(
                sql: """
                    INSERT INTO runs (dataset, configuration_digest, program, started, seconds, prepared, unchanged, quarantined)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    run.dataset, run.configurationDigest.hexadecimal, run.program, run.started, run.seconds,
                    run.prepared,
                    run.unchanged, run.quarantined,
                ])
        }
    }

    // MARK: Files

    /// Writes a volume file, and its digest is taken in passing.
    private func write(
        _ voxels: UnsafeRawBufferPointer, named name: String, staging: String, key: CaseKey, header: [UInt8]
    ) throws(StoreError) -> StoredFile {
        let hasher = SHA256Hasher()
        try header.withUnsafeBufferPointer { (header) throws(StoreError) in
            try write([UnsafeRawBufferPointer(header), voxels], to: staging + "/" + name, hasher.update)
        }
        return StoredFile(
            path: "volumes/\(key.dataset)/\(key.name)/\(name)", bytes: header.count + voxels.count,
            digest: hasher.finish())
    }

    private func writeBricks(
        _ image: VolumeView<Int16>, _ labels: LabelMap?, token: String,
        digests: (image: SHA256Digest, label: SHA256Digest?), staging: String
    ) throws(StoreError) {
        let file = BrickFile(shape: image.grid.shape, isLabelled: labels != nil, token: token)
        let content = (labels?.voxels ?? []).withUnsafeBufferPointer { voxels in
            file.content(
                image: image.voxels.baseAddress!, labels: labels == nil ? nil : voxels.baseAddress, digests: digests)
        }
        try write([UnsafeRawBufferPointer(content.bytes)], to: staging + "/" + BrickFile.name)
    }

    /// Writes a new file a piece at a time, so that the cache still holds what `see` just looked at.
    private func write(
        _ parts: [UnsafeRawBufferPointer], to path: String, _ see: (UnsafeRawBufferPointer) -> Void = { _ in }
    ) throws(StoreError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .file(path, problem: "cannot be created: \(systemReason())") }
        defer { close(descriptor) }
        let piece = 1 << 18
        for part in parts {
            for start in stride(from: 0, to: part.count, by: piece) {
                var rest = part[start..<min(start + piece, part.count)]
                see(UnsafeRawBufferPointer(rebasing: rest))
                while !rest.isEmpty {
                    let written = Glibc.write(descriptor, part.baseAddress! + rest.startIndex, rest.count)
                    if written < 0 && errno == EINTR { continue }
                    guard written > 0 else { throw .file(path, problem: "cannot be written: \(systemReason())") }
                    rest = rest.dropFirst(written)
                }
            }
        }
        // Lets the disk begin while the next case is computed; the commit waits for the end.
        sync_file_range(descriptor, 0, 0, IRIS_SYNC_FILE_RANGE_WRITE)
    }
}
