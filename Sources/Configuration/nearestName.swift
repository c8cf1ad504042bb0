/// The candidate that `name` was most likely meant to be, or `nil` when none is near.
///
/// Near means an edit distance (insert, delete, replace, swap of neighbours) of at most a third of the longer name.
public func nearestName(to name: String, among candidates: some Sequence<String>) -> String? {
    let wanted = Array(name.lowercased())
    return candidates.map { candidate in (candidate, editDistance(wanted, Array(candidate.lowercased()))) }
        .filter { $0.1 <= max(1, max(wanted.count, $0.0.count) / 3) }
        .min { ($0.1, $0.0) < ($1.1, $1.0) }?.0
}

/// The optimal string alignment distance.
private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
    if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in 1...a.count {
        var row = [i] + Array(repeating: 0, count: b.count)
        for j in 1...b.count {
            row[j] = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
            if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { row[j] = min(row[j], beforeLast[j - 2] + 1) }
        }
        (beforeLast, last) = (last, row)
    }
    return last[b.count]
}
