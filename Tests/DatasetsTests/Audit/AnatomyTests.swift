import Datasets
import NIfTI
import Testing
import Volumes

/// Organs painted as balls at places in the body, in mm towards right, front and head; the audit sees them through the affine.
@Suite struct AnatomyTests {
    private static let names = [
        "right-kidney", "left-kidney", "liver", "spleen", "stomach", "gallbladder", "aorta", "pancreas",
        "urinary-bladder",
    ]
    /// About where these organs are, and radii that give plausible volumes: 4/3 pi r^3.
    private static let places: [SIMD3<Double>] = [
        SIMD3(62, -20, -15), SIMD3(-62, -20, -5), SIMD3(75, 40, 45), SIMD3(-95, -25, 45), SIMD3(-45, 65, 40),
        SIMD3(40, 75, -15), SIMD3(-12, -5, 20), SIMD3(-10, 55, 0), SIMD3(0, 40, -150),
    ]
    private static let radii = [30.0, 30, 60, 32, 32, 15, 18, 18, 30]

    /// A grid of 4 mm voxels around the body's middle whose axes run along or against the world's.
    private static func grid(flipped: SIMD3<Double> = .one, size: SIMD3<Int> = SIMD3(70, 60, 80)) throws -> Grid {
        let extent = SIMD3<Double>(size) * 4
        let step = flipped * 4
        return Grid(
            shape: try GridShape(size.x, size.y, size.z),
            affine: try Affine(
                columnI: SIMD3(step.x, 0, 0), columnJ: SIMD3(0, step.y, 0), columnK: SIMD3(0, 0, step.z),
                origin: -flipped * (extent / 2 - 2) + SIMD3(0, 0, -30)))
    }

    /// The class at a world place: 0, or one more than the organ's number.
    private static func organ(
        at world: SIMD3<Double>, places: [SIMD3<Double>] = places, radii: [Double] = radii
    ) -> UInt8 {
        for (n, centre) in places.enumerated() {
            let away = world - centre
            if (away * away).sum() < radii[n] * radii[n] { return UInt8(n + 1) }
        }
        return 0
    }

    /// The alarms about one case: CT with air outside an oval body, organs brighter than fat.
    ///
    /// - Parameters:
    ///   - painted: the grid that the voxels are painted on.
    ///   - stated: the grid that the headers state.
    private func alarms(
        painted: Grid, stated: Grid? = nil, places: [SIMD3<Double>] = places, radii: [Double] = radii,
        relabelled: [UInt8: UInt8] = [:], moved: SIMD3<Double> = .zero
    ) async throws -> [String] {
        let cases = try AuditedCases()
        let stated = stated ?? painted, spacing = painted.spacing.components
        func world(_ place: SIMD3<Double>) -> SIMD3<Double> { painted.affine.world(place / spacing - 0.5) }
        let image = try Volume<Float>(painting: stated) { place in
            let p = world(place)
            let oval = p.x * p.x / (130 * 130) + p.y * p.y / (105 * 105)
            if oval > 1 { return -1000 }
            let tissue = Self.organ(at: p, places: places, radii: radii)
            return tissue == 0 ? -90 : 30 + 12 * Float(tissue)
        }
        let label = try LabelMap(painting: stated) { place in
            let value = Self.organ(at: world(place) + moved, places: places, radii: radii)
            return relabelled[value] ?? value
        }
        try cases.add("case", image: image, label: label)
        return try await cases.alarms(structures: Self.names)
    }

    @Test("Organs in their places raise no alarm, whichever way the array's axes run")
    func inPlace() async throws {
        #expect(try await alarms(painted: Self.grid()) == [])
        #expect(try await alarms(painted: Self.grid(flipped: SIMD3(-1, -1, 1))) == [])
        #expect(try await alarms(painted: Self.grid(flipped: SIMD3(-1, 1, -1))) == [])
    }

    @Test(
        "An axis that the header states the wrong way round",
        arguments: [
            (SIMD3<Double>(-1, 1, 1), "left-right-flip case"), (SIMD3(1, -1, 1), "front-back-flip case"),
            (SIMD3(1, 1, -1), "upside-down case"),
        ]) func flips(flipped: SIMD3<Double>, expected: String) async throws
    {
        #expect(try await alarms(painted: Self.grid(), stated: Self.grid(flipped: flipped)) == [expected])
    }

    @Test("Left and right of one pair exchanged") func swappedPair() async throws {
        #expect(try await alarms(painted: Self.grid(), relabelled: [1: 2, 2: 1]) == ["swapped-pair case"])
    }

    @Test("One organ on the wrong side while the pairs are in place") func wrongSide() async throws {
        // The liver's ball on the left, beside the spleen's; gallbladder, stomach and spleen are left out.
        var radii = Self.radii
        for n in [3, 5] { radii[n] = 0 }
        var places = Self.places
        places[2].x = -75
        places[4].x = -20
        let found = try await alarms(painted: Self.grid(), places: places, radii: radii)
        #expect(Set(found) == ["wrong-side case"])
    }

    /// A ball of 75 mm radius holds 1767 ml, more than 1.5 times the largest kidney of the catalogue; one of 8 mm 2 ml.
    @Test("Organs far too large and far too small") func volumes() async throws {
        var radii = Self.radii
        radii[0] = 75
        #expect(try await alarms(painted: Self.grid(), radii: radii).contains("implausible-volume case"))
        radii[0] = 8
        #expect(try await alarms(painted: Self.grid(), radii: radii) == ["implausible-volume case"])
    }

    /// The same 2 ml of kidney at the lower edge of the volume may be the top of a whole one.
    @Test("What the volume's edge cuts off may be small") func cut() async throws {
        var radii = Self.radii, places = Self.places
        (radii[0], places[0]) = (8, SIMD3(62, -20, -186))
        #expect(try await alarms(painted: Self.grid(), places: places, radii: radii) == [])
    }

    @Test("A label that lies in the air beside the body") func inAir() async throws {
        // The spleen's label alone lies 60 mm further out.
        let cases = try AuditedCases(), grid = try Self.grid()
        func world(_ place: SIMD3<Double>) -> SIMD3<Double> { grid.affine.world(place / 4 - 0.5) }
        func add(_ id: String, gas: Bool) throws {
            try cases.add(
                id, grid: grid,
                image: { place in
                    let p = world(place)
                    if p.x * p.x / (130 * 130) + p.y * p.y / (105 * 105) > 1 { return -1000 }
                    let tissue = Self.organ(at: p)
                    // A stomach may be full of gas.
                    return tissue == 0 ? -90 : gas && tissue == 5 ? -950 : 30 + 12 * Double(tissue)
                },
                label: { place in
                    let p = world(place), value = Self.organ(at: p)
                    if gas { return value }
                    let away = p - SIMD3(-115, -75, 45)
                    if (away * away).sum() < 25 * 25 { return 4 }
                    return value == 4 ? 0 : value
                })
        }
        try add("gas", gas: true)
        #expect(try await cases.alarms(structures: Self.names) == [])
        try add("air", gas: false)
        #expect(try await cases.alarms(structures: Self.names) == ["label-in-air air"])
    }
}
