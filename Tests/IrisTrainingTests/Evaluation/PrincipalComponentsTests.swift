import Glibc
import IrisTraining
import Testing

@Suite struct PrincipalComponentsTests {
    /// Points of an ellipse with half axes 5 and 2 in a tilted plane of four dimensions, off the origin: the axes come back,
    /// and the variance divides as 25 to 4.
    @Test func anEllipseComesBack() {
        let u = [0.5, 0.5, 0.5, 0.5], v = [0.5, -0.5, 0.5, -0.5]
        let angles = (0..<24).map { Double($0) * .pi / 12 }
        let points = angles.map { angle in
            (0..<4).map { Float(7 + 5 * cos(angle) * u[$0] + 2 * sin(angle) * v[$0]) }
        }
        let found = PrincipalComponents(of: points)
        #expect(abs(found.explained.x - 25.0 / 29) < 1e-5 && abs(found.explained.y - 4.0 / 29) < 1e-5)
        for (place, angle) in zip(found.coordinates, angles) {
            #expect(abs(abs(place.x) - abs(5 * cos(angle))) < 1e-4)
            #expect(abs(abs(place.y) - abs(2 * sin(angle))) < 1e-4)
        }
        // Distances within the plane are kept.
        let step = found.coordinates[3] - found.coordinates[0]
        let expected = zip(points[3], points[0]).reduce(0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
        #expect(abs((step * step).sum() - expected) < 1e-3)
    }

    /// Points on a line have one direction; equal points have none.
    @Test func degeneratePointsDoNoHarm() {
        let line = PrincipalComponents(of: (0..<5).map { [Float($0), 2 * Float($0)] })
        #expect(abs(line.explained.x - 1) < 1e-9 && line.coordinates.allSatisfy { $0.y == 0 })
        let equal = PrincipalComponents(of: [[1, 2], [1, 2], [1, 2]])
        #expect(equal.explained == .zero && equal.coordinates.allSatisfy { $0 == .zero })
        #expect(PrincipalComponents(of: [[3, 4]]).coordinates == [.zero])
        #expect(PrincipalComponents(of: []).coordinates.isEmpty)
    }
}
