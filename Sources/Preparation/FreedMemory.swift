import CLinux
import NIfTI

/// What the process does with memory that it no longer needs.
public enum FreedMemory {
    /// Keeps freed memory for the next volumes instead of handing it back to the system after each.
    ///
    /// The system clears every fresh page, which for volumes takes a third of the time of preparing a case. Affects the whole
    /// process, so only programs whose main work is preparation call it, before they start threads.
    public static func keep() {
        BufferMemory.keep()
        // What is smaller than a source volume comes from malloc. One arena, because the others cannot hold volumes; no mapping
        // of its own for any block; no trimming.
        _ = mallopt(IRIS_M_ARENA_MAX, 1)
        _ = mallopt(IRIS_M_MMAP_MAX, 0)
        _ = mallopt(IRIS_M_TRIM_THRESHOLD, -1)
    }
}
