import FoundationEssentials
import GRDB
import Testing
import VolumeStore

/// Opening a store of a million cases. Runs with IRIS_SLOW_TESTS=1.
@Suite struct LargeCatalogueTests {
    static let isWanted = ProcessInfo.processInfo.environment["IRIS_SLOW_TESTS"] == "1"

    /// Multiplies the rows of one real case; only the index is made, no files.
    private func fill(_ small: SmallStore, cases: Int) throws {
        try ToyCase("c0000000").add(to: small.writer())
        try DatabaseQueue(path: small.path("index.sqlite")).write { db in
            let numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(cases - 1))"
            try db.execute(
                sql: """
                    \(numbers) INSERT INTO subjects (id, dataset_id, name) SELECT i + 1, 1, printf('s%07d', i) FROM n;
                    \(numbers) INSERT INTO cases SELECT i + 1, c.dataset_id, printf('c%07d', i), i + 1, c.modality,
                        c.official_split, c.paper_split, c.configuration_digest, c.status, c.reason FROM n, cases c WHERE c.id = 1;
                    \(numbers) INSERT INTO preparations SELECT i + 1, p.source_i, p.source_j, p.source_k, p.source_affine,
                        p.source_minimum, p.source_maximum, p.source_mean, p.source_non_finite, p.shape_i, p.shape_j, p.shape_k,
                        p.affine, p.slope, p.intercept, p.clip_low, p.clip_high, p.mean, p.standard_deviation, p.image_bytes,
                        p.image_digest, p.label_bytes, p.label_digest, p.token, p.content_digest
                        FROM n, preparations p WHERE p.case_id = 1;
                    \(numbers) INSERT INTO presences SELECT i + 1, p.value, p.voxels, p.low_i, p.low_j, p.low_k, p.high_i,
                        p.high_j, p.high_k, p.centroid_i, p.centroid_j, p.centroid_k FROM n, presences p WHERE p.case_id = 1;
                    """)
        }
    }

    @Test("A million cases open in about a second", .enabled(if: isWanted)) func million() throws {
        let small = try SmallStore()
        try fill(small, cases: 1_000_000)
        let clock = ContinuousClock()
        for _ in 0..<3 {
            let store = try VolumeStore.open(at: small.folder, mode: .read)
            let start = clock.now
            let catalogue = try store.catalogue()
            print("catalogue of \(catalogue.caseCount) cases in \(clock.now - start)")
            #expect(catalogue.caseCount == 1_000_000)
            #expect(catalogue.index(of: CaseKey(dataset: "toy", name: "c0777777")) == 777_777)
            #expect(catalogue.presence(of: 7, in: 777_777)?.voxels == 24)
        }
    }
}
