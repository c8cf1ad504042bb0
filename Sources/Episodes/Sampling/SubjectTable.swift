import RandomNumbers

/// Cases grouped by subject, so that a subject with many cases is not drawn more often than others.
struct SubjectTable: Sendable {
    /// Subject numbers, rising.
    let subjects: [Int32]
    /// The cases of `subjects[n]` are `cases[starts[n]..<starts[n + 1]]`.
    private let starts: [Int32]
    let cases: [Int32]

    /// - Parameter entries: subject and case numbers in any order, none twice.
    init(_ entries: [(subject: Int32, case: Int32)]) {
        // A catalogue numbers subjects in the order of their cases, so that most entries come in order.
        let isSorted = zip(entries, entries.dropFirst()).allSatisfy { ($0.subject, $0.case) < ($1.subject, $1.case) }
        let sorted = isSorted ? entries : entries.sorted { ($0.subject, $0.case) < ($1.subject, $1.case) }
        var subjects: [Int32] = [], starts: [Int32] = []
        for (n, entry) in sorted.enumerated() where entry.subject != subjects.last {
            subjects.append(entry.subject)
            starts.append(Int32(n))
        }
        self.subjects = subjects
        self.starts = starts + [Int32(sorted.count)]
        cases = sorted.map(\.case)
    }

    /// A case of a subject that `excluded` does not hold: first a subject, all alike, then one of its cases. `nil` when no
    /// subject is left.
    func draw(excluding excluded: [Int32], using generator: inout Philox) -> (subject: Int32, case: Int32)? {
        let gaps = excluded.compactMap(place).sorted()
        guard subjects.count > gaps.count else { return nil }
        var n = generator.index(below: subjects.count - gaps.count)
        for gap in gaps where n >= gap { n += 1 }
        let range = Int(starts[n])..<Int(starts[n + 1])
        return (subjects[n], cases[range.lowerBound + generator.index(below: range.count)])
    }

    /// The place of a subject, if it is here.
    func place(of subject: Int32) -> Int? {
        var low = 0, high = subjects.count
        while low < high {
            let middle = (low + high) / 2
            if subjects[middle] < subject { low = middle + 1 } else { high = middle }
        }
        return low < subjects.count && subjects[low] == subject ? low : nil
    }
}
