/// How thorough an audit is.
public struct AuditOptions: Sendable {
    /// Read headers only: no voxels, no checksums.
    public var headersOnly: Bool
    /// Compute the SHA-256 of every file, for a lock file.
    public var digestsFiles: Bool

    public init(headersOnly: Bool = false, digestsFiles: Bool = false) {
        (self.headersOnly, self.digestsFiles) = (headersOnly, digestsFiles)
    }
}
