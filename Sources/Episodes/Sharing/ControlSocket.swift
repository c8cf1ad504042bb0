import CSharedMemory
import Glibc
import Synchronization

/// The Unix stream socket between producer and consumer: lines of text, one of which may carry a descriptor.
///
/// Lines may be sent from several threads; one thread receives.
public final class ControlSocket: @unchecked Sendable {
    /// The file descriptor of the socket.
    public let descriptor: Int32
    private let sending = Mutex(())
    private var received: [UInt8] = []
    /// The longest line that a consumer has reason to send.
    private static let longestLine = 4096

    /// Takes over an open descriptor, which is closed with this object.
    ///
    /// - Throws: ``SharingError/notASocket(descriptor:problem:)``.
    public init(adopting descriptor: Int32) throws(SharingError) {
        guard let domain = Self.option(descriptor, SO_DOMAIN), let type = Self.option(descriptor, SO_TYPE) else {
            throw .notASocket(
                descriptor: descriptor,
                problem: errno == EBADF ? "nothing is open there" : "found something that is no socket")
        }
        guard domain == AF_UNIX, type == Int32(SOCK_STREAM.rawValue) else {
            throw .notASocket(descriptor: descriptor, problem: "found a socket of another kind")
        }
        // A child process that kept the socket open would hide this process's end from the consumer.
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        self.descriptor = descriptor
    }

    /// Connects to a consumer that listens at `path`.
    ///
    /// - Throws: ``SharingError/cannotConnect(path:problem:)``.
    public convenience init(connectingTo path: String) throws(SharingError) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < capacity else {
            throw .cannotConnect(
                path: path, problem: "the path is longer than the \(capacity - 1) bytes that sockets allow")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .cannotConnect(path: path, problem: Self.reason) }
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status == 0 else {
            let problem = Self.reason
            close(descriptor)
            throw .cannotConnect(path: path, problem: problem)
        }
        try self.init(adopting: descriptor)
    }

    deinit { close(descriptor) }

    /// Sends a line, waiting until the socket has room; `attachment` is a descriptor that goes with it.
    ///
    /// - Throws: ``SharingError/consumerWentAway`` or ``SharingError/socket(problem:)``.
    public func send(_ line: String, attachment: Int32? = nil) throws(SharingError) {
        let bytes = Array((line + "\n").utf8)
        try sending.withLock { (_) throws(SharingError) in
            var start = 0
            if let attachment {
                start = iris_send_with_descriptor(descriptor, bytes, bytes.count, attachment)
                guard start >= 0 else { throw Self.failure }
            }
            while start < bytes.count {
                let sent = bytes[start...].withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                if sent < 0, errno == EINTR { continue }
                guard sent >= 0 else { throw Self.failure }
                start += sent
            }
        }
    }

    /// Sends a short line if that needs no waiting. What cannot be sent is dropped.
    public func sendIfRoom(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        sending.withLockIfAvailable { _ in
            // Linux takes a line that fits one buffer as a whole or not at all.
            _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
        }
    }

    /// The next line without its line feed, waiting for it; `nil` once the consumer has ended.
    ///
    /// - Throws: ``SharingError/socket(problem:)``, or ``SharingError/unexpected(line:problem:)`` for a line without end.
    public func receiveLine() throws(SharingError) -> String? {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            if let end = received.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: received[..<end], as: UTF8.self)
                received.removeSubrange(...end)
                return line
            }
            guard received.count < Self.longestLine else {
                throw .unexpected(
                    line: String(decoding: received.prefix(40), as: UTF8.self) + "...",
                    problem: "expected a line of at most \(Self.longestLine) bytes")
            }
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            if count == 0 || (count < 0 && errno == ECONNRESET) { return nil }
            guard count > 0 else { throw .socket(problem: Self.reason) }
            received += buffer[..<count]
        }
    }

    /// Ends both directions: whoever waits in ``receiveLine()`` or ``send(_:attachment:)`` returns.
    public func shutDown() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    private static var reason: String { String(cString: strerror(errno)) }

    private static var failure: SharingError {
        errno == EPIPE || errno == ECONNRESET ? .consumerWentAway : .socket(problem: reason)
    }

    private static func option(_ descriptor: Int32, _ name: Int32) -> Int32? {
        var value: Int32 = 0, size = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : nil
    }
}
