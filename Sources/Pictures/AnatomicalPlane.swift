import Volumes

/// A plane through the body, seen in the radiological convention: axial from the feet, coronal from the front, sagittal from
/// the patient's left.
///
/// So the patient's right is on the left of axial and coronal pictures and the front on the left of sagittal ones; axial
/// pictures have the front on top, the others the head.
public enum AnatomicalPlane: String, Sendable, CaseIterable {
    case axial, coronal, sagittal

    /// The world axis (0 x, 1 y, 2 z) that the plane stands across.
    public var normal: Int {
        switch self {
        case .axial: 2
        case .coronal: 1
        case .sagittal: 0
        }
    }

    /// The world axes that run against the picture's columns (to the left) and its rows (upwards): RAS grows to the right, to the
    /// front and to the head.
    var leftwards: Int { self == .sagittal ? 1 : 0 }
    var upwards: Int { self == .axial ? 1 : 2 }

    /// The letters at the picture's left, right, top and bottom edge.
    public var edgeLetters: (left: String, right: String, top: String, bottom: String) {
        let letters = [("R", "L"), ("A", "P"), ("S", "I")]
        return (letters[leftwards].0, letters[leftwards].1, letters[upwards].0, letters[upwards].1)
    }
}
