import CGomp
import COneDNN
import COpenBLAS
import Glibc

/// The processor as the tensor operations see it: one thread that issues all work, and its team of worker threads.
///
/// oneDNN and the fused kernels share one OpenMP team, which belongs to the thread that starts it, so every operation
/// runs on the engine's own thread: wrap calls in ``run(_:)``. Work is split among the threads by rule, never by who
/// comes first, so equal inputs and thread counts give equal bits.
public final class Engine: @unchecked Sendable {
    /// The engine of this process, with `OMP_NUM_THREADS` threads, or one per core it may use.
    public static let shared = Engine()

    /// Threads in the team. Changes only through ``setThreadCount(_:)``.
    public private(set) var threadCount: Int
    private let queue = EngineQueue()
    private(set) var dnnl: OpaquePointer!
    private(set) var stream: OpaquePointer!
    /// What convolutions have done since this was last reset; the primitives alone, without reordering weights.
    public var convolutionWork = ConvolutionWork()
    var convolutionPlans: [ConvolutionPlan.Key: ConvolutionPlan] = [:]

    private init() {
        threadCount = max(1, Int(omp_get_max_threads()))
        queue.start()
        run {
            omp_set_dynamic(0)
            omp_set_num_threads(Int32(threadCount))
            // Matrix products are split here, over the same team; OpenBLAS must not start a second one.
            openblas_set_num_threads(1)
            var engine: OpaquePointer?, stream: OpaquePointer?
            let status = dnnl_engine_create(&engine, dnnl_cpu, 0)
            precondition(status == dnnl_success, "oneDNN has no CPU engine (status \(status.rawValue))")
            let streamStatus = dnnl_stream_create(&stream, engine, UInt32(dnnl_stream_default_flags.rawValue))
            precondition(streamStatus == dnnl_success, "oneDNN cannot make a stream (status \(streamStatus.rawValue))")
            (self.dnnl, self.stream) = (engine, stream)
        }
    }

    /// Changes the size of the team; planned convolutions are planned anew.
    public func setThreadCount(_ count: Int) {
        run {
            threadCount = max(1, count)
            omp_set_num_threads(Int32(threadCount))
            convolutionPlans = [:]
        }
    }

    /// Whether this processor computes convolutions in bfloat16.
    public static let supportsBFloat16: Bool =
        dnnl_get_effective_cpu_isa().rawValue >= dnnl_cpu_isa_avx512_core_bf16.rawValue

    /// Checks that convolutions can be computed in `type`.
    ///
    /// - Throws: ``TensorError/unsupportedElementType(_:needs:)``.
    public static func require(_ type: ElementType) throws {
        if type == .bfloat16, !supportsBFloat16 { throw TensorError.unsupportedElementType(type, needs: "AVX512_BF16") }
    }

    /// Runs `body` on the engine's thread and waits for it. Within `body` further calls run in place.
    public func run<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        if queue.isCurrent { return try body() }
        var outcome: Swift.Result<Result, Failure>?
        withoutActuallyEscaping(body) { body in
            withUnsafeMutablePointer(to: &outcome) { place in
                queue.runAndWait {
                    do throws(Failure) { place.pointee = .success(try body()) } catch {
                        place.pointee = .failure(error)
                    }
                }
            }
        }
        return try outcome!.get()
    }

    /// Runs `body` with oneDNN and OpenMP limited to `threads` threads. oneDNN fixes the number when it makes a primitive, so
    /// a primitive belongs into this both when it is made and when it runs.
    func withThreads<Result, Failure: Error>(_ threads: Int, _ body: () throws(Failure) -> Result) throws(Failure)
        -> Result
    {
        guard threads != threadCount else { return try body() }
        omp_set_num_threads(Int32(threads))
        defer { omp_set_num_threads(Int32(threadCount)) }
        return try body()
    }

    /// Splits 0..<count into at most one range per thread, none but the last shorter than `grain`, and runs `body` on
    /// all of them at once. `part` counts the ranges.
    func parallel(_ count: Int, grain: Int = 1, _ body: (_ part: Int, _ range: Range<Int>) -> Void) {
        precondition(queue.isCurrent, "tensor operations belong inside Engine.shared.run { }")
        let parts = min(threadCount, (count + grain - 1) / max(1, grain))
        if parts <= 1 {
            if count > 0 { body(0, 0..<count) }
            return
        }
        withoutActuallyEscaping(body) { body in
            var job = ParallelJob(count: count, parts: parts, body: body)
            withUnsafeMutablePointer(to: &job) { job in
                GOMP_parallel(
                    { raw in
                        let job = raw!.assumingMemoryBound(to: ParallelJob.self)
                        let count = job.pointee.count, parts = job.pointee.parts
                        // One part per thread, unless the runtime could not start as many threads as asked for.
                        for part in stride(from: Int(omp_get_thread_num()), to: parts, by: Int(omp_get_num_threads())) {
                            job.pointee.body(part, count * part / parts..<count * (part + 1) / parts)
                        }
                    }, job, UInt32(parts), 0)
            }
        }
    }

    /// Operations done in convolutions and the time they took.
    public struct ConvolutionWork: Sendable {
        /// Multiplications and additions.
        public var operations = 0
        /// Seconds spent.
        public var seconds = 0.0

        public init() {}
    }

    private struct ParallelJob {
        let count: Int, parts: Int
        let body: (Int, Range<Int>) -> Void
    }
}

/// Closures for one thread, in the order they came.
private final class EngineQueue: @unchecked Sendable {
    private var lock = pthread_mutex_t()
    private var arrival = pthread_cond_t()
    private var jobs: [() -> Void] = []
    private var thread = pthread_t()

    init() {
        pthread_mutex_init(&lock, nil)
        pthread_cond_init(&arrival, nil)
    }

    func start() {
        let status = pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<EngineQueue>.fromOpaque(argument!).takeUnretainedValue().loop()
            }, Unmanaged.passRetained(self).toOpaque())
        precondition(status == 0, "cannot start a thread: \(String(cString: strerror(status)))")
    }

    var isCurrent: Bool { pthread_equal(pthread_self(), thread) != 0 }

    private func loop() -> Never {
        while true {
            pthread_mutex_lock(&lock)
            while jobs.isEmpty { pthread_cond_wait(&arrival, &lock) }
            let job = jobs.removeFirst()
            pthread_mutex_unlock(&lock)
            job()
        }
    }

    func enqueue(_ job: @escaping () -> Void) {
        pthread_mutex_lock(&lock)
        jobs.append(job)
        pthread_cond_signal(&arrival)
        pthread_mutex_unlock(&lock)
    }

    func runAndWait(_ job: () -> Void) {
        withoutActuallyEscaping(job) { job in
            let visit = Visit(job)
            enqueue { visit.run() }
            visit.wait()
        }
    }
}

/// A closure that another thread runs once while the caller waits, and lets go of before the caller goes on.
private final class Visit: @unchecked Sendable {
    private var job: (() -> Void)?
    private var done = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init(_ job: @escaping () -> Void) {
        self.job = job
        sem_init(done, 0, 0)
    }

    deinit {
        sem_destroy(done)
        done.deallocate()
    }

    func run() {
        runAndForget()
        sem_post(done)
    }

    private func runAndForget() {
        job?()
        job = nil
    }

    func wait() { while sem_wait(done) != 0 {} }
}
