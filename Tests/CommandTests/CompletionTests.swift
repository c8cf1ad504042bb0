import FoundationEssentials
import Testing

/// Completions as the shells use them. bash is always there; zsh and fish are tried where they are installed.
@Suite struct CompletionTests {
    @Test("The tab key offers what it should") func shells() throws {
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Completions/run.sh")
        let run = try IrisCommand([], launcher: [script.path])
        #expect(run.status == 0, "\(run.output)\(run.errors)")
        #expect(run.output.contains("bash: tried"))
    }
}
