import Digests
import Preparation

/// What `iris prepare` prints at its end.
struct PrepareReport: Encodable {
    let dataset, store: String
    let listed, prepared, unchanged, leftOut, elsewhere: Int
    let quarantined, remarks: [Entry]
    let onlyInStore, treeProblems: [String]
    let sourceVoxels: Int
    let seconds: Double
    let configurationDigest, storeDigest: String

    struct Entry: Encodable {
        let `case`, code, reason: String
    }

    init(summary: PreparationSummary, store: String, digest: SHA256Digest) {
        (dataset, self.store) = (summary.dataset, store)
        (listed, prepared, unchanged) = (summary.listed, summary.prepared, summary.unchanged)
        (leftOut, elsewhere) = (summary.leftOut, summary.elsewhere)
        quarantined = summary.quarantined.map { Entry(case: $0.name, code: $0.code, reason: $0.reason) }
        remarks = summary.remarks.map { Entry(case: $0.name, code: $0.code, reason: $0.reason) }
        (onlyInStore, treeProblems) = (summary.onlyInStore, summary.treeProblems)
        (sourceVoxels, seconds) = (summary.sourceVoxels, summary.seconds)
        (configurationDigest, storeDigest) = (summary.configurationDigest.hexadecimal, digest.hexadecimal)
    }

    func printText() {
        var table = Table([.text("cases of \(dataset)"), .number("number")])
        table.add(["prepared now", "\(prepared)"])
        table.add(["prepared before, unchanged", "\(unchanged)"])
        table.add(["quarantined", "\(quarantined.count)"])
        if leftOut > 0 { table.add(["without labels, left out", "\(leftOut)"]) }
        if elsewhere > 0 { table.add(["in other shards", "\(elsewhere)"]) }
        table.add(["in all", "\(listed)"])
        if !onlyInStore.isEmpty { table.add(["in the store, no longer in the source", "\(onlyInStore.count)"]) }
        table.printFitted()
        let rate = (seconds > 0 ? Double(sourceVoxels) / seconds : 0).formatted(unit: "voxels/s")
        print("\n\(seconds.formatted(decimals: 1)) s, \(rate) of source images")
        print("store \(store), digest \(storeDigest)")
        list("Set aside", quarantined)
        list("Remarks", remarks)
        if !onlyInStore.isEmpty {
            print("\nIn the store, no longer in the source; kept as they are:\n" + onlyInStore.joined(separator: "\n"))
        }
        if !treeProblems.isEmpty { print("\nProblems of the source folder:\n" + treeProblems.joined(separator: "\n")) }
    }

    private func list(_ title: String, _ entries: [Entry]) {
        guard !entries.isEmpty else { return }
        print("\n\(title):")
        var table = Table([.text("case"), .text("code"), .longText("reason")])
        for entry in entries { table.add([entry.case, entry.code, entry.reason]) }
        table.printFitted()
    }
}
