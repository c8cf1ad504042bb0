import ArgumentParser
import CBenchmarks

/// Whether the machine is quiet enough for the other figures to mean something.
struct MachineBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "machine", abstract: "Whether core and memory are free: dependent additions and a large copy.")

    func run() {
        // A core runs one dependent addition per cycle; while its other hyper-thread is busy, about half as many.
        let additions = 50_000_000
        let chain = Measurement("additions", seconds: 1) { benchmark_dependent_additions(additions) }
        Figure(
            name: "dependent additions, best", value: Double(additions) / chain.minimumMilliseconds / 1e6, unit: "G/s"
        ).print()
        Figure(
            name: "dependent additions, median", value: Double(additions) / chain.medianMilliseconds / 1e6, unit: "G/s"
        ).print()
        let bytes = 256 << 20
        let source = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 4096)
        let target = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 4096)
        defer {
            source.deallocate()
            target.deallocate()
        }
        source.initializeMemory(as: UInt8.self, repeating: 1, count: bytes)
        target.initializeMemory(as: UInt8.self, repeating: 2, count: bytes)
        let copy = Measurement("copy", seconds: 1) { benchmark_copy(source, target, bytes) }
        Figure(
            name: "copy of 256 MB, read and written", value: 2 * Double(bytes) / copy.minimumMilliseconds / 1e6,
            unit: "GB/s"
        ).print()
    }
}
