import ArgumentParser
import FoundationEssentials
import Glibc
import NIfTI
import Volumes

/// One CT from its files to prepared files, as in `iris prepare`.
struct PrepareBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prepare", abstract: "Decode, orient, resample, crop and write one CT with its labels.")

    @Option(help: "Folder with image.nii.gz and label.nii.gz; made when missing.", completion: .directory)
    var data: String

    func run() throws {
        let image = "\(data)/image.nii.gz", label = "\(data)/label.nii.gz"
        if !FileManager.default.fileExists(atPath: label) {
            try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
            let ct = try SyntheticCT(inPlane: 0.78125)
            try NIfTIWriter.write(ct.image, to: image, gzip: true)
            try NIfTIWriter.write(ct.labels, to: label, gzip: true)
        }
    }
}
