import CLinux

/// What the process does with memory that it no longer needs.
public enum FreedMemory {
    /// Keeps freed memory for the next volumes instead of handing it back to the system after each.
    ///
    /// Volumes are so large that malloc maps each of them anew; the system then clears every page, which takes a third of
    /// the time of preparing a case. Affects the whole process, so only programs whose main work is preparation call it,
    /// before they start threads.
    public static func keep() {
        // One arena, because the others cannot hold volumes; no mapping of its own for any block; no trimming.
        _ = mallopt(IRIS_M_ARENA_MAX, 1)
        _ = mallopt(IRIS_M_MMAP_MAX, 0)
        _ = mallopt(IRIS_M_TRIM_THRESHOLD, -1)
    }
}
