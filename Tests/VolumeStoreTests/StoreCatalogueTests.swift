import Digests
import FoundationEssentials
import Testing
import VolumeStore
import Volumes

@Suite struct StoreCatalogueTests {
    @Test("A stored case comes back as it was given") func roundTrip() throws {
        let small = try SmallStore()
        try ToyCase("a_1", subject: "p1", first: -5).add(to: small.writer())
        let catalogue = try small.catalogue()
        #expect(catalogue.caseCount == 1)
        #expect(catalogue.datasets.map(\.name) == ["toy"])
        #expect(catalogue.datasets[0].description == SmallStore.dataset)
        #expect(catalogue.key(of: 0) == CaseKey(dataset: "toy", name: "a_1"))
        #expect(catalogue.subjectName(catalogue.subject(of: 0)) == "p1")
        #expect(catalogue.modalities[catalogue.modality(of: 0)] == "CT")
        #expect(catalogue.split(of: 0, in: .official) == .train)
        #expect(catalogue.split(of: 0, in: .paper) == .test)
        #expect(try catalogue.grid(of: 0) == ToyCase("a_1").grid)
        #expect(catalogue.quantisation(of: 0) == Quantisation(slope: 0.5, intercept: -3))
        #expect(catalogue.normalisation(of: 0).standardDeviation == 50)

        let opened = try catalogue.open(0)
        #expect(try Array(opened.image.buffer) == ToyCase("a_1", first: -5).image().voxels)
        #expect(try Array(try #require(opened.labels).buffer) == ToyCase("a_1").labels()?.voxels)
        // Voxel 1 holds -4: 0.5 * -4 - 3.
        #expect(opened.quantisation.intensity(opened.image[1, 0, 0]) == -5)
    }

