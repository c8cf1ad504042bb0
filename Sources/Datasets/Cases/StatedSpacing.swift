import Volumes

/// The voxel size that a dataset's own table states for an image, to be held against the header.
public struct StatedSpacing: Hashable, Sendable {
    /// In mm along i, j, k.
    public let spacing: Spacing
    /// The file that states it.
    public let file: String
    /// The array axis of the slices, 0 to 2. A header that differs along it changes every volume; in plane, copies are
    /// reduced on purpose.
    public let sliceAxis: Int
    /// A published copy of the dataset in which every image has another voxel size.
    public let resampled: ResampledCopy?

    /// A copy that was resampled to one voxel size.
    public struct ResampledCopy: Hashable, Sendable {
        /// What it is called.
        public let name: String
        /// In mm along i, j, k.
        public let spacing: Spacing

        public init(name: String, spacing: Spacing) { (self.name, self.spacing) = (name, spacing) }
    }

    public init(spacing: Spacing, file: String, sliceAxis: Int, resampled: ResampledCopy? = nil) {
        (self.spacing, self.file, self.sliceAxis, self.resampled) = (spacing, file, sliceAxis, resampled)
    }
}
