import Datasets
import RandomNumbers
import Testing
import Volumes

/// Copies of one scan among scans of others. Scans are functions of the place in mm, so a copy at another resolution, a part or
/// a mirror image is the same function looked at elsewhere, without any resampling code.
@Suite struct DuplicateSearchTests {
    /// Random values on lattices of 2.5, 7 and 20 mm, joined smoothly: texture, structure and shape of one made-up patient.
    struct Patient {
        private let octaves: [(step: Double, amount: Double, key: UInt64)]

        init(_ number: UInt64, texture: UInt64? = nil) {
            octaves = [(2.5, 1, 3 * (texture ?? number)), (7, 1.5, 3 * number + 1), (20, 2, 3 * number + 2)]
        }

        func value(_ place: SIMD3<Double>) -> Double {
            octaves.reduce(0) { sum, octave in
                let p = place / octave.step + 100, low = p.rounded(.down)
                let t = p - low, s = t * t * (3 - 2 * t)
                var value = 0.0
                for corner in 0..<8 {
                    var weight = 1.0, hash = octave.key &* 0x9e37_79b9_7f4a_7c15
                    for axis in 0..<3 {
                        let up = corner >> axis & 1
                        weight *= up == 1 ? s[axis] : 1 - s[axis]
                        hash = (hash ^ UInt64(Int(low[axis]) + up)) &* 0xff51_afd7_ed55_8ccd
                        hash ^= hash >> 32
                    }
                    value += weight * (Double(hash % 4096) / 2048 - 1)
                }
                return sum + octave.amount * value
            }
        }
    }

    private static let size = SIMD3(72.0, 64, 60)

    /// Three patients at 1 mm, the first of which is copied.
    private func patients() throws -> AuditedCases {
        let cases = try AuditedCases()
        for n in 1...3 {
            let patient = Patient(UInt64(n))
            try cases.add(
                "patient\(n)", modality: .mr, grid: Grid(SIMD3(72, 64, 60), spacing: .one),
                image: { 400 + 100 * patient.value($0) })
        }
        return cases
    }

    enum Copy: String, CaseIterable {
        case rescaled, mirrored, axesExchanged, cropped, coarser, finer, croppedAndCoarser, croppedMirroredAndFiner
        case croppedTurnedAndNoisy
    }

    @Test("A copy is recognised, and nothing else", arguments: Copy.allCases) func copies(_ copy: Copy) async throws {
        let cases = try patients(), patient = Patient(1)
        func add(
            _ shape: SIMD3<Int>, _ spacing: SIMD3<Double>, at place: (SIMD3<Double>) -> SIMD3<Double> = { $0 }
        ) throws {
            try cases.add(
                "copy", modality: .mr, grid: Grid(shape, spacing: spacing, corner: SIMD3(5, 5, 5)),
                image: { 100 + 37 * patient.value(place($0)) })
        }
        switch copy {
        case .rescaled: try add(SIMD3(72, 64, 60), .one)
        case .mirrored: try add(SIMD3(72, 64, 60), .one) { SIMD3(Self.size.x - $0.x, $0.y, Self.size.z - $0.z) }
        case .axesExchanged: try add(SIMD3(60, 72, 64), .one) { SIMD3($0.y, $0.z, $0.x) }
        case .cropped: try add(SIMD3(50, 46, 44), .one) { $0 + SIMD3(15, 3, 10) }
        case .coarser: try add(SIMD3(48, 43, 40), SIMD3(repeating: 1.5))
        case .finer: try add(SIMD3(90, 80, 75), SIMD3(repeating: 0.8))
        case .croppedAndCoarser: try add(SIMD3(35, 33, 31), SIMD3(repeating: 1.4)) { $0 + SIMD3(18, 9, 11) }
        case .croppedMirroredAndFiner:
            try add(SIMD3(60, 50, 52), SIMD3(0.8, 0.9, 0.8)) { SIMD3(64 - $0.x, $0.y + 13, $0.z + 9) }
        // On the same voxels; places far apart in another patient are as good as random from voxel to voxel.
        case .croppedTurnedAndNoisy:
            try cases.add(
                "copy", modality: .mr, grid: Grid(SIMD3(46, 50, 44), spacing: .one),
                image: { p in
                    let place = SIMD3(61 - p.y, p.x + 6, p.z + 10)
                    return 100 + 37 * patient.value(place) + 4 * Patient(88).value(p * 33)
                })
        }
        let report = try await cases.report()
        let found = report.findings.filter { $0.severity > .information }
        #expect(found.map(\.code) == [.nearDuplicateImage], "\(found.map(\.description))")
        #expect(found.first?.caseID == "copy")
        #expect(found.first?.found.contains("the scan of patient1:") == true, "\(found.map(\.found))")
    }

