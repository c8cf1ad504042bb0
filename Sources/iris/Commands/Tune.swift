import ArgumentParser
import FoundationEssentials
import IrisTraining
import Tensors

/// `iris tune`: embeddings optimised on references.
struct Tune: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Optimise task embeddings on labelled examples; the network stays as it is.",
        discussion: """
            The last quarter of the references, at least one, is held out: the embeddings that segment it best are kept, and \
            tuning stops when they no longer improve. iris predict --embeddings uses the file.

            Example:
              iris tune --checkpoint best.safetensors --reference a.nii.gz:a_seg.nii.gz b.nii.gz:b_seg.nii.gz --output t.safetensors
            """)

    @OptionGroup var options: InferenceOptions

    @Option(help: "Optimiser steps at most.") var steps = TuningSettings().steps
    @Option(help: "Learning rate.") var rate = TuningSettings().rate
    @Option(help: "Share of the references that is held out.") var heldOut = TuningSettings().heldOut
    @Option(help: "Steps between two judgements.") var every = TuningSettings().every
    @Option(help: "Judgements without a better one after which tuning stops.") var patience = TuningSettings().patience

    @Option(help: "File to write.", completion: .file(extensions: ["safetensors"])) var output: String

    @Flag(help: "Print one JSON document.") var json = false

    func validate() throws {
        guard options.reference.count >= 2 else {
            throw ValidationError("Name at least two --reference: one is held out to stop early.")
        }
        guard steps >= 1, every >= 1, patience >= 1 else {
            throw ValidationError("--steps, --every and --patience must be at least 1.")
        }
        guard rate > 0, rate.isFinite else { throw ValidationError("--rate: expected above 0 but found \(rate).") }
        guard (0..<1).contains(heldOut) else {
            throw ValidationError("--held-out: expected 0 to below 1 but found \(heldOut).")
        }
    }

    func run() throws {
        ThreadPolicy.applyShortSpin()
        let session = try InferenceSession(options)
        let inputs = try session.encode(describingImages: false)
        var settings = TuningSettings()
        (settings.steps, settings.rate, settings.heldOut) = (steps, rate, heldOut)
        (settings.every, settings.patience) = (every, patience)
        let result = try session.predictor.tune(
            inputs.references, encoded: inputs.encoded, classes: inputs.classes, settings: settings
        ) { step, loss in
            Terminal.writeError("step \(step): held-out loss \(loss.formatted(significant: 5))\n")
        }
        let tuned = EncodedReference(
            name: "tuned on \(result.summary.tunedOn.count) references", embeddings: result.embeddings,
            sources: inputs.encoded.flatMap(\.sources))
        try EmbeddingFile([tuned], tuning: result.summary).write(to: URL(filePath: output), by: session.predictor)
        Terminal.writeError(session.predictor.work.line + "\n")
        if json { return try JSONOutput.print(result.summary) }
        let losses = result.summary.heldOutLosses
        print(
            "held-out loss \(losses[0].formatted(significant: 5)) before, \(losses.min()!.formatted(significant: 5)) after \(result.summary.bestStep) steps"
        )
    }
}
