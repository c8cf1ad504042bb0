import Datasets
import RandomNumbers
import Testing
import Volumes

/// Scans that are half air and half body, on scales that fit their modality and on others.
@Suite struct IntensityCheckTests {
    /// Air, fat and soft tissue of a CT scan with noise, in HU.
    private static func hounsfield(_ place: SIMD3<Double>, _ generator: inout Philox) -> Double {
        let noise = Double(generator.next() % 41) - 20
        let away = place - 24
        let r = (away.x * away.x + away.y * away.y).squareRoot()
        return noise + (r > 20 ? -1000 : r > 16 ? -100 : 50)
    }

    private func alarms(_ modality: Modality, _ value: (Double) -> Double) async throws -> [String] {
        try await findings(modality, value).map { "\($0.code.rawValue) \($0.caseID ?? "-")" }
    }

    private func findings(_ modality: Modality, _ value: (Double) -> Double) async throws -> [Finding] {
        let cases = try AuditedCases()
        var generator = Philox(key: 4)
        try cases.add(
            "case", modality: modality, grid: Grid(SIMD3(48, 48, 24), spacing: .one),
            image: { value(Self.hounsfield($0, &generator)) })
        return try await cases.report().findings.filter { $0.severity > .information }
    }

    @Test("Hounsfield units are CT") func hounsfieldUnits() async throws {
        #expect(try await alarms(.ct) { $0 } == [])
        #expect(try await alarms(.mr) { $0 } == ["wrong-modality case"])
        #expect(try await alarms(.pet) { $0 } == ["wrong-modality case"])
        #expect(try await alarms(.other) { $0 } == [])
    }

    @Test("Hounsfield units without their intercept", arguments: [1000.0, 1024]) func offset(_ offset: Double)
        async throws
    {
        for lowest in [0, -Double.infinity] {
            let found = try await findings(.ct) { max(lowest, $0 + offset) }
            #expect(found.map(\.code) == [.hounsfieldOffset] && found[0].caseID == "case")
            // Found from the most crowded values of air, which lie within 60 units.
            let stated = try #require(found[0].found.firstMatch(of: /about (-?[0-9.]+) higher/)?.1)
            #expect(abs(try #require(Double(stated)) - offset) <= 60, "\(found[0].found)")
        }
    }

    /// Contrast medium and a scanner's padding of -2048 or -3024 outside its circle are usual.
    @Test("Variants of CT") func variants() async throws {
        #expect(try await alarms(.ct) { $0 < -900 ? -3024 : $0 } == [])
        #expect(try await alarms(.ct) { $0 > 0 ? $0 + 150 : $0 } == [])
        #expect(try await alarms(.ct) { max(-1024, min(3071, $0)) } == [])
    }

    /// Brightness that grows with what a tissue holds, from 0 up, as magnitude images have.
    @Test("An arbitrary scale", arguments: [400.0, 60_000]) func arbitrary(_ brightest: Double) async throws {
        func magnitude(_ value: Double) -> Double { max(0, value + 1000) / 1100 * brightest / 3 }
        #expect(try await alarms(.mr) { magnitude($0) } == [])
        #expect(try await alarms(.ct) { magnitude($0) } == ["wrong-modality case"])
    }

    /// Nothing lies 700 below the brightest crowd, where air would be.
    @Test("Two values, neither of them far down") func narrow() async throws {
        #expect(try await alarms(.mr) { $0 < -500 ? 400 : 1000 } == [])
    }

    @Test("Constant images, and numbers that are none") func constants() async throws {
        #expect(try await alarms(.mr) { _ in 40 } == ["constant-image case"])
        #expect(try await alarms(.mr) { $0 > 60 ? .nan : $0 + 1000 } == ["not-a-number case"])
        #expect(try await alarms(.mr) { $0 > 60 ? .infinity : $0 + 1000 } == ["infinite-value case"])
    }
}
