import ArgumentParser

/// Measures the project's hot paths on one core. Each measurement is one line of JSON on standard output; `make bench` sets
/// them beside those of other tools.
///
/// A family of measurements is a subcommand in a file of its own.
@main struct IrisBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "iris-bench", abstract: "Measure hot paths on one core; one line of JSON per measurement.",
        subcommands: [
            MachineBenchmark.self, ResampleBenchmark.self, StatisticsBenchmark.self, SyntheticCommand.self,
            RenderBenchmark.self, MetricsBenchmark.self, LargeIndexCommand.self, ScaleBenchmark.self,
        ])
}
