/// Whether the splits of a copy divide its subjects cleanly, and how far the copy is complete.
enum SplitCheck {
    /// One finding per subject in two splits, and one that states how the subjects divide.
    ///
    /// - Parameter manifest: what a complete copy has; `nil` where completeness is no question, as in a store.
    static func findings(_ cases: [SourceCase], manifest: Manifest?, dataset: String) -> [Finding] {
        var found: [Finding] = []
        for (name, split) in [("official", { (c: SourceCase) in c.officialSplit }), ("paper's", { $0.paperSplit })] {
            var splits: [String: Set<Split>] = [:], counts: [Split: Int] = [:]
            for one in cases {
                guard let part = split(one) else { continue }
                splits[one.subject, default: []].insert(part)
                counts[part, default: 0] += 1
            }
            guard !splits.isEmpty else { continue }
            let shared = splits.filter { $0.value.count > 1 }.sorted { $0.key < $1.key }
            for (subject, parts) in shared {
                found.append(
                    Finding(
                        .subjectInTwoSplits, dataset: dataset, case: cases.first { $0.subject == subject }?.id,
                        expected: "subject \(subject) in one part of the \(name) split",
                        found: parts.map(\.rawValue).sorted().joined(separator: " and ")))
            }
            let parts = Split.allCases.map { part in
                "\(part.rawValue) \(counts[part] ?? 0) cases of \(splits.filter { $0.value.contains(part) }.count) subjects"
            }
            found.append(
                Finding(
                    .splitSum, dataset: dataset, expected: "subjects of the \(name) split in one part each",
                    found: "\(parts.joined(separator: ", ")); \(splits.count) subjects, \(shared.count) shared"))
        }
        guard let manifest else { return found }
        return found + unassigned(cases, manifest: manifest, dataset: dataset)
            + completeness(cases, manifest: manifest, dataset: dataset)
    }

    private static func unassigned(_ cases: [SourceCase], manifest: Manifest, dataset: String) -> [Finding] {
        guard manifest.paperSplit != nil else { return [] }
        let subjects = Set(cases.filter { $0.label != nil && $0.paperSplit == nil }.map(\.subject)).sorted()
        guard !subjects.isEmpty else { return [] }
        return [
            Finding(
                .unassignedSubject, dataset: dataset, expected: "labelled subjects in the paper's lists",
                found: "\(subjects.count) that they do not name: \(subjects.listed(6))")
        ]
    }

    private static func completeness(_ cases: [SourceCase], manifest: Manifest, dataset: String) -> [Finding] {
        let differing = manifest.expectedCounts.compactMap { expected -> String? in
            let mine = cases.filter { $0.officialSplit == expected.split && $0.modality == expected.modality }
            let labelled = mine.count { $0.label != nil }
            guard mine.count != expected.cases || labelled != expected.labelled else { return nil }
            return
                "\(expected.split.rawValue) \(expected.modality.rawValue) \(mine.count) of \(expected.cases) (labelled \(labelled) of \(expected.labelled))"
        }
        guard !differing.isEmpty else { return [] }
        return [
            Finding(
                .incompleteCopy, dataset: dataset, expected: "the cases of the complete release",
                found: differing.joined(separator: ", "))
        ]
    }
}

extension [String] {
    /// The first few, and how many more.
    func listed(_ most: Int, separator: String = ", ") -> String {
        prefix(most).joined(separator: separator) + (count > most ? " and \(count - most) more" : "")
    }
}
