import Glibc
import Synchronization

/// The memory that large buffers of this module take: mapped from the system, and returned to it unless it is kept.
public enum BufferMemory {
    /// From now on, memory that large buffers no longer need is kept for the next ones.
    ///
    /// Clearing fresh pages for every file takes as long as resampling it. There are at most as many regions as were in use at
    /// one time, each with the pages of the largest file that it served.
    public static func keep() { state.withLock { $0.keeps = true } }

    /// A piece of memory of whole large pages.
    struct Region: @unchecked Sendable {
        let base: UnsafeMutableRawPointer
        /// What is reserved. The system provides pages when they are first written.
        let bytes: Int
        /// The most that was asked of it: pages that are there.
        fileprivate(set) var used: Int
    }

    private struct State {
        var keeps = false
        var free: [Region] = []
    }

    private static let state = Mutex(State())
    private static let page = 1 << 21
    /// What is reserved at least, so that one region serves files of many sizes and its pages are provided once.
    private static let leastReserved = 1 << 30
    /// Addresses are free of charge but where their number is limited (`ulimit -v`): there they are left to others.
    private static let reservesAhead: Bool = {
        var limit = rlimit()
        return getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0 && limit.rlim_cur == .max
    }()

    /// At least `bytes` bytes of any content, at a multiple of 2 MB; `nil` when the system has no more.
    static func take(_ bytes: Int) -> Region? {
        let (kept, unfit) = state.withLock { state -> (Region?, Region?) in
            let fitting = state.free.indices.filter { state.free[$0].bytes >= bytes }
            // The one with the fewest pages that are enough, else the one that lacks fewest.
            let best =
                fitting.filter { state.free[$0].used >= bytes }.min { state.free[$0].used < state.free[$1].used }
                ?? fitting.max { state.free[$0].used < state.free[$1].used }
            if let best { return (state.free.remove(at: best), nil) }
            // The largest goes in favour of one that fits, so that there are never more than were in use.
            let largest = state.free.indices.max { state.free[$0].used < state.free[$1].used }
            return (nil, largest.map { state.free.remove(at: $0) })
        }
        if var kept {
            kept.used = max(kept.used, bytes)
            return kept
        }
        if let unfit { munmap(unfit.base, unfit.bytes) }
        // More addresses than the file needs are only reserved; for what it needs the system may refuse.
        if reservesAhead, bytes < leastReserved, let region = map(leastReserved, used: bytes, flags: MAP_NORESERVE) {
            return region
        }
        return map(bytes, used: bytes)
    }

    static func giveBack(_ region: Region) {
        let kept = state.withLock { state in
            if state.keeps { state.free.append(region) }
            return state.keeps
        }
        if !kept { munmap(region.base, region.bytes) }
    }

    private static func map(_ bytes: Int, used: Int, flags: CInt = 0) -> Region? {
        guard bytes <= Int.max - 2 * page else { return nil }
        let size = (bytes + page - 1) / page * page
        // A page more than is needed, because the system may begin anywhere; what lies before and after goes again.
        let room = mmap(
            nil, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0)
        guard let room, room != MAP_FAILED else { return nil }
        let before = (page - Int(bitPattern: room) % page) % page
        if before > 0 { munmap(room, before) }
        munmap(room + before + size, page - before)
        // Advice only: without large pages everything works, a little slower.
        madvise(room + before, size, MADV_HUGEPAGE)
        return Region(base: room + before, bytes: size, used: used)
    }
}
