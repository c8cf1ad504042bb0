import ArgumentParser

/// `iris doctor`: what this machine and this build offer.
struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show versions, threads, instruction sets, memory and disk space.")

    @Option(help: "Folder whose disk is looked at.", completion: .directory) var folder = "."

    @Flag(help: "Print one object instead of text.") var json = false

    func run() throws {
        let report = try DoctorReport(folder: folder)
        if json { try JSONOutput.print(report) } else { report.table.printFitted() }
    }
}
