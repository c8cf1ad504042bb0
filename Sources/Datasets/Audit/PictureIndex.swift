/// The coarse pictures of many scans, among which those most like a given one are found without comparing all.
///
/// Pictures are compared by their means over flips and permutations, brought to few numbers by a fixed random projection, which
/// keeps distances (Johnson and Lindenstrauss 1984, Achlioptas 2003).
struct PictureIndex: Sendable {
    private let fingerprints: [ImageFingerprint?]
    private let points: [Float]
    private let patients: [Int32]
    private let index: NeighbourIndex

    /// How many partners are compared exactly, and how many points are looked at for them.
    private static let (partners, looks) = (8, 256)

    /// - Parameters:
    ///   - scans: the places of the fingerprints that are compared.
    ///   - patients: whose scan each is; scans of one patient are not compared.
    init(_ fingerprints: [ImageFingerprint?], of scans: [Int], patients: [Int32]) {
        (self.fingerprints, self.patients) = (fingerprints, patients)
        let present = scans.filter { fingerprints[$0]?.symmetricPicture.isEmpty == false }
        var points = [Float](repeating: 0, count: fingerprints.count * NeighbourIndex.width)
        for scan in present { Self.project(fingerprints[scan]!.symmetricPicture, to: &points, scan) }
        self.points = points
        index = NeighbourIndex(
            points: present.flatMap { points[$0 * NeighbourIndex.width..<($0 + 1) * NeighbourIndex.width] },
            owners: present.map { Int32($0) }, patients: patients)
    }

    /// A scan's most alike partners by ``ImageFingerprint/symmetricCorrelation(with:)``, of at least `least`, the best first.
    func alike(_ scan: Int, least: Double) -> [Int] {
        guard let own = fingerprints[scan] else { return [] }
        let near = points.withUnsafeBufferPointer {
            index.nearest(
                to: $0.baseAddress! + scan * NeighbourIndex.width, besides: patients[scan], within: .infinity,
                looks: Self.looks, most: Self.partners)
        }
        return near.map { ($0, fingerprints[$0]!.symmetricCorrelation(with: own)) }.filter { $0.1 >= least }
            .sorted { ($1.1, $0.0) < ($0.1, $1.0) }.map(\.0)
    }

    /// Sums of the picture's numbers with signs that are the bits of multiples of the golden section.
    private static func project(_ picture: [Float], to points: inout [Float], _ scan: Int) {
        for n in 0..<NeighbourIndex.width {
            var sum: Float = 0
            for (m, value) in picture.enumerated() {
                sum += signs[n * picture.count + m] ? value : -value
            }
            points[scan * NeighbourIndex.width + n] = sum
        }
    }

    private static let signs: [Bool] = (0..<NeighbourIndex.width * CubeSymmetries.classCount).map { n in
        var bits = UInt64(n + 1) &* 0x9e37_79b9_7f4a_7c15
        bits = (bits ^ bits >> 30) &* 0xbf58_476d_1ce4_e5b9
        return bits >> 63 == 1
    }
}
