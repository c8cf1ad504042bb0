import Digests
import Volumes

/// The prepared cases of a store as arrays, read once and never changed: what an episode sampler looks things up in.
///
/// Cases are numbered 0..<caseCount in canonical order (dataset, then name, by UTF-8 bytes), whatever order they were
/// prepared in. Every look-up by number is O(1); by name, and by class within a case, O(log n).
public final class StoreCatalogue: Sendable {
    /// A dataset and the numbers of its cases.
    public struct Dataset: Sendable {
        public let description: StoredDataset
        /// The indices of its cases.
        public let cases: Range<Int>
        /// The dataset's name.
        public var name: String { description.name }
        /// Its classes by ascending value.
        public var classes: [StoredClass] { description.classes }
    }

    /// The store it was read from.
    public let store: VolumeStore
    /// The datasets by name.
    public let datasets: [Dataset]
    /// SHA-256 over datasets, class tables and the content of every case, in canonical order. Equal stores have equal
    /// digests, whatever the order of preparation and however often it was interrupted.
    public let digest: SHA256Digest
    /// The modalities that occur, in the order of their first case.
    public let modalities: [String]
    /// The subjects of all datasets, numbered by first case.
    public let subjectCount: Int
    private let columns: CatalogueColumns
    private let positionCache = PositionCache(limit: 64 << 20)

    init(store: VolumeStore, descriptions: [StoredDataset], _ content: CatalogueFile.Content) {
        self.store = store
        let starts = [0] + content.datasetEnds
        datasets = descriptions.enumerated().map { Dataset(description: $1, cases: starts[$0]..<starts[$0 + 1]) }
        (digest, columns) = (content.storeDigest, content.columns)
        modalities = (0..<columns.modalityNames.count).map { content.columns.modalityNames[$0] }
        subjectCount = columns.subjectNames.count
    }

    /// The number of prepared cases.
    public var caseCount: Int { columns.names.count }

    // MARK: One case

    /// The name of a case.
    public func name(of index: Int) -> String { columns.names[index] }
    /// The key of a case.
    public func key(of index: Int) -> CaseKey {
        CaseKey(dataset: datasets[dataset(of: index)].name, name: columns.names[index])
    }
    /// The number of the case's dataset in ``datasets``.
    public func dataset(of index: Int) -> Int { Int(columns.datasets[index]) }
    /// The number of the case's subject; subjects of different datasets differ.
    public func subject(of index: Int) -> Int { Int(columns.subjects[index]) }
    /// The name of a patient.
    public func subjectName(_ subject: Int) -> String { columns.subjectNames[subject] }
    /// The number of the case's modality in ``modalities``.
    public func modality(of index: Int) -> Int { Int(columns.modalities[index]) }
    /// The part of a split that a case is in.
    public func split(of index: Int, in list: SplitList) -> CaseSplit {
        CaseSplit(rawValue: list == .official ? columns.officialSplits[index] : columns.paperSplits[index]) ?? .none
    }
    /// Shape and place of a case's volumes.
    public func grid(of index: Int) -> Grid { Grid(shape: columns.shape(index), affine: columns.affine(index)) }
    /// Voxels of a case along i, j and k.
    public func shape(of index: Int) -> GridShape { columns.shape(index) }
    /// The map from voxel indices of a case to world millimetres.
    public func affine(of index: Int) -> Affine { columns.affine(index) }
    /// The voxel size of a case.
    public func spacing(of index: Int) -> Spacing { columns.affine(index).spacing }
    /// How a case's intensities are clipped and scaled.
    public func normalisation(of index: Int) -> IntensityNormalisation { columns.normalisation(index) }
    /// How a case's stored integers become intensities.
    public func quantisation(of index: Int) -> Quantisation { columns.quantisation(index) }
    /// Whether a case has labels.
    public func isLabelled(_ index: Int) -> Bool { columns.labelled[index] != 0 }
    /// The classes present in a case, by rising value; made on demand. Centroids have single precision.
    public func classes(of index: Int) -> some RandomAccessCollection<ClassPresence> & Sendable {
        columns.presences[columns.presenceStarts[index]..<columns.presenceStarts[index + 1]].lazy.map(\.presence)
    }

    /// Where a class lies in a case; `nil` when it is absent.
    public func presence(of value: UInt8, in index: Int) -> ClassPresence? {
        place(of: value, in: index).map { columns.presences[$0].presence }
    }

    private func place(of value: UInt8, in index: Int) -> Int? {
        var (low, high) = (columns.presenceStarts[index], columns.presenceStarts[index + 1])
        while low < high {
            let middle = (low + high) / 2
            if columns.presences[middle].value < value { low = middle + 1 } else { high = middle }
        }
        return low < columns.presenceStarts[index + 1] && columns.presences[low].value == value ? low : nil
    }

    // MARK: Sets of cases

    /// The number of the case, if the store has it prepared.
    public func index(of key: CaseKey) -> Int? {
        guard let dataset = datasets.first(where: { $0.name == key.dataset }) else { return nil }
        var (low, high) = (dataset.cases.lowerBound, dataset.cases.upperBound)
        while low < high {
            let middle = (low + high) / 2
            if columns.names.utf8(middle).lexicographicallyPrecedes(key.name.utf8) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low < dataset.cases.upperBound && columns.names[low] == key.name ? low : nil
    }

    /// The cases of a dataset that hold a class, rising.
    public func cases(dataset: Int, holding value: UInt8) -> [Int32] {
        let bucket = dataset * 256 + Int(value)
        return Array(columns.holders[columns.holderStarts[bucket]..<columns.holderStarts[bucket + 1]])
    }

    /// The cases of a subject, rising.
    public func cases(ofSubject subject: Int) -> [Int32] {
        Array(columns.subjectCases[columns.subjectStarts[subject]..<columns.subjectStarts[subject + 1]])
    }

    // MARK: Voxels

    /// At most 1024 voxels of a class in a case, spread over its extent. Read from the index when first asked for and
    /// kept in a cache of bounded size.
    ///
    /// - Throws: `StoreError.inconsistentCase` when the class is absent, `.changedSinceOpened` when the case was prepared
    ///   anew meanwhile.
    public func positions(case index: Int, value: UInt8) throws -> VoxelPositions {
        guard let place = place(of: value, in: index) else {
            throw StoreError.inconsistentCase("\(key(of: index))", problem: "has no voxel of class \(value).")
        }
        let offsets = try positionCache.offsets(place) {
            guard let bytes = try store.positionBytes(caseID: columns.identifiers[index], value: value),
                let offsets = VoxelPositions.decode(bytes), !offsets.isEmpty,
                offsets.last.map({ Int($0) < shape(of: index).count }) == true
            else { throw StoreError.changedSinceOpened("\(key(of: index))") }
            return offsets
        }
        return VoxelPositions(offsets: offsets, shape: shape(of: index))
    }

    /// Maps the volumes of a case. Streams keep cases open with ``PreparedCaseCache``.
    ///
    /// - Throws: `StoreError` when a file is absent, damaged or of another preparation than the catalogue says.
    public func open(_ index: Int) throws(StoreError) -> PreparedCase {
        let key = key(of: index)
        let folder = store.caseFolder(key)
        return try PreparedCase(
            key: key, grid: grid(of: index), quantisation: quantisation(of: index),
            normalisation: normalisation(of: index), imagePath: folder + "/image.nii",
            labelPath: isLabelled(index) ? folder + "/label.nii" : nil,
            brickPath: store.brickPath(key), token: columns.token(index))
    }
}
