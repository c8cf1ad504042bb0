import Configuration
import Datasets
import FoundationEssentials
import Preparation
import Testing
import Volumes

@Suite struct PreparationConfigurationTests {
    private func read(_ text: String) throws -> PreparationConfiguration {
        try PreparationConfiguration(text: text, file: "prepare.yaml")
    }

    @Test("The file of the repository states the built-in values") func repositoryFile() throws {
        let home = try #require(ProjectFolder.url)
        #expect(try PreparationConfiguration(file: home.appending(path: "configs/prepare/iris.yaml")) == .iris)
    }

    @Test("Every key takes effect") func everyKey() throws {
        let configuration = try read(
            """
            spacing: [1, 2, 3]
            oblique: resample
            interpolation: linear
            throughPlane: {axis: z, interpolation: nearest}
            crop: {to: labels, context: {x: 1, y: 2, z: 3}}
            windows: {CT: {low: -100, high: 300}, MR: {lowPercentile: 0.5, highPercentile: 99.5}}
            stepsPerDeviation: 500
            nonFinite: replace
            geometry: {labelTolerance: 0.5, largestShear: 0.1}
            probabilityRule: {rule: threshold, threshold: 0.25}
            """)
        #expect(configuration.spacing == (try Spacing(1, 2, 3)))
        #expect(configuration.oblique == .resample)
        #expect(configuration.resampling == ResamplingRule(inPlane: .linear, throughPlane: .axis(2, .nearest)))
        #expect(configuration.crop == .labels(context: CropContext(x: 1, y: 2, z: 3)))
        #expect(configuration.windows[.ct] == .values(low: -100, high: 300))
        #expect(configuration.windows[.mr] == .percentiles(low: 0.5, high: 99.5))
        #expect(configuration.windows[.pet] == .percentiles(low: 2, high: 98))
        #expect(configuration.stepsPerDeviation == 500)
        #expect(configuration.nonFinite == .replace)
        #expect(configuration.labelTolerance == 0.5)
        #expect(configuration.largestShear == 0.1)
        #expect(configuration.probabilityRule == .threshold(0.25))
        #expect(
            try read("throughPlane: {coarserThan: 3, interpolation: linear}").resampling.throughPlane
                == .coarseAxes(.linear, ratio: 3))
        #expect(try read("crop: {to: nothing}").crop == .nothing)
    }

    @Test(
        "Mistakes are named with line, key and what was meant",
        arguments: [
            ("spacng: [1, 1, 1]", "prepare.yaml:1: spacng: unknown key. Did you mean spacing?"),
            ("\nspacing: [1, 1]", "prepare.yaml:2: spacing: expected three lengths, along x, y and z, but found 2."),
            ("spacing: [1, 0, 1]", "prepare.yaml:1: spacing[1]: expected a number from 0.05 to 50.0 but found 0.0."),
            (
                "interpolation: cubik",
                "prepare.yaml:1: interpolation: expected one of nearest, linear, cubic but found \"cubik\". Did you mean cubic?"
            ),
            (
                "windows: {CT: {low: 5, high: 5}}",
                "prepare.yaml:1: windows.CT: expected the lower bound to be below the upper one."
            ),
            (
                "windows: {CT: {low: 5}}",
                "prepare.yaml:1: windows.CT: expected low and high, or lowPercentile and highPercentile."
            ),
            (
                "throughPlane: {interpolation: linear}",
                "prepare.yaml:1: throughPlane: expected `same`, or interpolation with either axis or coarserThan."
            ),
        ])
    func mistakes(text: String, complaint: String) {
        let error = #expect(throws: ConfigurationError.self) { try read(text) }
        #expect(error?.description == complaint)
    }
}
