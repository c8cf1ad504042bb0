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
    /// Whose scan each case is, numbered. Scans of one patient are not compared. Copies that go under several patients are
    /// nobody's, so that a near copy is found whichever of their patients it shares.
    let patients: [Int32]

    init(_ cases: [CaseRecord]) {
        groups = Self.groups(cases) { $0.image?.minimum == $0.image?.maximum ? nil : $0.image?.digest }
        var groupOf: [Int: Int] = [:], repeated: Set<Int> = []
        var (patients, count) = Self.patients(cases)
        for (n, group) in groups.enumerated() {
            var headers: Set<Header> = []
            for one in group {
                groupOf[one] = n
                if let image = cases[one].image, image.fingerprint != nil, !headers.insert(Header(image)).inserted {
                    repeated.insert(one)
                }
            }
            guard group.contains(where: { patients[$0] != patients[group[0]] }) else { continue }
            for one in group { patients[one] = count }
            count += 1
        }
        (self.groupOf, self.patients) = (groupOf, patients)
        representatives = cases.indices.filter { cases[$0].image?.fingerprint != nil && !repeated.contains($0) }
    }

    /// Whether the two have the same voxels.
    func contains(_ pair: CasePair) -> Bool { groupOf[pair.a].map { $0 == groupOf[pair.b] } ?? false }

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
    private struct Header: Hashable {
        let shape: SIMD3<Int>
        let spacing: SIMD3<Double>
        let datatype: NIfTIDatatype

        init(_ image: ImageRecord) {
            (shape, spacing) = (image.grid.shape.components, image.grid.spacing.components)
            datatype = image.datatype
        }
    }
}
