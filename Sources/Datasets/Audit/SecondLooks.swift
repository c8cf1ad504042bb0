import WorkerThreads

/// Looks at suspected pairs again, in order, until looking no longer pays.
///
/// Every copy costs a look; look-alikes do not cost an audit. How many are looked at does not depend on ``jobs``.
package struct SecondLooks: Sendable {
    /// What looking at each case again costs: the bytes of its voxels. A look counts as the two scans of its pair; one that goes
    /// on to witnesses reads each of these, two at most, and the first scan beside it once more.
    package let bytes: [Int]
    /// Pairs looked at at once.
    package let jobs: Int

    package init(bytes: [Int], jobs: Int) { (self.bytes, self.jobs) = (bytes, jobs) }

    /// Pairs are looked at until those that turned out to be different hold more than this part of all voxels, and are at least
    /// so many and half as many as the copies that were found: where there are many copies, there are likely more.
    package static let (idleLooks, idlePart) = (12, 0.04)
    /// Pairs that are looked at together: few at first, then twice as many each time, since a copy that was found may answer for
    /// later pairs, but only such as one after the other would be looked at even if none of them were copies.
    private static let (fewTogether, mostTogether) = (4, 64)

    /// - Parameters:
    ///   - look: what was found, `nil` for two different scans.
    ///   - found: called in the order of the suspects.
    package func look<Suspect: Sendable, Copy: Sendable>(
        at suspects: [Suspect], pair: @escaping @Sendable (Suspect) -> CasePair,
        look: @escaping @Sendable (Suspect) -> Copy?, found: (Suspect, Copy) -> Void
    ) async throws {
        let enough = Int(Self.idlePart * Double(bytes.reduce(0, +)))
        var idle = 0, idleBytes = 0, copies = 0, settled: Set<Int> = []
        var rest = suspects[...], together = Self.fewTogether
        // One partner is enough to know a scan for a copy, but the other scan of the pair may be a third copy.
        func isSettled(_ pair: CasePair) -> Bool { settled.contains(pair.a) && settled.contains(pair.b) }
        while true {
            var batch: [Suspect] = [], (looks, cost) = (idle, idleBytes)
            let fewest = Self.idleLooks + copies / 2
            while let suspect = rest.first, batch.count < together, looks < fewest || cost <= enough {
                rest.removeFirst()
                let pair = pair(suspect)
                if isSettled(pair) { continue }
                batch.append(suspect)
                looks += 1
                cost += bytes[pair.a] + bytes[pair.b]
            }
            if batch.isEmpty { return }
            together = min(2 * together, Self.mostTogether)
            try await mapConcurrently(batch, jobs: jobs, transform: look) { suspect, copy in
                let pair = pair(suspect)
                if let copy {
                    copies += 1
                    if !isSettled(pair) { found(suspect, copy) }
                    settled.formUnion([pair.a, pair.b])
                } else {
                    idle += 1
                    idleBytes += bytes[pair.a] + bytes[pair.b]
                }
            }
        }
    }
}
