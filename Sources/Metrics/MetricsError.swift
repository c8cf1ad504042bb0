import Volumes

/// Why two label maps cannot be compared.
public enum MetricsError: Error, Equatable, Sendable, CustomStringConvertible {
    case shapeMismatch(prediction: GridShape, reference: GridShape)
    case boxTooLarge(size: [Int])

    public var description: String {
        switch self {
        case .shapeMismatch(let prediction, let reference):
            """
            expected the prediction to have the reference's \(text(reference)) voxels but found \(text(prediction)). \
            Write predictions on the grid of the reference, or ask for resampling.
            """
        case .boxTooLarge(let size):
            "expected an object of at most 65534 voxels along each axis but found \(size). Crop the label maps."
        }
    }

    private func text(_ shape: GridShape) -> String { "\(shape.i) x \(shape.j) x \(shape.k)" }
}
