import Pictures
import Testing

@Suite struct LabelColorsTests {
    private func distance(_ a: RGB, _ b: RGB) -> Double {
        let d = LabelColors.oklab(a) - LabelColors.oklab(b)
        return (d * d).sum().squareRoot()
    }

    /// In OKLab a distance of 0.02 is about where neighbouring patches begin to look different.
    @Test func colorsAreTellablyDifferent() {
        let colors = (0...255).map { LabelColors[UInt8($0)] }
        #expect(colors[0] == .black)
        #expect(Set(colors).count == 256)
        func closest(_ range: ClosedRange<Int>) -> Double {
            range.flatMap { a in range.filter { $0 > a }.map { distance(colors[a], colors[$0]) } }.min()!
        }
        #expect(closest(1...16) > 0.12)
        #expect(closest(1...255) > 0.02)
    }

    /// White and black by definition; red as published with OKLab.
    @Test func oklabKnownValues() {
        let white = LabelColors.oklab(.white), red = LabelColors.oklab(RGB(255, 0, 0))
        #expect(abs(white.x - 1) < 1e-6 && abs(white.y) < 1e-6 && abs(white.z) < 1e-6)
        #expect(abs(red.x - 0.62796) < 1e-4 && abs(red.y - 0.22486) < 1e-4 && abs(red.z - 0.12585) < 1e-4)
    }

    /// Pictures made at different times must match.
    @Test func colorsStay() {
        let expected = [RGB(230, 30, 30), RGB(0, 255, 0), RGB(0, 96, 255), RGB(255, 192, 255)]
        #expect((1...4).map { LabelColors[UInt8($0)] } == expected)
    }
}
