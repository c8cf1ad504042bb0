import CKernels

/// Points of many scans, among which the scans with the points nearest to a given one are found without looking at all. Wraps
/// `iris_neighbours`.
final class NeighbourIndex: @unchecked Sendable {
    /// Numbers of a point; shorter ones end in zeros.
    static let width = Int(IRIS_NEIGHBOUR_NUMBERS)

    // Read only from the initialiser on, so threads may share it.
    private let tree: OpaquePointer
    /// By scan.
    private let patients: [Int32]

    /// - Parameters:
    ///   - points: ``width`` numbers each.
    ///   - owners: the scan of each point.
    ///   - patients: whose scan each is.
    /// - Precondition: `owners` has one place per point, and its scans are places in `patients`.
    init(points: [Float], owners: [Int32], patients: [Int32]) {
        precondition(points.count == owners.count * Self.width)
        guard let tree = iris_neighbours_build(points, owners, Int64(owners.count)) else {
            fatalError("no memory for an index of \(owners.count) points")
        }
        (self.tree, self.patients) = (tree, patients)
    }

    deinit { iris_neighbours_free(tree) }

    /// The scans of other patients that have the points nearest to one, the nearest first.
    ///
    /// - Parameters:
    ///   - limit: the squared distance from which on points are none.
    ///   - looks: the number of points to look at; the more, the likelier are the nearest among the answer.
    func nearest(
        to point: UnsafePointer<Float>, besides patient: Int32, within limit: Float, looks: Int, most: Int
    ) -> [Int] {
        withUnsafeTemporaryAllocation(of: iris_likeness.self, capacity: most) { best in
            let found = iris_neighbours_nearest(
                tree, patients, point, patient, limit, Int64(looks), best.baseAddress, CInt(most))
            return best[..<Int(found)].map { Int($0.owner) }
        }
    }
}