    @Test("The same voxels are an exact duplicate, whatever the type that stores them") func exact() async throws {
        let cases = try patients(), grid = try Grid(SIMD3(72, 64, 60), spacing: .one), patient = Patient(9)
        try cases.add("first", modality: .mr, image: Volume<Int16>(painting: grid) { Int16(100 * patient.value($0)) })
        try cases.add("second", modality: .mr, image: Volume<Int16>(painting: grid) { Int16(100 * patient.value($0)) })
        // As floating-point numbers the bytes differ and the scan is the same.
        try cases.add(
            "third", modality: .mr,
            image: Volume<Float>(painting: grid) { Float(Int16(100 * patient.value($0))) })
        #expect(
            try await cases.alarms() == [
                "duplicate-image second", "near-duplicate-image third", "near-duplicate-image third",
            ])
    }

    @Test("Many exact copies do not hide one that was changed") func besideExactCopies() async throws {
        let cases = try AuditedCases(), grid = try Grid(SIMD3(40, 40, 40), spacing: .one)
        for n in 0..<11 {
            try cases.add(
                "scan\(n)", modality: .mr, grid: grid, image: { 400 + 100 * Patient(n == 10 ? 2 : 1).value($0) })
        }
        try cases.add("changed", modality: .mr, grid: grid, image: { 90 + 37 * Patient(1).value($0) })
        let found = try await cases.report().findings.filter { $0.severity > .information }
        #expect(found.filter { $0.code == .duplicateImage }.count == 9)
        let near = found.filter { $0.code == .nearDuplicateImage }
        #expect(near.allSatisfy { $0.caseID == "changed" })
        // One for each pair.
        #expect(near.count == 10)
        for n in 0..<10 { #expect(near.contains { $0.found.contains("the scan of scan\(n):") }) }
    }

    /// The second copy goes under another name and the near copy under the first one's: one patient in two.
    @Test(
        "A near copy shares the patient of the first of two exact copies",
        arguments: [Copy.coarser, .croppedAndCoarser])
    func copiesUnderTwoPatients(_ copy: Copy) async throws {
        let cases = try AuditedCases(), patient = Patient(1), grid = try Grid(SIMD3(72, 64, 60), spacing: .one)
        for (n, id) in ["first", "second", "other", "another"].enumerated() {
            let patient = Patient(UInt64(max(1, n)))
            try cases.add(
                id, subject: id == "first" ? "p" : nil, modality: .mr, grid: grid,
                image: { 400 + 100 * patient.value($0) })
        }
        let whole = copy == .coarser
        try cases.add(
            "third", subject: "p", modality: .mr,
            grid: try Grid(whole ? SIMD3(48, 43, 40) : SIMD3(35, 33, 31), spacing: SIMD3(repeating: whole ? 1.5 : 1.4)),
            image: { 100 + 37 * patient.value(whole ? $0 : $0 + SIMD3(18, 9, 11)) })
        let found = try await cases.report().findings.filter { $0.severity > .information }
        #expect(
            found.map { "\($0.code.rawValue) \($0.caseID ?? "-")" } == [
                "duplicate-image second", "near-duplicate-image third",
            ])
        #expect(found.last?.found.contains("the scan of second:") == true, "\(found.map(\.found))")
    }

    @Test("Frames of a patient who is in twice are told as exact duplicates alone") func wholePatientTwice()
        async throws
    {
        let cases = try patients(), grid = try Grid(SIMD3(72, 64, 60), spacing: .one), patient = Patient(9)
        for subject in ["p", "q"] {
            for n in 0..<2 {
                try cases.add(
                    "\(subject)\(n)", subject: subject, modality: .mr, grid: grid,
                    image: { 400 + Double(100 + n) * patient.value($0) })
            }
        }
        let found = try await cases.report().findings.filter { $0.severity > .information }
        #expect(found.map(\.code) == [.duplicateImage, .duplicateImage], "\(found.map(\.description))")
        #expect(found.map(\.caseID) == ["q0", "q1"])
    }

    /// The near copy shares with the second frame nearly as much as with the scan it was made from, which goes under two patients.
    @Test("Another frame of the same patient is no witness against a near copy") func witnessesOfOnePatient()
        async throws
    {
        let cases = try patients(), grid = try Grid(SIMD3(72, 64, 60), spacing: .one), patient = Patient(1)
        try cases.add(
            "frame", subject: "patient1", modality: .mr, grid: grid,
            image: { 400 + 100 * patient.value($0) + 20 * Patient(88).value($0 * 33) })
        try cases.add("exact", modality: .mr, grid: grid, image: { 400 + 100 * patient.value($0) })
        try cases.add(
            "coarser", modality: .mr, grid: Grid(SIMD3(48, 43, 40), spacing: SIMD3(repeating: 1.5)),
            image: { 100 + 37 * patient.value($0) })
        let found = try await cases.report().findings.filter { $0.caseID == "coarser" }
        #expect(found.contains { $0.found.contains("pictures that correlate") }, "\(found.map(\.found))")
    }

    /// By its header the first copy has voxels of 1 x 1 x 4 mm, so its landmarks in mm are no others'.
    @Test("An exact copy with a wrong header does not hide what resembles the right one") func wrongHeader()
        async throws
    {
        let cases = try AuditedCases(), patient = Patient(1)
        func voxels(_ grid: Grid) throws -> Volume<Float> {
            let right = try Grid(SIMD3(72, 64, 60), spacing: .one)
            let painted = try Volume<Float>(painting: right) { Float(400 + 100 * patient.value($0)) }
            return try Volume(grid: grid, voxels: painted.voxels)
        }
        try cases.add("wrong", modality: .mr, image: voxels(Grid(SIMD3(72, 64, 60), spacing: SIMD3(1, 1, 4))))
        try cases.add("right", modality: .mr, image: voxels(Grid(SIMD3(72, 64, 60), spacing: .one)))
        for n in 2...3 {
            let other = Patient(UInt64(n))
            try cases.add(
                "other\(n)", modality: .mr, grid: Grid(SIMD3(72, 64, 60), spacing: .one),
                image: { 400 + 100 * other.value($0) })
        }
        try cases.add(
            "part", modality: .mr, grid: Grid(SIMD3(35, 33, 31), spacing: SIMD3(repeating: 1.4)),
            image: { 100 + 37 * patient.value($0 + SIMD3(18, 9, 11)) })
        #expect(
            try await cases.alarms().filter { $0.contains("duplicate") } == [
                "duplicate-image right", "near-duplicate-image part", "near-duplicate-image part",
            ])
    }

    /// The same shape and structure down to 7 mm with a texture of its own: another patient in the same pose, as phantoms and
    /// aligned brains are.
    @Test("Alike is not the same") func alike() async throws {
        let cases = try patients()
        for n in 1...3 {
            let patient = Patient(1, texture: UInt64(50 + n))
            try cases.add(
                "alike\(n)", modality: .mr, grid: Grid(SIMD3(72, 64, 60), spacing: .one),
                image: { 400 + 100 * patient.value($0) })
        }
        #expect(try await cases.alarms() == [])
    }

    @Test("A scan in two datasets, in training here and in the test there, is a leak") func acrossDatasets()
        async throws
    {
        let cases = try AuditedCases(), grid = try Grid(SIMD3(40, 40, 40), spacing: .one)
        for (dataset, split) in [("one", Split.train), ("two", .test)] {
            for n in [1, 7] where n == 1 || dataset == "two" {
                let patient = Patient(UInt64(n))
                try cases.add(
                    "scan\(n)", dataset: dataset, modality: .mr, grid: grid, split: split,
                    image: { 400 + 100 * patient.value($0) })
            }
        }
        let found = try await cases.report().findings.filter { $0.severity > .information }
        #expect(found.map(\.code) == [.duplicateImage, .subjectInTwoSplits])
        #expect(found.allSatisfy { $0.dataset == "two" && $0.caseID == "scan1" })
        #expect(found.last?.found == "the same scan as one scan1 in train and scan1 in test")
    }

    @Test(
        "Of three copies the two in different parts of a split are a leak, whichever comes first",
        arguments: [[nil, .train, .test], [.train, nil, .test], [.train, .test, nil]] as [[Split?]])
    func threeCopies(_ splits: [Split?]) async throws {
        let cases = try AuditedCases(), grid = try Grid(SIMD3(40, 40, 40), spacing: .one)
        for (n, split) in splits.enumerated() {
            try cases.add(
                "scan\(n)", modality: .mr, grid: grid, split: split, image: { 400 + 100 * Patient(1).value($0) })
        }
        let leaks = try await cases.report().findings.filter { $0.code == .subjectInTwoSplits }
        let train = try #require(splits.firstIndex(of: .train)), test = try #require(splits.firstIndex(of: .test))
        #expect(leaks.map(\.found) == ["the same scan as scan\(train) in train and scan\(test) in test"])
    }

    @Test("Channels and frames of one patient are no duplicates") func samePatient() async throws {
        let cases = try AuditedCases(), patient = Patient(1), grid = try Grid(SIMD3(40, 40, 40), spacing: .one)
        for n in 0..<2 {
            try cases.add(
                "frame\(n)", subject: "p", modality: .mr, grid: grid,
                image: { 400 + Double(100 + n) * patient.value($0) })
        }
        #expect(try await cases.alarms() == [])
    }
}
