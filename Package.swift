// swift-tools-version: 6.2
import PackageDescription

// Every arrow of the module graph is written here once; docs/architecture.md draws it and CI checks that no
// target imports what it does not declare.

let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let sqlite: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

/// C libraries of the system, found by pkg-config where they ship a file for it.
let systemLibraries: [Target] = [
    .systemLibrary(name: "CDeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CGomp"),
    .systemLibrary(name: "COneDNN", providers: [.apt(["libdnnl-dev"])]),
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CLinux"),
    .systemLibrary(name: "CMPI", pkgConfig: "ompi-c", providers: [.apt(["libopenmpi-dev"])]),
]

/// `make fuzz` builds its own driver, and C as well as Swift with what libFuzzer and AddressSanitizer look at.
let isFuzzing = Context.environment["IRIS_FUZZ"] != nil
/// `make coverage`: `--enable-code-coverage` counts lines of Swift alone.
let isCounting = Context.environment["IRIS_COVERAGE"] != nil
let cInstruments: [CSetting] =
    isFuzzing
    ? [.unsafeFlags(["-fsanitize=fuzzer-no-link,address"])]
    : isCounting ? [.unsafeFlags(["-fprofile-instr-generate", "-fcoverage-mapping"])] : []

let kernels: Target = .target(
    name: "CKernels",
    // C is compiled without optimisation in debug builds unless told otherwise, which makes kernels 10 to 20 times slower.
    cSettings: [.unsafeFlags(["-O3", "-fno-math-errno", "-ffp-contract=off"])] + cInstruments)

/// The foundations that both trunks stand on.
let foundations: [Target] = [
    kernels,
    .target(name: "AtomicFiles"),
    .target(name: "CSharedMemory", cSettings: cInstruments),
    .target(name: "Digests", dependencies: ["CCrypto", "CXXHash"]),
    .target(name: "RandomNumbers"),
    .target(name: "WorkerThreads"),
    .target(name: "Configuration", dependencies: [yams]),
]

/// Data: knows no tensors.
let data: [Target] = [
    .target(name: "Volumes", dependencies: ["CKernels", "WorkerThreads"]),
    .target(name: "NIfTI", dependencies: ["Volumes", "AtomicFiles", "Digests", "CKernels", "CDeflate", "CZlib"]),
    .target(name: "Pictures", dependencies: ["Volumes", "CPNG"]),
    .target(
        name: "Metrics",
        dependencies: ["Digests", "NIfTI", "Volumes", "CKernels", "RandomNumbers", "WorkerThreads"]),
    .target(
        name: "Datasets",
        dependencies: ["NIfTI", "Volumes", "Digests", "RandomNumbers", "Configuration", "WorkerThreads", "CKernels"]),
    .target(
        name: "VolumeStore",
        dependencies: [
            "NIfTI", "Volumes", "AtomicFiles", "Digests", "RandomNumbers", "WorkerThreads", "CKernels", "CLinux", grdb,
        ]),
    .target(
        name: "Preparation",
        dependencies: [
            "Datasets", "VolumeStore", "NIfTI", "Volumes", "Digests", "Configuration", "WorkerThreads", "CLinux",
        ]),
    .target(
        name: "Episodes",
        dependencies: [
            "VolumeStore", "NIfTI", "Volumes", "Digests", "RandomNumbers", "Configuration", "WorkerThreads", "CKernels",
            "CSharedMemory",
        ]),
]

/// Tensors: know no medicine.
let tensors: [Target] = [
    .target(
        name: "Tensors", dependencies: ["AtomicFiles", "CKernels", "RandomNumbers", "CGomp", "COneDNN", "COpenBLAS"]),
    .target(name: "IrisModel", dependencies: ["Tensors", "RandomNumbers", "Configuration"]),
]

/// Where data and tensors meet, and what stands on both.
let meeting: [Target] = [
    .target(
        name: "IrisTraining",
        dependencies: [
            "Episodes", "Preparation", "IrisModel", "Metrics", "Tensors", "VolumeStore", "Datasets", "NIfTI", "Volumes",
            "Digests", "Configuration", "RandomNumbers", "WorkerThreads", "CMPI",
        ]),
    .target(name: "Reports", dependencies: ["Pictures", "Datasets", "Metrics", "Volumes", "NIfTI"]),
    .executableTarget(
        name: "iris",
        dependencies: [
            "Configuration", "Datasets", "Digests", "Episodes", "IrisModel", "IrisTraining", "Metrics", "NIfTI",
            "Pictures",
            "Preparation", "Reports", "Tensors", "VolumeStore", "Volumes", "WorkerThreads", "CKernels", arguments,
            // `iris doctor` asks the libraries for their versions.
            "CCrypto", "CDeflate", "CMPI", "COneDNN", "COpenBLAS", "CPNG", "CXXHash", "CZlib", sqlite,
        ]),
]

