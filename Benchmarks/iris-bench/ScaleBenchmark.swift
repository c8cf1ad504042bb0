import ArgumentParser
import CSharedMemory
import Episodes
import FoundationEssentials
import Glibc
import VolumeStore

/// Makes the index of a store of very many cases; `scale` measures it.
struct LargeIndexCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "large-index", abstract: "Write the index of a store of very many cases, without their volumes.")

    @Option(help: "Number of cases.") var cases = 1_000_000
    @Option(help: "Folder of the store; made when missing.", completion: .directory) var output: String

    func validate() throws {
        guard cases >= 12 else { throw ValidationError("expected at least 12 cases but found \(cases).") }
    }

    func run() throws { try LargeIndex.write(to: URL(filePath: output), cases: cases) }
}

/// Opening a store of very many cases, preparing to draw from it, and planning.
struct ScaleBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scale", abstract: "Open a large store and plan episodes of it.")

    @Option(help: "Folder of the store, as large-index makes it.", completion: .directory) var store: String
    @Option(help: "Episode configuration.", completion: .file(extensions: ["yaml"]))
    var config = "configs/episodes/paper.yaml"
    @Option(help: "Episodes to plan.") var plans = 20_000

    func run() throws {
        let folder = URL(filePath: store), clock = ContinuousClock()
        func seconds(_ name: String, _ body: () throws -> Void) rethrows {
            Figure(name: name, value: try clock.measure(body) / .seconds(1), unit: "s").print()
        }
        var catalogue: StoreCatalogue?
        func open() throws { catalogue = try VolumeStore.open(at: folder, mode: .read).catalogue() }

        let kept = folder.appending(path: "index.catalogue").path
        if access(kept, F_OK) != 0 { try seconds("open, first time after a change (reads rows)", open) }
        // The first reader's memory counts for nothing below.
        catalogue = nil
        forget(kept)
        try seconds("open, index.catalogue not in memory", open)
        catalogue = nil
        try seconds("open, index.catalogue in memory", open)
        guard let catalogue else { return }
        Figure(name: "cases", value: Double(catalogue.caseCount), unit: "").print()

        let configuration = try EpisodeConfiguration(contentsOf: URL(filePath: config))
        var sampler: EpisodeSampler?
        try seconds("prepare to draw") {
            sampler = try EpisodeSampler(catalogue: catalogue, configuration: configuration, seed: 1)
        }
        guard let sampler else { return }
        var times: [Double] = []
        for index in 0..<UInt64(plans) {
            var plan: EpisodePlan?
            times.append(try clock.measure { plan = try sampler.plan(index) } / .microseconds(1))
            guard plan?.references.isEmpty == false else { throw ValidationError("episode \(index) has no reference.") }
        }
        times.sort()
        for (name, place) in [("median", 0.5), ("99 %", 0.99), ("slowest", 1.0)] {
            let time = times[min(times.count - 1, Int(place * Double(times.count)))]
            Figure(name: "plan, \(name)", value: time, unit: "us").print()
        }
        Figure(name: "peak memory", value: Double(iris_peak_memory()) / 1e6, unit: "MB").print()
    }

    /// Lets the system drop its copy of a file.
    private func forget(_ path: String) {
        let descriptor = Glibc.open(path, O_RDONLY)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
        close(descriptor)
    }
}
