import Datasets
import NIfTI
import Volumes
import VolumeStore

/// Where the voxels of a source file lie, after the repairs that manifest and configuration allow.
struct SourceGeometry {
    let grid: Grid
    /// What was repaired.
    let findings: [StoredFinding]

    /// - Throws: `CaseRefusal` when axes are too far from right angles.
    init(header: NIfTIHeader, of source: SourceCase, file: String, largestShear: Double) throws(CaseRefusal) {
        var affine = header.grid.affine
        var findings: [StoredFinding] = []
        if let correction = source.spacingCorrection, let corrected = correction.corrected(affine) {
            findings.append(
                StoredFinding(
                    .spacingCorrected, .info, file: file, expected: Self.text(correction.corrected),
                    found: Self.text(affine.spacing), fix: "Nothing: \(correction.reason)"))
            affine = corrected
        }
        let shear = affine.shear
        guard shear <= largestShear else {
            throw CaseRefusal(
                .shearedAffine, file: file,
                expected: "axes at right angles (cosines up to \(largestShear) are repaired)",
                found: "a cosine of \(Self.rounded(shear))",
                fix: "Correct the affine, or raise geometry: largestShear.")
        }
        if shear > Self.roundingShear {
            affine = Self.squared(affine, shape: header.grid.shape)
            findings.append(
                StoredFinding(
                    .shearedAffine, .info, file: file, expected: "axes at right angles",
                    found: "a cosine of \(Self.rounded(shear))",
                    fix: "Nothing: the nearest right-angled axes are used, about the centre of the volume."))
        }
        grid = Grid(shape: header.grid.shape, affine: affine)
        self.findings = findings
    }

    /// Cosines up to this come from single-precision numbers in headers.
    static let roundingShear = 1e-4

    /// The affine with the nearest axes at right angles and the same spacing; the volume's centre stays in place.
    static func squared(_ affine: Affine, shape: GridShape) -> Affine {
        let spacing = affine.spacing.components
        let axes = affine.nearestRotation
        let centre = (SIMD3<Double>(shape.components) - 1) / 2
        let steps = (0..<3).map { axes[$0] * spacing[$0] }
        let shifted = steps[0] * centre.x + steps[1] * centre.y + steps[2] * centre.z
        // Orthogonal steps of positive length span space.
        return try! Affine(
            columnI: steps[0], columnJ: steps[1], columnK: steps[2], origin: affine.world(centre) - shifted)
    }

    /// The largest distance between the places that two grids of one shape give their corners, in voxels of `reference`.
    static func cornerDistance(_ reference: Grid, _ other: Grid) -> Double {
        let last = SIMD3<Double>(reference.shape.components) - 1
        return (0..<8).map { corner in
            let place = SIMD3(corner & 1 > 0 ? last.x : 0, corner & 2 > 0 ? last.y : 0, corner & 4 > 0 ? last.z : 0)
            let distance = reference.affine.voxel(other.affine.world(place)) - place
            return max(abs(distance.x), abs(distance.y), abs(distance.z))
        }.max()!
    }

    static func text(_ spacing: Spacing) -> String {
        "\(rounded(spacing.i)) x \(rounded(spacing.j)) x \(rounded(spacing.k)) mm"
    }
    static func rounded(_ value: Double) -> Double { (value * 1e4).rounded() / 1e4 }
}
