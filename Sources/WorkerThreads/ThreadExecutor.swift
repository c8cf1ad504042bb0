import Glibc
import Synchronization

/// A task executor with threads of its own, for work that keeps a core busy for long.
///
/// Swift's shared pool has one thread per core; long kernels in it would starve every other task of the process.
public final class ThreadExecutor: TaskExecutor, @unchecked Sendable {
    /// The number of threads.
    public let threadCount: Int
    private var threads: [pthread_t] = []
    private let queue: JobQueue

    /// Starts `threadCount` threads, at least one. They end when the executor is released.
    public init(threadCount: Int) {
        self.threadCount = max(1, threadCount)
        queue = JobQueue()
        for _ in 0..<self.threadCount {
            var thread = pthread_t()
            let start = Unmanaged.passRetained(ThreadStart(queue: queue, executor: asUnownedTaskExecutor()))
            let status = pthread_create(
                &thread, nil,
                { argument in
                    Unmanaged<ThreadStart>.fromOpaque(argument!).takeRetainedValue().run()
                    return nil
                }, start.toOpaque())
            precondition(status == 0, "cannot start a thread: \(String(cString: strerror(status)))")
            pthread_detach(thread)
        }
    }

    deinit { queue.close() }

    /// Lets one of the threads run a job.
    public func enqueue(_ job: consuming ExecutorJob) { queue.push(UnownedJob(job)) }

    private final class ThreadStart {
        let queue: JobQueue
        let executor: UnownedTaskExecutor
        init(queue: JobQueue, executor: UnownedTaskExecutor) { (self.queue, self.executor) = (queue, executor) }
        func run() {
            while let job = queue.pop() { job.runSynchronously(on: executor) }
        }
    }
}

/// Jobs in the order they came, handed to whichever thread waits.
private final class JobQueue: @unchecked Sendable {
    private var lock = pthread_mutex_t()
    private var arrival = pthread_cond_t()
    private var jobs: [UnownedJob] = []
    private var head = 0
    private var closed = false

    init() {
        pthread_mutex_init(&lock, nil)
        pthread_cond_init(&arrival, nil)
    }

    deinit {
        pthread_cond_destroy(&arrival)
        pthread_mutex_destroy(&lock)
    }

    func push(_ job: UnownedJob) {
        pthread_mutex_lock(&lock)
        jobs.append(job)
        pthread_cond_signal(&arrival)
        pthread_mutex_unlock(&lock)
    }

    /// The next job, waiting for one; `nil` once the queue is closed and empty.
    func pop() -> UnownedJob? {
        pthread_mutex_lock(&lock)
        defer { pthread_mutex_unlock(&lock) }
        while head == jobs.count {
            if closed { return nil }
            pthread_cond_wait(&arrival, &lock)
        }
        let job = jobs[head]
        head += 1
        if head == jobs.count {
            jobs.removeAll(keepingCapacity: true)
            head = 0
        }
        return job
    }

    func close() {
        pthread_mutex_lock(&lock)
        closed = true
        pthread_cond_broadcast(&arrival)
        pthread_mutex_unlock(&lock)
    }
}

/// The number of cores that this process may run on, which follows `taskset` and container limits on cores.
public var availableCores: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }
