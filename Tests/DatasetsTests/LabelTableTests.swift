import Datasets
import Testing

/// The label tables, stated literally: a change of any value, name, structure, side or pair must be meant.
@Suite struct LabelTableTests {
    @Test(
        "Every label table",
        arguments: [
            (
                "amos22",
                [
                    "1 spleen = spleen", "2 right kidney = right-kidney, right of 3",
                    "3 left kidney = left-kidney, left of 2",
                    "4 gall bladder = gallbladder, may be absent", "5 esophagus = esophagus", "6 liver = liver",
                    "7 stomach = stomach",
                    "8 aorta = aorta",
                    "9 postcava = inferior-vena-cava", "10 pancreas = pancreas",
                    "11 right adrenal gland = right-adrenal-gland, right of 12",
                    "12 left adrenal gland = left-adrenal-gland, left of 11", "13 duodenum = duodenum",
                    "14 bladder = urinary-bladder, may be absent",
                    "15 prostate/uterus = prostate-uterus, may be absent",
                ]
            ),
            (
                "bcv",
                [
                    "1 spleen = spleen", "2 right kidney = right-kidney, right of 3",
                    "3 left kidney = left-kidney, left of 2",
                    "4 gallbladder = gallbladder, may be absent", "5 esophagus = esophagus", "6 liver = liver",
                    "7 stomach = stomach",
                    "8 aorta = aorta",
                    "9 inferior vena cava = inferior-vena-cava",
                    "10 portal vein and splenic vein = portal-and-splenic-vein", "11 pancreas = pancreas",
                    "12 right adrenal gland = right-adrenal-gland, right of 13",
                    "13 left adrenal gland = left-adrenal-gland, left of 12",
                ]
            ),
            ("lits", ["1 liver = liver", "2 tumour = liver-tumour, may be absent"]),
            ("kits19", ["1 kidney = kidney", "2 tumour = kidney-tumour"]),
            (
                "mnms",
                [
                    "1 left ventricle = left-ventricle", "2 myocardium = myocardium",
                    "3 right ventricle = right-ventricle",
                ]
            ),
            (
                "brain-aging",
                [
                    "1 gray matter = gray-matter", "2 white matter = white-matter",
                    "3 cerebrospinal fluid = cerebrospinal-fluid",
                ]
            ),
            ("msd-hippocampus", ["1 Anterior = anterior-hippocampus", "2 Posterior = posterior-hippocampus"]),
            ("msd", []), ("nnunet", []),
        ]) func table(name: String, expected: [String]) throws
    {
        let manifest = try library.manifest(name)
        let lines = manifest.classes.map { one in
            "\(one.value) \(one.name) = \(one.structure)"
                + (one.side == .none ? "" : ", \(one.side) of \(one.pairedValue ?? 0)")
                + (one.mayBeAbsent ? ", may be absent" : "")
        }
        #expect(lines == expected)
        #expect(manifest.isGeneric == expected.isEmpty)
        for one in manifest.classes { #expect(library.structures[one.structure] != nil) }
    }

    /// Value to structure of the ten tasks, whose label names are those of their `dataset.json`.
    @Test(
        "Labels of the Medical Segmentation Decathlon",
        arguments: [
            (
                "BRATS", ["edema", "non-enhancing tumor", "enhancing tumour"],
                ["brain-oedema", "brain-tumour-non-enhancing", "brain-tumour-enhancing"]
            ),
            ("LeftAtrium", ["left atrium"], ["left-atrium"]),
            ("LITS", ["liver", "cancer"], ["liver", "liver-tumour"]),
            ("Hippocampus", ["Anterior", "Posterior"], ["anterior-hippocampus", "posterior-hippocampus"]),
            ("PROSTATE", ["PZ", "TZ"], ["prostate-peripheral-zone", "prostate-transition-zone"]),
            ("Lung", ["cancer"], ["lung-tumour"]),
            ("Pancreas", ["pancreas", "cancer"], ["pancreas", "pancreas-tumour"]),
            ("HepaticVessel", ["Vessel", "Tumour"], ["hepatic-vessels", "hepatic-vessel-tumour"]),
            ("Spleen", ["spleen"], ["spleen"]), ("COLON", ["colon cancer primaries"], ["colon-tumour"]),
        ]) func decathlon(task: String, names: [String], structures: [String])
    {
        #expect(names.map { library.structures.structure(named: $0, context: task)?.id } == structures)
    }

    @Test("AMOS22 drops bladder and prostate in MR alone") func droppedInMR() throws {
        let manifest = try library.manifest("amos22")
        #expect(manifest.classes(for: .ct).map(\.value) == Array(1...15))
        #expect(manifest.classes(for: .mr).map(\.value) == Array(1...13))
        #expect(manifest.droppedValues(for: .mr) == [14, 15])
    }

    @Test(
        "Modalities of AMOS22 at the limits of its ranges",
        arguments: [
            (1, Modality.ct), (500, .ct), (501, .mr), (600, .mr), (601, nil), (5000, .ct), (6899, .ct), (6900, nil),
        ]) func modality(number: Int, expected: Modality?) throws
    {
        #expect(try library.manifest("amos22").modality.modality(number: number) == expected)
    }

    @Test(
        "Sums of the paper's splits",
        arguments: [
            ("amos22", 233, 7, 120), ("bcv", 23, 1, 6), ("lits", 99, 6, 26), ("kits19", 159, 9, 42),
            ("mnms", 143, 7, 170),
            ("brain-aging", 124, 5, 43),
        ]) func splitSums(name: String, train: Int, val: Int, test: Int) throws
    {
        let split = try #require(library.manifest(name).paperSplit)
        #expect([split.count(.train), split.count(.val), split.count(.test)] == [train, val, test])
    }

    @Test("AMOS22's official split: sums, and the 26 cases that the paper put elsewhere") func officialSplit() throws {
        let manifest = try library.manifest("amos22")
        let official = try #require(manifest.officialSplit), paper = try #require(manifest.paperSplit)
        #expect([official.count(.train), official.count(.val), official.count(.test)] == [240, 120, 240])
        let trainedOnValidation = paper.ids[.train]!.filter { official[$0] == .val }
        #expect(
            trainedOnValidation
                == [34, 40, 41, 56, 70, 117, 203, 311, 356, 544, 553, 572, 576].map {
                    "amos_0" + ($0 < 100 ? "0" : "") + "\($0)"
                })
        #expect(paper.ids[.test]!.count { official[$0] == .train } == 13)
        // Counts by modality follow from the ids alone.
        for count in manifest.expectedCounts {
            let ids = official.ids[count.split]!.filter {
                manifest.modality.modality(number: Int($0.suffix(4))) == count.modality
            }
            #expect(ids.count == count.cases)
        }
    }

