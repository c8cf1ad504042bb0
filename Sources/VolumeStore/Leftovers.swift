import GRDB
import Glibc

extension VolumeStore {
    /// Removes what interrupted writers left. Called while no other writer is there.
    ///
    /// A writer may have ended between putting new files in place and indexing them. Where an earlier preparation stood, the
    /// temporary folder then holds the files that the index speaks of, and they go back; where none stood, the index
    /// knows nothing of the new ones, and they go.
    func clearLeftovers() throws {
        let volumes = folder.path + "/volumes"
        for dataset in fileNames(in: volumes) {
            let prepared = try preparedNames(of: dataset)
            for name in fileNames(in: volumes + "/" + dataset) {
                guard let caseName = StagingFolder.caseName(name) else {
                    // Only what a store wrote: anything else is not ours to remove.
                    let folder = caseFolder(CaseKey(dataset: dataset, name: name))
                    if !prepared.contains(name), token(in: folder) != nil { removeTree(folder) }
                    for file in fileNames(in: folder)
                    where file.hasPrefix(BrickFile.name + ".") && file.hasSuffix(".partial") {
                        unlink(folder + "/" + file)
                    }
                    continue
                }
                let key = CaseKey(dataset: dataset, name: caseName), leftover = "\(volumes)/\(dataset)/\(name)"
                if let token = try indexedToken(key), token == self.token(in: leftover),
                    token != self.token(in: caseFolder(key))
                {
                    _ = try FolderExchange(leftover, caseFolder(key))
                }
                removeTree(leftover)
            }
        }
    }

    /// The names of a dataset's prepared cases.
    private func preparedNames(of dataset: String) throws -> Set<String> {
        try pool.read { db in
            try String.fetchSet(
                db,
                sql: """
                    SELECT c.name FROM preparations p JOIN cases c ON c.id = p.case_id JOIN datasets d ON d.id = c.dataset_id
                    WHERE d.name = ?
                    """,
                arguments: [dataset])
        }
    }

    /// The token that the index holds for a prepared case.
    private func indexedToken(_ key: CaseKey) throws -> String? {
        try pool.read { db in
            try String.fetchOne(
                db,
                sql: """
                    SELECT p.token FROM preparations p JOIN cases c ON c.id = p.case_id JOIN datasets d ON d.id = c.dataset_id
                    WHERE d.name = ? AND c.name = ?
                    """,
                arguments: [key.dataset, key.name])
        }
    }

    /// Whether the files of a case are there and of the preparation that the index speaks of, by size and token.
    public func holds(_ prepared: PreparedRecord, key: CaseKey) -> Bool { (try? open(prepared, key: key)) != nil }

    /// The token in the header of a case folder's image.
    func token(in caseFolder: String) -> String? {
        guard let mapping = try? FileMapping(path: caseFolder + "/image.nii") else { return nil }
        return StoredVolumeHeader.token(in: mapping.bytes)
    }
}
