import Metrics
import VolumeStore
import Volumes

/// An image to segment, and where its result belongs.
public struct Query: Sendable {
    /// What the result's files are called.
    public let name: String
    /// The image as the network sees it.
    public let image: ModelImage
    /// Where the voxels of the source file lie, in the file's order: the grid that results are computed on.
    public let sourceGrid: Grid
    /// The grid that the result's header states: the source file's own.
    public let fileGrid: Grid
    /// The files that it was read from. No label is among them.
    public let sources: [FileDigest]

    public init(name: String, image: ModelImage, sourceGrid: Grid, fileGrid: Grid, sources: [FileDigest]) {
        (self.name, self.image, self.sourceGrid, self.fileGrid) = (name, image, sourceGrid, fileGrid)
        self.sources = sources
    }
}

extension Segmentation {
    /// The labels in the query's own file grid.
    public func labels(of query: Query) -> LabelMap {
        LabelMap(unchecked: query.fileGrid, voxels: labels(onto: query.sourceGrid).voxels)
    }

    /// The probability of the class at `place` in the query's own file grid.
    public func probability(of place: Int, query: Query) -> Volume<Float> {
        Volume(unchecked: query.fileGrid, voxels: probability(of: place, onto: query.sourceGrid).voxels)
    }

    /// The uncertainty in the query's own file grid.
    public func uncertainty(of query: Query) -> Volume<Float>? {
        uncertainty(onto: query.sourceGrid).map { Volume(unchecked: query.fileGrid, voxels: $0.voxels) }
    }
}
