/// Why numbers do not describe a voxel grid.
public enum GeometryError: Error, Equatable, Sendable, CustomStringConvertible {
    case invalidSpacing(found: [Double])
    case invalidShape(found: [Int])
    case singularAffine(rows: [[Double]])
    case voxelCount(expected: Int, found: Int)

    public var description: String {
        switch self {
        case .invalidSpacing(let found):
            "expected three finite positive spacings in mm but found \(found). Correct the header's pixdim or affine."
        case .invalidShape(let found):
            "expected three sizes of at least 1 whose product fits in memory but found \(found). Correct the header's dim."
        case .singularAffine(let rows):
            "expected an affine with three independent finite axes but found \(rows). Correct the sform or qform."
        case .voxelCount(let expected, let found):
            "expected \(expected) voxels, the product of the shape, but found \(found)."
        }
    }
}
