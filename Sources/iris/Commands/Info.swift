import ArgumentParser
import NIfTI

/// `iris info`: what NIfTI files hold.
struct Info: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show header, geometry and intensity summary of NIfTI files.",
        discussion: """
            Reads every file whole, checksums included, unless only headers are wanted. A file that is refused is reported with the reason, the others are \
            shown all the same, and the exit status is 1.
            """)

    @Argument(help: "NIfTI files, .nii or .nii.gz.", completion: .file(extensions: ["nii", "gz"]))
    var files: [String]

    @Flag(help: "Print an array of objects instead of text.") var json = false

    @Flag(help: "Add the SHA-256 of the scaled values as little-endian float64, i fastest.") var digest = false

    @Flag(help: "Read headers only, so that nothing is said about the values.") var headerOnly = false

    func validate() throws {
        if headerOnly, digest { throw ValidationError("--digest needs the values, which --header-only leaves unread.") }
    }

    func run() throws {
        let reports = files.map { InfoReport(file: $0, scope: headerOnly ? .header : digest ? .digest : .values) }
        if json {
            try JSONOutput.print(reports)
        } else {
            let table = InfoReport.table(of: reports)
            if !table.isEmpty { table.printFitted() }
            for report in reports { if case .failure(let error) = report.result { Terminal.complain(error) } }
        }
        if reports.contains(where: \.isRefused) { throw ExitStatus.findings }
    }
}
