import CCrypto
import CDeflate
import CKernels
import CMPI
import COneDNN
import COpenBLAS
import CPNG
import CXXHash
import CZlib
import GRDBSQLite
import Glibc
import WorkerThreads

/// What `iris doctor` finds out about the build and the machine.
struct DoctorReport: Encodable {
    struct Versions: Encodable {
        var iris = Iris.configuration.version
        var swift = Self.compiler
        var libdeflate = LIBDEFLATE_VERSION_STRING
        var zlib = String(cString: zlibVersion())
        var openSSL = String(cString: OpenSSL_version(OPENSSL_VERSION_STRING))
        var xxHash = Self.dotted(Int(XXH_versionNumber()))
        var sqlite = String(cString: sqlite3_libversion())
        var libpng = String(cString: png_get_libpng_ver(nil))
        var oneDNN = dnnl_version().map { "\($0.pointee.major).\($0.pointee.minor).\($0.pointee.patch)" }
        var openBLAS = String(cString: openblas_get_config()).split(separator: " ").prefix(2).last.map(String.init)
        var openMPI = Self.messagePassing

        /// The compiler that built this, as exactly as it tells.
        private static var compiler: String {
            #if compiler(>=6.5)
            "6.5 or later"
            #elseif compiler(>=6.4)
            "6.4"
            #elseif compiler(>=6.3)
            "6.3"
            #else
            "6.2"
            #endif
        }

        /// 801 is 0.8.1.
        private static func dotted(_ number: Int) -> String {
            "\(number / 10_000).\(number / 100 % 100).\(number % 100)"
        }

        /// Of "Open MPI v4.1.4, package: ..." the part that is the version. Allowed before MPI is initialised.
        private static var messagePassing: String? {
            var text = [CChar](repeating: 0, count: Int(MPI_MAX_LIBRARY_VERSION_STRING)), length: CInt = 0
            guard MPI_Get_library_version(&text, &length) == MPI_SUCCESS else { return nil }
            let full = String(decoding: text.prefix(Int(length)).map(UInt8.init(bitPattern:)), as: UTF8.self)
            return full.split(separator: ",").first?.split(separator: " v").last.map(String.init)
        }
    }

    let versions = Versions()
    /// Cores that this process may use.
    let threads = availableCores
    /// The best that the processor has of what the kernels are written for, and what is in use.
    let instructionSet = Self.name(iris_instruction_set_in_use())
    let memoryBytes: Int?
    let memoryAvailableBytes: Int?
    let folder: String
    let diskBytes: Int
    let diskFreeBytes: Int

    /// - Throws: ``DoctorError`` when the folder's disk cannot be asked.
    init(folder: String) throws(DoctorError) {
        let memory = Self.memory()
        memoryBytes = memory["MemTotal"]
        memoryAvailableBytes = memory["MemAvailable"]
        self.folder = folder
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else {
            throw DoctorError(folder: folder, reason: String(cString: strerror(errno)))
        }
        diskBytes = Int(status.f_blocks) * Int(status.f_frsize)
        diskFreeBytes = Int(status.f_bavail) * Int(status.f_frsize)
    }

    private static func name(_ set: iris_instruction_set) -> String {
        switch set {
        case IRIS_AVX512: "AVX-512"
        case IRIS_AVX2: "AVX2"
        default: "portable"
        }
    }

    /// The amounts in /proc/meminfo, in bytes; empty where there is none.
    private static func memory() -> [String: Int] {
        guard let file = fopen("/proc/meminfo", "r") else { return [:] }
        defer { fclose(file) }
        var amounts: [String: Int] = [:]
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, CInt(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            let words = text.split { $0 == " " || $0 == ":" || $0 == "\n" }
            if words.count >= 2, let kibibytes = Int(words[1]) { amounts[String(words[0])] = kibibytes * 1024 }
        }
        return amounts
    }
}

/// Why the machine could not be looked at.
struct DoctorError: Error, CustomStringConvertible {
    let folder, reason: String

    var description: String {
        "\(folder): expected a folder whose disk can be looked at but found: \(reason). Give another with --folder."
    }
}

extension DoctorReport {
    var table: Table {
        var table = Table([.text("what"), .text("found")])
        for (name, version) in [
            ("iris", versions.iris), ("built with Swift", versions.swift), ("libdeflate", versions.libdeflate),
            ("zlib", versions.zlib), ("OpenSSL", versions.openSSL), ("xxHash", versions.xxHash),
            ("SQLite", versions.sqlite),
            ("libpng", versions.libpng), ("oneDNN", versions.oneDNN ?? "unknown"),
            ("OpenBLAS", versions.openBLAS ?? "unknown"), ("Open MPI", versions.openMPI ?? "unknown"),
            ("threads", String(threads)), ("instruction set", instructionSet),
            ("memory", "\(gibibytes(memoryBytes)), \(gibibytes(memoryAvailableBytes)) available"),
            ("disk of \(folder)", "\(gibibytes(diskBytes)), \(gibibytes(diskFreeBytes)) free"),
        ] { table.add([name, version]) }
        return table
    }

    private func gibibytes(_ bytes: Int?) -> String {
        bytes.map { "\((Double($0) / Double(1 << 30)).formatted(decimals: 1)) GiB" } ?? "unknown"
    }
}
