import Glibc
import Synchronization

/// The memory that large buffers of this module take: mapped from the system, and returned to it unless it is kept.
public enum BufferMemory {
    /// From now on, memory that large buffers no longer need is kept for the next ones.
    ///
    /// Clearing fresh pages for every file takes as long as resampling it. What is kept is at most what was in use at one time.
    public static func keep() { state.withLock { $0.keeps = true } }

    /// A piece of memory of whole large pages.
    struct Region: @unchecked Sendable {
        let base: UnsafeMutableRawPointer
        let bytes: Int
    }

    private struct State {
        var keeps = false
        /// Free, by rising size.
        var free: [Region] = []
    }

    private static let state = Mutex(State())
    private static let page = 1 << 21

    /// At least `bytes` bytes of any content, at a multiple of 2 MB; `nil` when the system has no more.
    static func take(_ bytes: Int) -> Region? {
        let (kept, unfit) = state.withLock { state -> (Region?, Region?) in
            if let n = state.free.firstIndex(where: { $0.bytes >= bytes }) { return (state.free.remove(at: n), nil) }
            // The largest goes in favour of one that fits, so that there are never more than were in use.
            return (nil, state.free.popLast())
        }
        if let kept { return kept }
        if let unfit { munmap(unfit.base, unfit.bytes) }
        return map(bytes)
    }

    static func giveBack(_ region: Region) {
        let kept = state.withLock { state in
            guard state.keeps else { return false }
            let place = state.free.firstIndex { $0.bytes >= region.bytes } ?? state.free.endIndex
            state.free.insert(region, at: place)
            return true
        }
        if !kept { munmap(region.base, region.bytes) }
    }

    private static func map(_ bytes: Int) -> Region? {
        guard bytes <= Int.max - 2 * page else { return nil }
        let size = (bytes + page - 1) / page * page
        // A page more than is needed, because the system may begin anywhere; what lies before and after goes again.
        let room = mmap(nil, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let room, room != MAP_FAILED else { return nil }
        let before = (page - Int(bitPattern: room) % page) % page
        if before > 0 { munmap(room, before) }
        munmap(room + before + size, page - before)
        // Advice only: without large pages everything works, a little slower.
        madvise(room + before, size, MADV_HUGEPAGE)
        return Region(base: room + before, bytes: size)
    }
}
