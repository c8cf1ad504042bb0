import Datasets
import FoundationEssentials
import TestData
import Testing

@Suite struct AMOS22AdapterTests {
    @Test("The shared tree, case by case", .enabled(if: SharedData.isPresent, "\(SharedData.absence)"))
    func sharedTree() throws {
        let found = try listing("amos22", SharedData.url("amos22"))
        #expect(
            found.lines == [
                "amos_0001 amos_0001 CT train train labelled", "amos_0004 amos_0004 CT train train labelled",
                "amos_0008 amos_0008 CT val test labelled", "amos_0011 amos_0011 CT train train labelled",
                "amos_0507 amos_0507 MR train train labelled", "amos_0510 amos_0510 MR train train labelled",
                "amos_0540 amos_0540 MR val train labelled",
            ])
        #expect(found.problems.isEmpty, "\(found.problems)")
        #expect(found.cases[0].files.map(\.lastPathComponent) == ["amos_0001.nii.gz", "amos_0001.nii.gz"])
        #expect(found.cases[6].notes == ["The official list has it in train, the folder in val."])
    }

    @Test("A label in the other folder, junk of archives, a wrapping folder and the limits of the modality rule")
    func tolerated() throws {
        let folder = try TemporaryFolder().write([
            "AMOS22/amos22/imagesTr/amos_0500.nii.gz", "AMOS22/amos22/imagesTr/amos_0501.nii.gz",
            "AMOS22/amos22/imagesTr/._amos_0500.nii.gz",
            "AMOS22/amos22/labelsVa/amos_0500.nii.gz", "AMOS22/amos22/labelsTr/amos_0501.nii.gz",
            "AMOS22/amos22/imagesVa/AMOS_0008.NII",
            "AMOS22/amos22/labelsVa/amos_0008.nii.gz", "AMOS22/amos22/imagesTs/amos_0002.nii.gz",
            "__MACOSX/imagesTr/amos_0001.nii.gz",
        ])
        let found = try listing("amos22", folder.url)
        #expect(
            found.lines == [
                "amos_0002 amos_0002 CT test - unlabelled", "amos_0008 amos_0008 CT val test labelled",
                "amos_0500 amos_0500 CT train - labelled", "amos_0501 amos_0501 MR train - labelled",
            ])
        #expect(found.problems.isEmpty, "\(found.problems)")
    }

    @Test("nnU-Net names with both folders merged: the official list tells the parts apart")
    func mergedConversion() throws {
        let folder = try TemporaryFolder().write([
            "imagesTr/amos_0001_0000.nii.gz", "labelsTr/amos_0001.nii.gz", "imagesTr/amos_0008_0000.nii.gz",
            "labelsTr/amos_0008.nii.gz",
        ])
        #expect(
            try listing("amos22", folder.url).lines == [
                "amos_0001 amos_0001 CT train train labelled", "amos_0008 amos_0008 CT val test labelled",
            ])
    }

    @Test("Each broken case is a problem of its own and the others stay")
    func broken() throws {
        let folder = try TemporaryFolder().write([
            "imagesTr/amos_0001.nii.gz", "labelsTr/amos_0001.nii.gz", "imagesTr/amos_0004.nii.gz",
            "labelsTr/amos_0005.nii.gz",
            "imagesTr/amos_0006.nii.gz", "imagesVa/amos_0006.nii.gz", "labelsTr/amos_0006.nii.gz",
            "imagesTr/amos_9999.nii.gz",
            "labelsTr/amos_9999.nii.gz", "imagesTr/liver.nii.gz", "imagesTr/amos_0001_0001.nii.gz",
        ])
        let description = """
            {"name": "AMOS", "labels": {"0": "background", "8": "arota", "10": "pancreas"},
             "training": [{"image": "./imagesTr/amos_0001.nii.gz", "label": "./labelsTr/amos_0001.nii.gz"},
                          {"image": "../secret/amos_0002.nii.gz"}, {"image": "./imagesTr/amos_0007.nii.gz"}],
             "test": [{"image": "./imagesTs/amos_0010.nii.gz"}, "./imagesTs/amos_0012.nii.gz"]}
            """
        try folder.write(["dataset.json"], description)
        let found = try listing("amos22", folder.url)
        #expect(found.cases.map(\.id) == ["amos_0001"])
        #expect(
            found.problemLines == [
                "duplicate-case amos_0006 amos_0006.nii.gz", "misnamed-file - amos_0001_0001.nii.gz",
                "misnamed-file - liver.nii.gz",
                "misnamed-file amos_9999 amos_9999.nii.gz", "missing-image amos_0005 amos_0005.nii.gz",
                "missing-image amos_0007 amos_0007.nii.gz",
                "missing-image amos_0010 amos_0010.nii.gz", "missing-image amos_0012 amos_0012.nii.gz",
                "missing-label amos_0004 amos_0004.nii.gz",
                "unlisted-file amos_0004 amos_0004.nii.gz", "unlisted-file amos_0006 amos_0006.nii.gz",
                "unlisted-file amos_9999 amos_9999.nii.gz",
                "unsafe-path - dataset.json",
            ])
        let missing = try #require(found.problems.first { $0.code == .missingLabel })
        #expect(
            missing.description == """
                \(folder.url.path)/labelsTr/amos_0004.nii.gz: expected the label of \(folder.url.path)/imagesTr/amos_0004.nii.gz but found \
                no file. Copy the label there, or remove the image.
                """)
    }

    @Test("A folder of something else is an error that says what was expected and what is there")
    func wrongFolder() throws {
        let folder = try TemporaryFolder().write(["volume-0.nii", "notes/a.txt"])
        let error = #expect(throws: LayoutError.self) { try listing("amos22", folder.url) }
        #expect(
            error?.description == """
                \(folder.url.path): expected the layout of amos22 (imagesTr/amos_0001.nii.gz with labelsTr/amos_0001.nii.gz, imagesVa with \
                labelsVa, imagesTs, dataset.json) but found notes/, volume-0.nii. It looks like lits: use that dataset, or name \
                another folder.
                """)
    }

    @Test("A copy whose own list gives a label another meaning is refused: BCV's labels under AMOS22's names")
    func otherLabels() throws {
        let folder = try TemporaryFolder().write(["imagesTr/amos_0001.nii.gz", "labelsTr/amos_0001.nii.gz"])
        try folder.write(["dataset.json"], #"{"labels": {"9": "postcava", "10": "portal vein and splenic vein"}}"#)
        let error = #expect(throws: LayoutError.self) { try listing("amos22", folder.url) }
        #expect(
            error?.found.hasSuffix(
                #"dataset.json, which calls label 10 "portal vein and splenic vein" and not pancreas"#)
                == true)
    }

    @Test("The unlabelled extension, in folders of its own, is on no list and in no part") func unlabelledExtension()
        throws
    {
        let folder = try TemporaryFolder().write([
            "imagesTr/amos_0001.nii.gz", "labelsTr/amos_0001.nii.gz",
            "amos22_unlabeled_ct_5000_5399/imagesTr/amos_5000.nii.gz", "amos22_unlabeled_ct_5400_5899/amos_5437.nii.gz",
            "amos22_unlabeled_ct_5400_5899/amos_0004.nii.gz",
        ])
        try folder.write(
            ["dataset.json"], #"{"labels": {"1": "spleen"}, "training": [{"image": "./imagesTr/amos_0001.nii.gz"}]}"#)
        let found = try listing("amos22", folder.url)
        #expect(found.problems.isEmpty, "\(found.problems)")
        #expect(
            found.lines == [
                "amos_0001 amos_0001 CT train train labelled", "amos_0004 amos_0004 CT train train unlabelled",
                "amos_5000 amos_5000 CT - - unlabelled", "amos_5437 amos_5437 CT - - unlabelled",
            ])
    }
}
