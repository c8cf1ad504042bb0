import CMPI
import Glibc

/// The processes that train one model together, started by `mpirun` or `srun --mpi=pmix`; alone without them.
///
/// Sums are made by Open MPI, in an order that depends only on the number of processes, so equal runs give equal bits.
public final class ProcessGroup: @unchecked Sendable {
    /// This process's number, from 0.
    public let rank: Int
    /// How many processes there are.
    public let size: Int

    /// A group of this process alone.
    public init() { (rank, size) = (0, 1) }

    private init(rank: Int, size: Int) { (self.rank, self.size) = (rank, size) }

    /// The group that this process was started in, joined at first use.
    ///
    /// - Throws: `TrainingError.strangers` when a batch system started several processes that do not know of each other. Each
    ///   would train a model of its own, in one folder.
    public static func join() throws(TrainingError) -> ProcessGroup {
        // mpirun says how many it started. srun says so too, and sets its number also for mpirun's helpers, one on each node.
        let started = number("OMPI_COMM_WORLD_SIZE") ?? number("SLURM_STEP_NUM_TASKS") ?? 1
        let group = current
        guard group.size > 1 || started < 2 else { throw .strangers(processes: started) }
        return group
    }

    /// mpirun sets the first, every PMIx server (Slurm's too) the second.
    private static var isLaunched: Bool { getenv("OMPI_COMM_WORLD_SIZE") != nil || getenv("PMIX_RANK") != nil }

    private static func number(_ variable: String) -> Int? { getenv(variable).flatMap { Int(String(cString: $0)) } }

    /// Without a launcher MPI is not touched.
    private static let current: ProcessGroup = {
        guard isLaunched else { return ProcessGroup() }
        var provided: Int32 = 0
        precondition(
            MPI_Init_thread(nil, nil, Int32(MPI_THREAD_SERIALIZED), &provided) == MPI_SUCCESS,
            "MPI cannot be initialised")
        var rank: Int32 = 0, size: Int32 = 0
        MPI_Comm_rank(iris_mpi_comm_world(), &rank)
        MPI_Comm_size(iris_mpi_comm_world(), &size)
        atexit { MPI_Finalize() }
        return ProcessGroup(rank: Int(rank), size: Int(size))
    }()

    /// Replaces `values` by their sum over all processes, in pieces small enough to stay in the caches.
    public func sum(_ values: UnsafeMutableBufferPointer<Float>) {
        guard size > 1, let base = values.baseAddress else { return }
        let bucket = 4 << 20
        for start in stride(from: 0, to: values.count, by: bucket) {
            let count = min(bucket, values.count - start)
            MPI_Allreduce(
                iris_mpi_in_place(), base + start, Int32(count), iris_mpi_float(), iris_mpi_sum(), iris_mpi_comm_world()
            )
        }
    }

    /// The sums over all processes.
    public func sum(_ values: [Double]) -> [Double] {
        guard size > 1 else { return values }
        var sums = values
        MPI_Allreduce(
            iris_mpi_in_place(), &sums, Int32(sums.count), iris_mpi_double(), iris_mpi_sum(), iris_mpi_comm_world())
        return sums
    }

    /// The bytes of every process, by rank.
    public func gather(_ bytes: [UInt8]) -> [[UInt8]] {
        guard size > 1 else { return [bytes] }
        var own = Int32(bytes.count)
        var counts = [Int32](repeating: 0, count: size)
        MPI_Allgather(&own, 1, iris_mpi_int(), &counts, 1, iris_mpi_int(), iris_mpi_comm_world())
        var starts: [Int32] = [0]
        for count in counts { starts.append(starts[starts.count - 1] + count) }
        var all = [UInt8](repeating: 0, count: Int(starts[size]))
        MPI_Allgatherv(
            bytes, own, iris_mpi_byte(), &all, counts, starts, iris_mpi_byte(), iris_mpi_comm_world())
        return (0..<size).map { Array(all[Int(starts[$0])..<Int(starts[$0 + 1])]) }
    }
}