    @Test("AMOS22's paper split by modality, and every labelled case of it in the official lists")
    func paperByModality()
        throws
    {
        let manifest = try library.manifest("amos22")
        let paper = try #require(manifest.paperSplit), official = try #require(manifest.officialSplit)
        let counts = Split.allCases.map { split in
            [Modality.ct, .mr].map { modality in
                paper.ids[split]!.count { manifest.modality.modality(number: Int($0.suffix(4))) == modality }
            }
        }
        #expect(counts == [[195, 38], [5, 2], [100, 20]])
        #expect(Set(paper.ids.values.joined()) == Set(official.ids[.train]! + official.ids[.val]!))
    }

    @Test("LiTS corrections are those of the fact sheet") func corrections() throws {
        let manifest = try library.manifest("lits")
        let found = manifest.spacingCorrections.mapValues(\.corrected.components)
        let slices: [Int: Double] = [
            28: 1.7, 31: 2.5, 32: 1.5, 33: 1.8, 34: 1.7, 35: 1.9, 36: 2.0, 37: 1.7, 38: 1.7, 40: 1.7, 41: 1.8, 42: 1.6,
            43: 1.8,
            44: 2.0, 45: 2.5, 46: 2.5, 47: 1.7,
        ]
        #expect(found == Dictionary(uniqueKeysWithValues: slices.map { ("volume-\($0)", SIMD3(1, 1, $1)) }))
        #expect(manifest.spacingCorrections.values.allSatisfy { $0.faulty.components == SIMD3(1, 1, 1) })
    }

    @Test("Crop margins in RAS voxels: the paper gives them in its own array order") func cropContexts() throws {
        let expected: [String: CropContext?] = [
            "amos22": CropContext(x: 30, y: 30, z: 10), "bcv": CropContext(x: 20, y: 20, z: 20),
            "lits": CropContext(x: 20, y: 20, z: 20),
            "kits19": CropContext(x: 30, y: 40, z: 20), "mnms": CropContext(x: 40, y: 40, z: 20), "brain-aging": nil,
        ]
        for (name, context) in expected { #expect(try library.manifest(name).cropContext == context) }
    }
}
