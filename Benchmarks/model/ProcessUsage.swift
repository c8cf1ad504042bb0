import Glibc

/// What the system has counted for this process.
enum ProcessUsage {
    private static var usage: rusage {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage
    }

    /// Page faults that needed no disk: first touches of memory.
    static var pageFaults: Int { usage.ru_minflt }
    static var peakResidentBytes: Int { usage.ru_maxrss * 1024 }
}