    /// The box has 4 x 2 x 3 voxels; the centroid of whole-number ranges is the middle of first and last.
    @Test("Class presence follows from the geometry of the label") func presence() throws {
        let small = try SmallStore()
        try ToyCase("a").add(to: small.writer())
        let catalogue = try small.catalogue()
        #expect(catalogue.classes(of: 0).map(\.value) == [1, 7])
        let liver = try #require(catalogue.presence(of: 7, in: 0))
        #expect(liver.voxels == 24)
        #expect(liver.box == VoxelBox(lower: SIMD3(2, 3, 1), upper: SIMD3(6, 5, 4)))
        #expect(liver.centroid == SIMD3(3.5, 3.5, 2))
        #expect(catalogue.presence(of: 2, in: 0) == nil)
        let positions = try catalogue.positions(case: 0, value: 7)
        #expect(Set(positions.map(\.x)) == [2, 3, 4, 5])
        #expect(positions.count == 24)
        #expect(try Array(catalogue.positions(case: 0, value: 1)) == [SIMD3(10, 9, 7), SIMD3(11, 9, 7)])
        #expect(throws: StoreError.inconsistentCase("toy/a", problem: "has no voxel of class 2.")) {
            try catalogue.positions(case: 0, value: 2)
        }
    }

    @Test("Cases are numbered by name whatever the order of writing, and the digest agrees") func order() throws {
        let (forward, backward) = (try SmallStore(), try SmallStore())
        let names = ["a_10", "a_2", "B", "z"]
        for (small, names) in [(forward, names), (backward, names.reversed())] {
            let writer = try small.writer()
            for name in names { try ToyCase(name, subject: "s\(name.count)").add(to: writer) }
        }
        let (a, b) = (try forward.catalogue(), try backward.catalogue())
        // By UTF-8 bytes: capitals before small letters, "a_10" before "a_2".
        #expect((0..<4).map(a.name(of:)) == ["B", "a_10", "a_2", "z"])
        #expect((0..<4).map(b.name(of:)) == ["B", "a_10", "a_2", "z"])
        #expect(a.digest == b.digest)
        #expect(a.index(of: CaseKey(dataset: "toy", name: "a_2")) == 2)
        #expect(a.index(of: CaseKey(dataset: "toy", name: "a_3")) == nil)
        #expect(a.index(of: CaseKey(dataset: "other", name: "z")) == nil)
        #expect(Array(a.cases(dataset: 0, holding: 7)) == [0, 1, 2, 3])
        #expect(Array(a.cases(dataset: 0, holding: 2)) == [])
        // "B" and "z" share the subject "s1".
        #expect(a.subject(of: 0) == a.subject(of: 3))
        #expect(Array(a.cases(ofSubject: a.subject(of: 3))) == [0, 3])
        #expect(a.subjectCount == 3)
    }

    @Test("The digest tells stores with any difference apart", arguments: 0..<6) func digestSeesDifferences(which: Int)
        throws
    {
        let (plain, other) = (try SmallStore(), try SmallStore())
        try ToyCase("a").add(to: plain.writer())
        let writer = try other.writer()
        switch which {
        case 0: try ToyCase("a", first: 1).add(to: writer)
        case 1: try ToyCase("a", labelled: false).add(to: writer)
        case 2: try ToyCase("a", subject: "b").add(to: writer)
        case 3: try ToyCase("a", modality: "MR").add(to: writer)
        case 4: try ToyCase("a").add(to: writer, configuration: "spacing: 2")
        default:
            try ToyCase("a").add(to: writer)
            try ToyCase("b").add(to: writer)
        }
        #expect(try plain.catalogue().digest != other.catalogue().digest)
    }

    @Test("A case without labels has none") func unlabelled() throws {
        let small = try SmallStore()
        try ToyCase("a", labelled: false).add(to: small.writer())
        let catalogue = try small.catalogue()
        #expect(!catalogue.isLabelled(0))
        #expect(catalogue.classes(of: 0).isEmpty)
        #expect(try catalogue.open(0).labels == nil)
    }

    @Test("The cache keeps at most its limit of cases open") func cache() throws {
        let small = try SmallStore()
        let writer = try small.writer()
        for n in 0..<6 { try ToyCase("c\(n)", first: Int16(n)).add(to: writer) }
        let cache = PreparedCaseCache(try small.catalogue(), limit: 3)
        let first = try cache.open(0)
        for n in 0..<6 { #expect(try cache.open(n).image[0, 0, 0] == Int16(n)) }
        #expect(cache.count <= 3)
        // Dropped from the cache, still valid for its holder.
        #expect(first.image[0, 0, 0] == 0)
        #expect(try cache.open(5) === cache.open(5))
    }

    /// The kept file must give what the rows give, and must not outlive a change, a damage or a copy from elsewhere.
    @Test("Arrays kept beside the index say what the index says, or are not used") func keptArrays() throws {
        let small = try SmallStore()
        let writer = try small.writer()
        for (n, name) in ["b", "a", "c"].enumerated() {
            try ToyCase(name, subject: "s\(n / 2)", modality: n == 1 ? "MR" : "CT", first: Int16(n), labelled: n < 2)
                .add(to: writer)
        }
        let store = try VolumeStore.open(at: small.folder, mode: .read)
        let rows = try store.catalogue()
        #expect(!FileManager.default.fileExists(atPath: small.path("index.catalogue")))
        _ = try store.catalogue(keptFrom: 1)
        let file = small.folder.appending(path: "index.catalogue")
        let written = try Data(contentsOf: file)
        let kept = try store.catalogue(keptFrom: 1)
        #expect(kept.digest == rows.digest)
        #expect(kept.modalities == rows.modalities)
        #expect(kept.subjectCount == rows.subjectCount)
        #expect(kept.datasets.map(\.cases) == rows.datasets.map(\.cases))
        for n in 0..<3 {
            #expect(kept.key(of: n) == rows.key(of: n))
            #expect(kept.subjectName(kept.subject(of: n)) == rows.subjectName(rows.subject(of: n)))
            #expect(kept.modality(of: n) == rows.modality(of: n))
            #expect(kept.split(of: n, in: .official) == .train && kept.split(of: n, in: .paper) == .test)
            #expect(kept.grid(of: n) == rows.grid(of: n))
            #expect(kept.normalisation(of: n) == rows.normalisation(of: n))
            #expect(kept.quantisation(of: n) == rows.quantisation(of: n))
            #expect(kept.isLabelled(n) == rows.isLabelled(n))
            #expect(Array(kept.classes(of: n)) == Array(rows.classes(of: n)))
            #expect(try kept.open(n).image[0, 0, 0] == rows.open(n).image[0, 0, 0])
        }
        #expect(try Array(kept.positions(case: 0, value: 7)) == Array(rows.positions(case: 0, value: 7)))
        #expect(Array(kept.cases(dataset: 0, holding: 7)) == [0, 1])

        // A damaged file is passed over, and so is one of another state of the index.
        for place in [80, 500, written.count - 70] {
            var bytes = written
            bytes[place] ^= 1
            try bytes.write(to: file)
            #expect(try store.catalogue().digest == rows.digest)
            #expect(try store.catalogue().subjectCount == 2)
        }
        try written.write(to: file)
        try ToyCase("d").add(to: writer)
        #expect(try store.catalogue().caseCount == 4)
    }
}
