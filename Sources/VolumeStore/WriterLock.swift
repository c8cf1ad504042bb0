import Glibc

/// Tells writers of one store of each other: every writer holds the lock file shared; who holds it alone may tidy up.
final class WriterLock: @unchecked Sendable {
    private let descriptor: Int32
    /// Whether no other writer had the store open when this one came, until ``share()``.
    let isAlone: Bool

    init(path: String) throws(StoreError) {
        descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .file(path, problem: "cannot be opened: \(systemReason())") }
        isAlone = flock(descriptor, LOCK_EX | LOCK_NB) == 0
    }

    /// Lets other writers in.
    func share() { while flock(descriptor, LOCK_SH) != 0 && errno == EINTR {} }

    deinit { close(descriptor) }
}

/// Excludes every other holder of a lock on the same folder while it lives.
final class FolderLock {
    private let descriptor: Int32

    init(path: String) throws(StoreError) {
        descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .file(path, problem: "cannot be opened: \(systemReason())") }
        while flock(descriptor, LOCK_EX) != 0 && errno == EINTR {}
    }

    deinit { close(descriptor) }
}
