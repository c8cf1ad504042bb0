import ArgumentParser
import FoundationEssentials
import NIfTI
import Volumes

/// Writes the synthetic CT as the only case of a folder in the layout of AMOS22, for measurements of whole programs.
struct SyntheticCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "synthetic", abstract: "Write a synthetic CT with labels in the layout of AMOS22.")

    @Option(help: "Folder to write; made when missing.", completion: .directory) var output: String

    func run() throws {
        let ct = try SyntheticCT(inPlane: 0.78125)
        for folder in ["imagesTr", "labelsTr"] {
            try FileManager.default.createDirectory(atPath: "\(output)/\(folder)", withIntermediateDirectories: true)
        }
        try NIfTIWriter.write(ct.image, to: "\(output)/imagesTr/amos_0001.nii.gz", gzip: true)
        try NIfTIWriter.write(ct.labels, to: "\(output)/labelsTr/amos_0001.nii.gz", gzip: true)
    }
}
