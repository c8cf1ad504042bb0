import Digests
import NIfTI

/// Scans with the same voxels, byte for byte, whatever their headers say.
struct ExactCopies: Sendable {
    /// Places in the list of cases, each group in order; only groups of two and more.
    let groups: [[Int]]
    /// The group of each case that has a copy.
    private let groupOf: [Int: Int]
    /// The cases that take part in the search for scans that are nearly the same: of copies one for each grid and voxel type,
    /// since a header that is wrong in one of them changes what can be found by it.
    let representatives: [Int]
    /// Whose scan each case is, numbered. Scans of one number are not compared. All copies that go under the same several patients
    /// have one number, another than those patients' own, so that a near copy is found whichever of the patients it shares, and
    /// so that of a patient who is in twice no frame is compared with another.
    let patients: [Int32]
    /// The patients of each number above those of single patients.
    private let shared: [Int32: Set<Int32>]

    init(_ cases: [CaseRecord]) {
        groups = Self.groups(cases) { $0.image?.minimum == $0.image?.maximum ? nil : $0.image?.digest }
        var groupOf: [Int: Int] = [:], repeated: Set<Int> = []
        let (own, count) = Self.patients(cases)
        var patients = own, numbers: [Set<Int32>: Int32] = [:]
        for (n, group) in groups.enumerated() {
            var headers: [Header] = []
            for one in group {
                groupOf[one] = n
                guard let image = cases[one].image, image.fingerprint != nil else { continue }
                let header = Header(image)
                if headers.contains(where: header.isLike) { repeated.insert(one) } else { headers.append(header) }
            }
            let owners = Set(group.map { own[$0] })
            guard owners.count > 1 else { continue }
            let number = numbers[owners] ?? count + Int32(numbers.count)
            numbers[owners] = number
            for one in group { patients[one] = number }
        }
        (self.groupOf, self.patients) = (groupOf, patients)
        shared = Dictionary(uniqueKeysWithValues: numbers.map { ($1, $0) })
        representatives = cases.indices.filter { cases[$0].image?.fingerprint != nil && !repeated.contains($0) }
    }

    /// Whether the two have the same voxels.
    func contains(_ pair: CasePair) -> Bool { groupOf[pair.a].map { $0 == groupOf[pair.b] } ?? false }

    /// Whether the two, or copies of theirs, are scans of one patient.
    func haveOnePatient(_ a: Int, _ b: Int) -> Bool {
        let (a, b) = (patients[a], patients[b])
        return a == b || !(shared[a] ?? [a]).isDisjoint(with: shared[b] ?? [b])
    }

    /// A case with all that have the same voxels.
    func copies(of one: Int) -> [Int] { groupOf[one].map { groups[$0] } ?? [one] }

    /// The cases of which two and more have the same digest, in order.
    static func groups(_ cases: [CaseRecord], by digest: (CaseRecord) -> ContentDigest?) -> [[Int]] {
        var groups: [ContentDigest: [Int]] = [:]
        for (n, record) in cases.enumerated() {
            if let digest = digest(record) { groups[digest, default: []].append(n) }
        }
        return groups.values.filter { $0.count > 1 }.sorted { $0[0] < $1[0] }
    }

    private static func patients(_ cases: [CaseRecord]) -> (numbers: [Int32], count: Int32) {
        var numbers: [String: Int32] = [:]
        let all = cases.map { record in
            let name = "\(record.source.dataset) \(record.source.subject)"
            if let number = numbers[name] { return number }
            let number = Int32(numbers.count)
            numbers[name] = number
            return number
        }
        return (all, Int32(numbers.count))
    }

    /// What of a header decides how voxels are seen.
    private struct Header {
        let shape: SIMD3<Int>
        let spacing: SIMD3<Double>
        let datatype: NIfTIDatatype

        init(_ image: ImageRecord) {
            (shape, spacing) = (image.grid.shape.components, image.grid.spacing.components)
            datatype = image.datatype
        }

        /// Whether voxels look the same by the other; programs that save a scan round its spacing differently.
        func isLike(_ other: Self) -> Bool {
            let ratio = spacing / other.spacing
            return shape == other.shape && datatype == other.datatype && ratio.min() > 0.9999 && ratio.max() < 1.0001
        }
    }
}