/// Measurements, run by `make bench`.
let benchmarks: [Target] = [
    .target(name: "CBenchmarks", path: "Benchmarks/CBenchmarks", cSettings: [.unsafeFlags(["-O3"])]),
    .executableTarget(
        name: "iris-bench",
        dependencies: [
            "CBenchmarks", "CKernels", "CSharedMemory", "Episodes", "Metrics", "VolumeStore", "NIfTI", "Volumes",
            "Digests",
            "WorkerThreads", grdb, arguments,
        ],
        path: "Benchmarks/iris-bench"),
    .executableTarget(
        name: "iris-bench-model", dependencies: ["IrisModel", "Tensors", "RandomNumbers", "Configuration", arguments],
        path: "Benchmarks/model", exclude: ["run.py", "torch_step.py"]),
]

let testSupport: [Target] = [
    .target(name: "TestData", dependencies: [], path: "Tests/TestData"),
    // Loaded before the program by tests of faults; nothing links it.
    .target(name: "FaultInjection", path: "Tests/FaultInjection"),
    // The other side of `iris stream`, run by tests.
    .executableTarget(name: "stream-consumer", path: "Tests/StreamConsumer"),
    .target(
        name: "FuzzTargets", dependencies: ["Configuration", "Datasets", "Episodes", "NIfTI", "Tensors", "Volumes"],
        path: "Tests/FuzzTargets"),
]

/// libFuzzer's driver, whose symbols exist only under -sanitize=fuzzer: `make fuzz` asks for it.
let fuzzers: [Target] =
    !isFuzzing
    ? []
    : [
        .executableTarget(
            name: "iris_fuzz", dependencies: ["FuzzTargets"], path: "Tests/FuzzDriver",
            swiftSettings: [.unsafeFlags(["-parse-as-library"])])
    ]

/// The tests of one module. Recorded values of other tools lie in `Tests/<module>Tests/Recorded`, read by path.
func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.target(name: name), "TestData"] + dependencies, exclude: ["Recorded"])
}

let testTargets: [Target] = [
    tests("AtomicFiles"), tests("Digests"), tests("RandomNumbers"), tests("WorkerThreads"), tests("Configuration"),
    tests("Volumes", ["CKernels"]), tests("NIfTI", ["Volumes", "Digests", "RandomNumbers", "CKernels"]),
    tests("Pictures", ["Volumes"]),
    tests("Metrics", ["CKernels", "NIfTI", "Volumes", "RandomNumbers"]),
    tests("Datasets", ["NIfTI", "Volumes", "Digests", "RandomNumbers", "Configuration", "CKernels"]),
    tests("VolumeStore", ["NIfTI", "Volumes", "Digests", "RandomNumbers", grdb]),
    tests("Preparation", ["Datasets", "VolumeStore", "NIfTI", "Volumes", "Configuration"]),
    tests(
        "Episodes",
        ["CSharedMemory", "Configuration", "VolumeStore", "NIfTI", "Volumes", "RandomNumbers", "CKernels", "Digests"]),
    tests("Tensors", ["CKernels", "RandomNumbers"]), tests("IrisModel", ["Tensors", "RandomNumbers"]),
    tests(
        "IrisTraining",
        [
            "Configuration", "Datasets", "Digests", "Episodes", "IrisModel", "Metrics", "NIfTI", "Preparation",
            "RandomNumbers", "Tensors", "VolumeStore", "Volumes", grdb,
        ]),
    tests("Reports", ["Datasets", "Metrics", "NIfTI", "Volumes"]),
    .testTarget(
        name: "CommandTests",
        dependencies: ["iris", "stream-consumer", "NIfTI", "Volumes", "RandomNumbers", "Tensors", "TestData"]),
    .testTarget(name: "FuzzTests", dependencies: ["FuzzTargets"], exclude: ["Corpora"]),
]

let package = Package(
    name: "Iris",
    products: [
        .executable(name: "iris", targets: ["iris"]),
        .library(name: "FaultInjection", type: .dynamic, targets: ["FaultInjection"]),
    ],
    dependencies: [
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/swiftlang/swift-docc-plugin", exact: "1.5.0"),
    ],
    targets: systemLibraries + foundations + data + tensors + meeting + benchmarks + testSupport + fuzzers
        + testTargets,
    swiftLanguageModes: [.v6])
