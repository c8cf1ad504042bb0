import FoundationEssentials
import Glibc
import Testing

@Suite struct DoctorTests {
    struct Report: Decodable {
        let versions: [String: String]
        let threads: Int
        let instructionSet: String
        let memoryBytes, memoryAvailableBytes, diskBytes, diskFreeBytes: Int
    }

    @Test func machineAndLibraries() throws {
        let run = try IrisCommand(["doctor", "--json", "--folder", "/"])
        #expect(run.status == 0)
        let report: Report = try run.json()
        for name in [
            "iris", "swift", "libdeflate", "zlib", "openSSL", "sqlite", "libpng", "oneDNN", "openBLAS", "openMPI",
        ] {
            let version = try #require(report.versions[name], "\(name)")
            #expect(version.split(separator: ".").count >= 2 && version.first?.isNumber == true, "\(name) \(version)")
        }
        #expect(report.threads == sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        #expect(["AVX-512", "AVX2", "portable"].contains(report.instructionSet))
        // The kernel counts the pages that it manages, in two ways that agree.
        #expect(report.memoryBytes == sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)))
        #expect((1...report.memoryBytes).contains(report.memoryAvailableBytes))
        #expect((1...report.diskBytes).contains(report.diskFreeBytes))
        let text = try IrisCommand(["doctor"])
        #expect(text.status == 0 && text.output.contains("instruction set   \(report.instructionSet)\n"))
    }

    @Test func foldersThatAreNone() throws {
        let run = try IrisCommand(["doctor", "--folder", "/no/such/folder"])
        #expect(run.status == 2 && run.output.isEmpty)
        #expect(
            run.errors == """
                error: /no/such/folder: expected a folder whose disk can be looked at but found: \
                No such file or directory. Give another with --folder.

                """)
    }
}
