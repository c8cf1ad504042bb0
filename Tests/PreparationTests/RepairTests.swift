import Datasets
import FoundationEssentials
import NIfTI
import Preparation
import Testing
import VolumeStore
import Volumes

/// What is repaired, what is set aside, and what is said of it.
@Suite struct RepairTests {
    /// Writes an image of floats, 40 HU everywhere but for a ramp along i, changed by `body`.
    private func writeImage(_ tree: SmallAMOS, _ number: Int, _ body: (inout Volume<Float>) -> Void) throws {
        let grid = try SmallAMOS.grid()
        var image = try Volume<Float>(
            grid: grid, voxels: (0..<grid.shape.count).map { Float($0 % grid.shape.i) * 10 - 100 })
        body(&image)
        try NIfTIWriter.write(image, to: tree.image(number), gzip: true)
        try tree.addLabel(number)
    }

    @Test("Values that are no numbers are refused, or replaced by the smallest", arguments: ["refuse", "replace"])
    func notANumber(setting: String) async throws {
        let tree = try SmallAMOS()
        try writeImage(tree, 1) { image in
            image[3, 4, 5] = .nan
            image[29, 0, 0] = .infinity
        }
        try writeImage(tree, 2) { image in
            for n in image.voxels.indices { image.voxels[n] = .nan }
        }
        let (summary, store) = try await tree.prepared(
            by:
                "{nonFinite: \(setting), spacing: [2, 2, 3], crop: {to: nothing}, windows: {CT: {low: -100, high: 200}}}"
        )
        #expect(
            summary.quarantined.map(\.code)
                == (setting == "refuse" ? ["not-a-number", "not-a-number"] : ["not-a-number"]))
        guard setting == "replace" else {
            #expect(summary.quarantined[0].reason.contains("2 voxels that are infinite or not a number"))
            return
        }
        #expect(summary.remarks.map(\.code) == ["not-a-number"])
        let record = try #require(try store.cases().first)
        guard case .prepared(let prepared) = record.status else {
            Issue.record("not prepared")
            return
        }
        #expect(prepared.sourceIntensities.nonFinite == 2 && prepared.sourceIntensities.minimum == -100)
        let opened = try store.catalogue().open(0)
        // The same grid, so voxels are as they were but for the two.
        for (voxel, value) in [(SIMD3(3, 4, 5), -100.0), (SIMD3(29, 0, 0), -100), (SIMD3(7, 7, 7), -30)] {
            let found = opened.quantisation.intensity(opened.image[voxel.x, voxel.y, voxel.z])
            #expect(abs(found - value) <= opened.quantisation.slope, "\(voxel)")
        }
    }

    /// The second axis leans by the given cosine; the repaired grid is right-angled about the same centre.
    @Test("Axes that lean a little are set upright, more is refused", arguments: [0.02, 0.2])
    func shear(cosine: Double) async throws {
        let tree = try SmallAMOS(), straight = try SmallAMOS.grid().affine
        let leaning = try Affine(
            columnI: straight.columnI, columnJ: SIMD3(2 * cosine, 2 * (1 - cosine * cosine).squareRoot(), 0),
            columnK: straight.columnK, origin: straight.origin)
        let grid = Grid(shape: try SmallAMOS.grid().shape, affine: leaning)
        let image: Volume<Int16> = try SmallAMOS.fill(grid, SmallAMOS.intensity)
        try NIfTIWriter.write(image, to: tree.image(1), gzip: true)
        let labels: LabelMap = try SmallAMOS.fill(grid) { Double(SmallAMOS.label($0)) }
        try NIfTIWriter.write(labels, to: tree.label(1), gzip: true)
        let (summary, store) = try await tree.prepared(
            by: "{spacing: [2, 2, 3], oblique: keep, crop: {to: nothing}, geometry: {labelTolerance: 1}}")
        guard cosine < 0.05 else {
            #expect(summary.quarantined.map(\.code) == ["sheared-affine"] && summary.prepared == 0)
            return
        }
        #expect(summary.prepared == 1 && summary.remarks.contains { $0.code == "sheared-affine" })
        let prepared = try store.catalogue().grid(of: 0)
        #expect(prepared.affine.shear < 1e-6)
        #expect(prepared.shape == grid.shape)
        let centre = (SIMD3<Double>(grid.shape.components) - 1) / 2
        let moved = prepared.affine.world(centre) - leaning.world(centre)
        #expect((moved * moved).sum() < 1e-8)
        // Both axes take half of the lean, the first by turning away.
        #expect(abs(prepared.affine.columnI.y / 2 + cosine / 2) < 1e-3)
    }

    @Test("Structures that the prepared voxels miss are said to be lost") func lostClasses() async throws {
        let tree = try SmallAMOS()
        // One source voxel of 2 x 2 x 3 mm each, of which grids of 12 mm see next to none.
        for number in 1...2 { try tree.addImage(number) }
        func isSpeck(_ place: SIMD3<Double>) -> Bool {
            abs(place.x - 1) < 1 && abs(place.y - 1) < 1 && abs(place.z - 1.5) < 1
        }
        try tree.addLabel(1) { isSpeck($0) ? 3 : $0.x < -5 ? 6 : 0 }
        try tree.addLabel(2) { isSpeck($0) ? 3 : 0 }
        let (summary, store) = try await tree.prepared(by: "{spacing: [12, 12, 12], crop: {to: nothing}}")
        #expect(summary.quarantined.map { "\($0.name) \($0.code)" } == ["amos_0002 empty-label"])
        #expect(summary.remarks.map { "\($0.name) \($0.code)" } == ["amos_0001 missing-class"])
        #expect(try store.catalogue().classes(of: 0).map(\.value) == [6])
    }

    @Test("Labels of another shape are refused, labels hardly beside their image are not") func labelGrids()
        async throws
    {
        let tree = try SmallAMOS(), grid = try SmallAMOS.grid()
        for number in 1...2 { try tree.addImage(number) }
        let smaller = Grid(shape: try GridShape(30, 24, 19), affine: grid.affine)
        let cut: LabelMap = try SmallAMOS.fill(smaller) { Double(SmallAMOS.label($0)) }
        try NIfTIWriter.write(cut, to: tree.label(1), gzip: true)
        // Five hundredths of a voxel along j.
        let beside = Grid(shape: grid.shape, affine: grid.affine.shifted(by: SIMD3(0, 0.05, 0)))
        let labels: LabelMap = try SmallAMOS.fill(grid) { Double(SmallAMOS.label($0)) }
        try NIfTIWriter.write(LabelMap(grid: beside, voxels: labels.voxels), to: tree.label(2), gzip: true)
        let (summary, _) = try await tree.prepared()
        #expect(summary.quarantined.map { "\($0.name) \($0.code)" } == ["amos_0001 shape-mismatch"])
        #expect(summary.quarantined.first?.reason.contains("30 x 24 x 19") == true)
        #expect(summary.remarks.map { "\($0.name) \($0.code)" } == ["amos_0002 label-geometry-ignored"])
    }
}
