import TestData
import Testing

extension TemporaryFolder {
    /// Writes a synthetic dataset into `raw` and returns its path.
    func phantom(_ dataset: String, cases: Int) throws -> String {
        let run = try IrisCommand(
            ["phantom", dataset, "--output", path("raw"), "--cases", "\(cases)", "--size", "tiny"])
        try #require(run.status == 0, "\(run.errors)")
        return path("raw")
    }
}
