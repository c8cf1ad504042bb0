import Datasets
import FoundationEssentials
import TestData
import Testing

/// Quirks and faults of every layout but AMOS22's, on trees of one-byte files: no adapter may open an image.
@Suite struct AdapterTests {
    @Test("BCV: wrapped, flat and test folders; other data of the project is left out") func bcv() throws {
        let folder = try TemporaryFolder().write([
            "Abdomen/RawData/Training/img/img0001.nii.gz", "Abdomen/RawData/Training/label/label0001.nii.gz",
            "Abdomen/RawData/Training/img/img0002.nii.gz",
            "Abdomen/RawData/Training/label/label0003.nii.gz", "Abdomen/RawData/Test/img/img0061.nii.gz",
            "Abdomen/imagesTr/img0040.nii.gz",
            "Abdomen/labelsTr/label0040.nii.gz", "Abdomen/RawData/Training/img/img0001-0002.nii.gz",
            "Abdomen/RawData/SYNAPSE_METADATA_MANIFEST.tsv",
            "Abdomen/averaged-training-images/DET0000101_avg.nii.gz",
            "Abdomen/Reg-Training-Training/img/img0001.nii.gz",
        ])
        let found = try listing("bcv", folder.url)
        #expect(
            found.lines == [
                "img0001 img0001 CT train train labelled", "img0040 img0040 CT train train labelled",
                "img0061 img0061 CT test - unlabelled",
            ])
        #expect(
            found.problemLines == [
                "misnamed-file - img0001-0002.nii.gz", "missing-image img0003 img0003.nii.gz",
                "missing-label img0002 label0002.nii.gz",
                "unsupported-variant - Reg-Training-Training", "unsupported-variant - averaged-training-images",
            ])
        let averaged = folder.url.appending(path: "Abdomen/averaged-training-images").path
        #expect(found.isSetAside(averaged + "/DET0000101_avg.nii.gz") && !found.isSetAside(averaged + "-2/x.nii.gz"))
    }

    @Test("LiTS: batch folders, gzip, test volumes, the same case twice") func lits() throws {
        let folder = try TemporaryFolder().write([
            "Training Batch 1/volume-0.nii", "Training Batch 1/segmentation-0.nii", "Training_Batch2/volume-28.nii.gz",
            "segmentations/segmentation-28.nii", "Training Batch 1/volume-2.nii", "Training_Batch2/volume-2.nii.gz",
            "segmentations/segmentation-2.nii",
            "LITS-Challenge-Test-Data/test-volume-3.nii", "Training_Batch2/volume-130.nii",
        ])
        let found = try listing("lits", folder.url)
        #expect(
            found.lines == [
                "volume-0 volume-0 CT train val labelled", "volume-28 volume-28 CT train test labelled",
                "test-volume-3 test-volume-3 CT test - unlabelled",
            ])
        #expect(
            found.problemLines == [
                "duplicate-case volume-2 volume-2.nii", "missing-label volume-130 segmentation-130.nii",
            ])
        #expect(found.cases.map(\.ignoresLabelHeader) == [true, true, true])
    }

    @Test("KiTS19: cases of the hidden test have no label, others must") func kits19() throws {
        let folder = try TemporaryFolder().write([
            "kits19/data/case_00000/imaging.nii.gz", "kits19/data/case_00000/segmentation.nii.gz",
            "kits19/data/case_00001/segmentation.nii.gz",
            "kits19/data/case_00002/imaging.nii.gz", "kits19/data/case_00210/imaging.nii.gz",
            "kits19/data/LICENSE",
        ])
        let found = try listing("kits19", folder.url)
        #expect(
            found.lines == [
                "case_00000 case_00000 CT train train labelled", "case_00210 case_00210 CT test - unlabelled",
            ])
        #expect(
            found.problemLines == [
                "missing-image case_00001 imaging.nii.gz", "missing-label case_00002 segmentation.nii.gz",
            ])
    }

    @Test(
        "KiTS21 and KiTS23 are refused",
        arguments: [
            "case_00300/imaging.nii.gz", "case_00000/instances/kidney_instance-1_annotation-1.nii.gz",
            "case_00000/aggregated_MAJ_seg.nii.gz",
        ])
    func laterKiTS(path: String) throws {
        let folder = try TemporaryFolder().write(["case_00000/imaging.nii.gz", "case_00000/segmentation.nii.gz", path])
        let error = #expect(throws: LayoutError.self) { try listing("kits19", folder.url) }
        #expect(error?.found.contains("which is of KiTS21 or KiTS23; their labels differ (3 is a cyst)") == true)
    }

    @Test("KiTS19: kits.json states voxel sizes slices first; a broken one is reported and not needed") func kitsJSON()
        throws
    {
        let folder = try TemporaryFolder().write([
            "data/case_00000/imaging.nii.gz", "data/case_00000/segmentation.nii.gz",
        ])
        try folder.write(
            ["data/kits.json"],
            #"[{"case_id": "case_00000", "voxel_spacing": {"x_spacing": 0.9, "y_spacing": 0.8, "z_spacing": 5}}]"#
        )
        let stated = try #require(listing("kits19", folder.url).cases[0].statedSpacing)
        #expect(stated.spacing.components == [5, 0.8, 0.9] && stated.sliceAxis == 0 && stated.file == "kits.json")
        try folder.write(["data/kits.json"], "{}")
        let broken = try listing("kits19", folder.url)
        #expect(broken.problemLines == ["unreadable-metadata - kits.json"])
        #expect(broken.cases.count == 1 && broken.cases[0].statedSpacing == nil)
    }

    @Test("KiTS19: entries of kits.json without a usable voxel size are told, and the others count") func kitsEntries()
        throws
    {
        let folder = try TemporaryFolder()
        try folder.write(
            (0...9).flatMap { n in
                ["imaging", "segmentation"].map { "data/case_0000\(n)/\($0).nii.gz" }
            })
        func entry(_ id: String, _ spacing: String) -> String { #"{"case_id": \#(id), "voxel_spacing": \#(spacing)}"# }
        func sizes(_ z: String) -> String { #"{"x_spacing": 0.9, "y_spacing": 0.8\#(z)}"# }
        let entries = [
            entry(#""case_00000""#, sizes(#", "z_spacing": 5"#)),
            entry(#""case_00001""#, sizes(#", "z_spacing": "5""#)),
            entry(#""case_00002""#, sizes(#", "z_spacing": 0"#)),
            entry(#""case_00003""#, sizes(#", "z_spacing": -1.5"#)),
            entry(#""case_00004""#, sizes("")), entry("5", sizes(#", "z_spacing": 5"#)), #"{"case_id": "case_00006"}"#,
            entry(#""case_00007""#, "[5, 0.8, 0.9]"), "7", entry(#""case_00008""#, sizes(#", "z_spacing": 2.5"#)),
            entry(#""case_00008""#, sizes(#", "z_spacing": 3"#)),
            entry(#""case_00008""#, sizes(#", "z_spacing": 2.5"#)),
            // The first again as it was, and one that no longer counts since another entry of it cannot be read.
            entry(#""case_00000""#, sizes(#", "z_spacing": 5"#)), entry(#""case_00001""#, sizes(#", "z_spacing": 5"#)),
            entry(#""case_00009""#, sizes(#", "z_spacing": 2.5"#)),
        ]
        try folder.write(["data/kits.json"], "[\(entries.joined(separator: ","))]")
        let found = try listing("kits19", folder.url)
        #expect(found.cases.count == 10)
        #expect(found.cases.map { $0.statedSpacing?.spacing.k } == [0.9] + Array(repeating: nil, count: 8) + [0.9])
        #expect(found.cases[0].statedSpacing?.spacing.i == 5 && found.cases[9].statedSpacing?.spacing.i == 2.5)
        let problem = try #require(found.problems.first)
        #expect(found.problems.count == 1 && problem.code == .unreadableMetadata && problem.severity == .warning)
        #expect(
            problem.description == """
                \(folder.url.path)/data/kits.json: expected a case_id and a voxel_spacing of x_spacing, y_spacing and z_spacing, \
                numbers of mm above 0 and the same wherever a case is named, in each of the 15 entries but found 9 that cannot be \
                used (case_00001: z_spacing is the text "5"; case_00002: x, y, z_spacing of 0.9 x 0.8 x 0 mm; \
                case_00003: x, y, z_spacing of 0.9 x 0.8 x -1.5 mm; case_00004: no z_spacing; entry 6: case_id is 5.0; \
                case_00006: no voxel_spacing and 3 more). Correct them, or restore the file from the release; headers of these cases are held against nothing.
                """)
    }

    @Test(
        "M&Ms: spellings of the table, unlabelled patients, rows that cannot be used",
        arguments: [
            ",External code,VendorName,Vendor,Centre,ED,ES\n0,A0S9V9,Siemens,A,1,1,9\n1,C9Z9V9,GE,C,4,0,8\n2,E1E1E1,GE,C,4,3,3\n",
            "\u{FEFF}\"External_Code\";\"ed\";\"es\"\r\n\"a0s9v9\";1.0;9.0\r\nC9Z9V9;0;8\r\nE1E1E1;3;3\r\n",
            "Code,End diastole,End systole\nA0S9V9,1,9\nC9Z9V9, 0 ,8\nE1E1E1,3,3\nZ9Z9Z9,x,\n",
        ]) func mnms(table: String) throws
    {
        let folder = try TemporaryFolder().write([
            "OpenDataset/Training/Labeled/A0S9V9/A0S9V9_sa.nii.gz",
            "OpenDataset/Training/Labeled/A0S9V9/A0S9V9_sa_gt.nii.gz",
            "OpenDataset/Training/Unlabeled/C9Z9V9/C9Z9V9_sa.nii.gz",
            "OpenDataset/Training/Unlabeled/C9Z9V9/C9Z9V9_sa_gt.nii.gz",
            "OpenDataset/Validation/E1E1E1/E1E1E1_sa.nii.gz", "OpenDataset/Validation/E1E1E1/E1E1E1_sa_gt.nii.gz",
            "OpenDataset/Testing/B0B0B0/B0B0B0_sa.nii.gz", "OpenDataset/Testing/D0D0D0/D0D0D0_sa_gt.nii.gz",
        ])
        try folder.write(["OpenDataset/211230_M&Ms_Dataset_information_diagnosis_opendataset.csv"], table)
        let found = try listing("mnms", folder.url)
        #expect(
            found.lines == [
                "A0S9V9_ED A0S9V9 MR train train labelled", "A0S9V9_ES A0S9V9 MR train train labelled",
                "C9Z9V9_ED C9Z9V9 MR train - unlabelled",
                "C9Z9V9_ES C9Z9V9 MR train - unlabelled",
            ])
        #expect(found.cases.map(\.image.frame) == [1, 9, 0, 8])
        #expect(found.setAside.map { URL(filePath: $0).lastPathComponent } == ["C9Z9V9_sa_gt.nii.gz"])
        #expect(
            found.problemLines == [
                "missing-image D0D0D0 D0D0D0_sa.nii.gz", "missing-label B0B0B0 B0B0B0_sa_gt.nii.gz",
                "unknown-frames E1E1E1 E1E1E1_sa.nii.gz",
            ])
    }

    @Test("M&Ms without table: a label that cannot be read is a problem of its patient alone") func mnmsWithoutTable()
        throws
    {
        let folder = try TemporaryFolder().write([
            "Training-corrected/Labeled/A0S9V9/A0S9V9_sa.nii.gz",
            "Training-corrected/Labeled/A0S9V9/A0S9V9_sa_gt.nii.gz", "M&Ms Dataset Information.xlsx",
        ])
        let found = try listing("mnms", folder.url)
        #expect(
            found.problemLines == [
                "unknown-frames A0S9V9 A0S9V9_sa_gt.nii.gz", "unreadable-metadata - M&Ms Dataset Information.xlsx",
            ])
    }

    @Test("Brain Aging: maps in another part, gzip, third-party masks, a missing map") func brainAging() throws {
        let maps = { (part: String, id: String, ending: String) in
            ["graymatter", "whitematter", "csf"].map { "\(part)/mask/\(id)_probmask_\($0).\(ending)" }
        }
        let folder = try TemporaryFolder().write(
            [
                "train/image/dlbs_0028401_img.nii", "valid/image/dlbs_0028337_img.nii.gz",
                "test/image/sald_031764_img.nii", "train/image/ixi_2_img.nii",
            ]
                + maps("test", "dlbs_0028401", "nii") + maps("valid", "dlbs_0028337", "nii.gz")
                + maps("test", "sald_031764", "nii").dropLast()
                + maps("train", "ixi_3", "nii") + ["train/mask/dlbs_0028401_probmask_graymatter_labelmask.nii"])
        let found = try listing("brain-aging", folder.url)
        #expect(found.setAside.count == 1)
        #expect(
            found.lines == [
                "dlbs_0028337 dlbs_0028337 MR val - labelled", "dlbs_0028401 dlbs_0028401 MR train train labelled",
            ])
        #expect(
            found.problemLines == [
                "missing-image ixi_3 ixi_3_img.nii", "missing-map ixi_2 ixi_2_probmask_graymatter.nii",
                "missing-map sald_031764 sald_031764_probmask_csf.nii",
            ])
    }

    @Test("MSD: channels of one file are cases of one subject") func channels() throws {
        let folder = try TemporaryFolder().write([
            "Task01_BrainTumour/imagesTr/BRATS_001.nii.gz", "Task01_BrainTumour/labelsTr/BRATS_001.nii.gz",
        ])
        try folder.write(
            ["Task01_BrainTumour/dataset.json"],
            """
            {"name": "BRATS", "modality": {"0": "FLAIR", "1": "T1w"}, "labels": {"00": "background", "01": "edema", "02": "non-enhancing tumor"},
             "numTraining": 1, "training": [{"image": "./imagesTr/BRATS_001.nii.gz", "label": "./labelsTr/BRATS_001.nii.gz"}], "test": []}
            """)
        let found = try listing("msd", folder.url)
        #expect(
            found.lines == [
                "BRATS_001_0000 BRATS_001 MR train - labelled", "BRATS_001_0001 BRATS_001 MR train - labelled",
            ])
        #expect(
            found.cases.map(\.image.frame) == [0, 1] && found.dataset == "task01-braintumour" && found.problems.isEmpty)
        #expect(found.classes?.map(\.structure) == ["brain-oedema", "brain-tumour-non-enhancing"])
    }

    @Test("MSD: other endings, a label of another case, a path out of the folder, a broken list") func decathlonFaults()
        throws
    {
        let folder = try TemporaryFolder().write([
            "imagesTr/a.nii", "labelsTr/a.nii.nii.gz", "imagesTr/b.nii.gz", "labelsTr/b.nii.gz", "labelsTr/c.nii.gz",
            "imagesTr/c.nii.gz",
        ])
        try folder.write(
            ["dataset.json"],
            """
            {"modality": {"0": "CT"}, "labels": {"0": "background", "1": "spleen"}, "numTraining": 4, "training": [
             {"image": "./imagesTr/a.nii.gz", "label": "./labelsTr/a.nii.gz"}, {"image": "./imagesTr/b.nii.gz", "label": "./labelsTr/c.nii.gz"},
             {"image": "../../etc/passwd", "label": "x"}, {"image": "/etc/passwd", "label": "x"}, {"image": "./imagesTr/a.nii.gz", "label": "./labelsTr/a.nii.gz"}]}
            """)
        let found = try listing("msd", folder.url)
        #expect(
            found.cases.map(\.id) == ["a", "b"]
                && found.cases[0].files.map(\.lastPathComponent) == ["a.nii", "a.nii.nii.gz"])
        #expect(
            found.problemLines == [
                "count-mismatch - dataset.json", "duplicate-case a dataset.json", "misnamed-file b dataset.json",
                "missing-image b b.nii.gz",
                "missing-label c c.nii.gz", "unsafe-path - dataset.json", "unsafe-path - dataset.json",
            ])
        try folder.write(["dataset.json"], "{\"labels\": ")
        let error = #expect(throws: LayoutError.self) { try listing("msd", folder.url) }
        #expect(error?.found == "\(folder.url.path)/dataset.json with not a JSON file that can be read")
    }

    @Test("A manifest of one dataset gives it its name, modality and label table, whatever the folder says")
    func ownManifest()
        throws
    {
        let folder = try TemporaryFolder().write([
            "Task04/imagesTr/a.nii.gz", "Task04/labelsTr/a.nii.gz", "Task04/imagesTs/a.nii.gz",
        ])
        let list = """
            {"name": "Hippocampus", "modality": {"0": "CT"}, "labels": {"1": "LAST", "2": "Posterior"}, "numTraining": 1,
             "training": [{"image": "./imagesTr/a.nii.gz", "label": "./labelsTr/a.nii.gz"}], "test": ["./imagesTs/a.nii.gz"]}
            """
        try folder.write(["Task04/dataset.json"], list.replacing("LAST", with: "Anterior"))
        let found = try listing("msd-hippocampus", folder.url)
        // The subject stays one, so that the audit sees it in two parts.
        #expect(found.lines == ["a a MR train - labelled", "a-test a MR test - unlabelled"])
        #expect(found.dataset == "msd-hippocampus" && found.cases.allSatisfy { $0.dataset == found.dataset })
        #expect(found.classes == nil && found.problems.isEmpty)
        #expect(try listing("msd", folder.url).dataset == "task04")
        try folder.write(["Task04/dataset.json"], list.replacing("LAST", with: "Posterior"))
        let error = #expect(throws: LayoutError.self) { try listing("msd-hippocampus", folder.url) }
        let task = folder.url.appending(path: "Task04").path
        #expect(
            error?.description == """
                \(task): expected the layout of msd-hippocampus (dataset.json beside imagesTr, labelsTr and imagesTs) but found \
                \(task)/dataset.json, which calls label 1 "Posterior" and not Anterior. Map the labels back to the release's \
                values, or describe this copy in a manifest of its own.
                """)
    }

    @Test("A test case that shares its id gets one that no other case has") func takenTestIds() throws {
        let folder = try TemporaryFolder()
        let names = ["a", "a-test", "b", "b-test"], testNames = ["a", "a-test2", "b", "c", "a-test"]
        try folder.write(
            names.flatMap { ["T/imagesTr/\($0).nii", "T/labelsTr/\($0).nii"] }
                + testNames.map { "T/imagesTs/\($0).nii" })
        let training = names.map { #"{"image": "./imagesTr/\#($0).nii", "label": "./labelsTr/\#($0).nii"}"# }
        for tests in [testNames, testNames.reversed()] {
            try folder.write(
                ["T/dataset.json"],
                """
                {"modality": {"0": "CT"}, "labels": {"1": "liver"}, "training": [\(training.joined(separator: ","))],
                 "test": [\(tests.map { #""./imagesTs/\#($0).nii""# }.joined(separator: ","))]}
                """)
            let found = try listing("msd", folder.url)
            #expect(found.problems.isEmpty)
            #expect(
                found.cases.map { "\($0.id) \($0.subject) \($0.officialSplit!)" } == [
                    "a a train", "b b train", "c c test", "a-test a-test train", "b-test b-test train",
                    "a-test2 a-test2 test",
                    "a-test3 a test", "b-test2 b test", "a-test-test a-test test",
                ])
        }
    }

    @Test("nnU-Net version 2: channels, regions, the ignore label, missing and strange files") func nnUNet() throws {
        let folder = try TemporaryFolder().write([
            "Dataset005_Prostate/imagesTr/p_00_0000.nii.gz", "Dataset005_Prostate/imagesTr/p_00_0001.nii.gz",
            "Dataset005_Prostate/labelsTr/p_00.nii.gz",
            "Dataset005_Prostate/imagesTr/p_01_0000.nii.gz", "Dataset005_Prostate/labelsTr/p_01.nii.gz",
            "Dataset005_Prostate/imagesTr/p_02_0000.nii.gz",
            "Dataset005_Prostate/imagesTr/p_02_0001.nii.gz", "Dataset005_Prostate/imagesTr/notes.nii.gz",
            "Dataset005_Prostate/imagesTs/p_09_0000.nii.gz",
            "Dataset005_Prostate/imagesTs/p_09_0001.nii.gz",
        ])
        try folder.write(
            ["Dataset005_Prostate/dataset.json"],
            """
            {"channel_names": {"0": "T2", "1": "ADC"}, "labels": {"background": 0, "whole prostate": [1, 2], "PZ": 1, "ignore": 3}, "numTraining": 3,
             "file_ending": ".nii.gz"}
            """)
        let found = try listing("nnunet", folder.url)
        #expect(
            found.lines == [
                "p_00_0000 p_00 MR train - labelled", "p_00_0001 p_00 MR train - labelled",
                "p_09_0000 p_09 MR test - unlabelled",
                "p_09_0001 p_09 MR test - unlabelled",
            ])
        #expect(
            found.classes?.map { "\($0.value) \($0.name)" } == ["1 PZ", "2 whole prostate (value 2)"]
                && found.ignoredValue == 3)
        #expect(found.classes?[0].structure == "prostate-peripheral-zone")
        #expect(
            found.problemLines == [
                "count-mismatch - dataset.json", "misnamed-file - notes.nii.gz", "missing-image p_01 p_01_0001.nii.gz",
                "missing-label p_02 p_02.nii.gz",
            ])
        #expect(found.dataset == "dataset005-prostate")
    }

    @Test("nnU-Net version 1 and explicit maps; the two families point at each other") func nnUNetVariants() throws {
        let one = try TemporaryFolder().write(["imagesTr/a_0000.nii.gz", "labelsTr/a.nii.gz"])
        let list = """
            {"modality": {"0": "CT"}, "labels": {"0": "background", "1": "left hippopotamus", "2": "right hippopotamus"},
             "training": [{"image": "./imagesTr/a.nii.gz", "label": "./labelsTr/a.nii.gz"}]}
            """
        try one.write(["dataset.json"], list)
        let found = try listing("nnunet", one.url)
        #expect(found.lines == ["a a CT train - labelled"] && found.problems.isEmpty)
        #expect(
            found.classes == [
                ManifestClass(
                    value: 1, name: "left hippopotamus", structure: "left-hippopotamus", side: .left, pairedValue: 2),
                ManifestClass(
                    value: 2, name: "right hippopotamus", structure: "right-hippopotamus", side: .right, pairedValue: 1),
            ])
        #expect(throws: LayoutError.self) { try listing("msd", one.url) }

        let two = try TemporaryFolder().write(["x/image.nii.gz", "x/mask.nii.gz"]).write(["imagesTr/unused.txt"])
        try two.write(
            ["dataset.json"],
            """
            {"channel_names": {"0": "CT"}, "labels": {"background": 0, "spleen": 1}, "file_ending": ".nii.gz", "dataset": {
             "one": {"images": ["x/image.nii.gz"], "label": "x/mask.nii.gz"}, "two": {"images": ["$HOME/../x.nii.gz"], "label": "x/mask.nii.gz"},
             "three": {"images": ["x/absent.nii.gz"], "label": "x/mask.nii.gz"}}}
            """)
        let mapped = try listing("nnunet", two.url)
        #expect(mapped.lines == ["one one CT train - labelled"])
        #expect(mapped.problemLines == ["missing-image three absent.nii.gz", "unsafe-path two dataset.json"])
    }

    @Test(
        "Endings that are not NIfTI, and labels beyond 255, are refused",
        arguments: [
            (
                #"{"channel_names": {"0": "CT"}, "labels": {"background": 0, "spleen": 1}, "file_ending": ".png"}"#,
                "files ending in .png, of which none is read"
            ),
            (
                #"{"channel_names": {"0": "CT"}, "labels": {"background": 0, "spleen": 256}, "file_ending": ".nii.gz"}"#,
                "the label \"spleen\" with the value 256, outside 1 to 255"
            ),
            (
                #"{"channel_names": {"0": "CT"}, "labels": {"background": 0}, "file_ending": ".nii.gz"}"#,
                "no label beside the background"
            ),
        ]) func refused(list: String, complaint: String) throws
    {
        let folder = try TemporaryFolder().write(["imagesTr/a_0000.nii.gz", "labelsTr/a.nii.gz"]).write(
            ["dataset.json"], list)
        let error = #expect(throws: LayoutError.self) { try listing("nnunet", folder.url) }
        #expect(error?.found.hasSuffix(complaint) == true, "\(error?.found ?? "")")
    }
}
