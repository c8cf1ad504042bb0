import ArgumentParser

/// The command line. Every command parses, calls one library type and prints one result.
@main struct Iris: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "iris",
        abstract: "Medical segmentation datasets to audited stores, episode streams and one-shot segmentation.",
        version: "0.1.0",
        subcommands: [
            Info.self,
            Model.self,
            Doctor.self,
            Prepare.self,
            Store.self,
            MetricsCommand.self,
            Compare.self,
            Train.self,
            Predict.self,
            Encode.self,
            Tune.self,
            Evaluate.self,
            Why.self,
            Audit.self,
            ManifestCommand.self,
            PhantomCommand.self,
            EpisodesCommand.self,
            StreamCommand.self,
            ReferenceCommand.self,
        ])
}
