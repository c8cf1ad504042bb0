import Datasets
import FoundationEssentials
import TestData
import Testing

/// What somebody is told who names the wrong folder or the wrong dataset.
@Suite struct LayoutErrorTests {
    private func fix(_ name: String, _ folder: URL) -> String? {
        let error = #expect(throws: LayoutError.self) { try listing(name, folder) }
        return error?.fix
    }

    private func tree() throws -> TemporaryFolder {
        let folder = try TemporaryFolder().write([
            "amos/imagesTr/amos_0001.nii.gz", "amos/labelsTr/amos_0001.nii.gz",
            "bcv/RawData/Training/img/img0001.nii.gz",
            "bcv/RawData/Training/label/label0001.nii.gz", "lits/volume-0.nii", "lits/segmentation-0.nii",
            "kits/data/case_00000/imaging.nii.gz", "mnms/Validation/A0S9V9/A0S9V9_sa.nii.gz",
            "brain/train/image/ixi_1_img.nii", "brain/train/mask/ixi_1_probmask_csf.nii", "task/imagesTr/a.nii.gz",
            "net/imagesTr/a_0000.nii.gz", "text/notes.txt",
        ])
        try folder.write(["task/dataset.json", "net/dataset.json", "amos/dataset.json"], "{}")
        return folder
    }

    @Test(
        "The dataset that a folder looks like",
        arguments: [
            ("lits", "amos", "amos22"), ("amos22", "bcv", "bcv"), ("kits19", "lits", "lits"),
            ("amos22", "kits", "kits19"),
            ("bcv", "mnms", "mnms"), ("lits", "brain", "brain-aging"), ("kits19", "task", "msd"),
            ("kits19", "net", "nnunet"),
        ]) func guesses(wanted: String, folder: String, found: String) throws
    {
        let tree = try tree()
        #expect(
            fix(wanted, tree.url.appending(path: folder))
                == "It looks like \(found): use that dataset, or name another folder.")
    }

    @Test func aFolderOfNothingKnownIsNotGuessed() throws {
        let tree = try tree()
        #expect(fix("lits", tree.url.appending(path: "text")) == "Name the folder that holds it.")
    }

    @Test(
        "A folder inside of the dataset's names the one above",
        arguments: [
            ("amos22", "amos/imagesTr", "amos"), ("kits19", "kits/data/case_00000", "kits/data"),
            ("brain-aging", "brain/train/image", "brain"), ("brain-aging", "brain/train", "brain"),
            ("msd", "task/imagesTr", "task"), ("nnunet", "net/imagesTr", "net"),
        ]) func tooDeep(name: String, folder: String, root: String) throws
    {
        let tree = try tree()
        #expect(
            fix(name, tree.url.appending(path: folder))
                == "Name \(tree.url.appending(path: root).path), the folder above that holds it.")
    }

    @Test func oneHalfOfBCVIsNoDataset() throws {
        let tree = try tree()
        let training = tree.url.appending(path: "bcv/RawData/Training")
        #expect(fix("bcv", training.appending(path: "img")) == "Name \(training.path), the folder above.")
        #expect(try listing("bcv", training).cases.count == 1)
    }

    @Test func aFolderThatIsNotThereHasANeighbour() throws {
        let tree = try tree()
        #expect(fix("lits", tree.url.appending(path: "litz")) == "Did you mean \(tree.url.path)/lits?")
        #expect(fix("lits", tree.url.appending(path: "elsewhere")) == "Check the path.")
        let error = #expect(throws: LayoutError.self) {
            try listing("lits", tree.url.appending(path: "lits/volume-0.nii"))
        }
        #expect(error?.found == "a file")
    }
}
