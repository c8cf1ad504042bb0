import Dispatch
import Glibc

/// Calls a handler once when the user presses Ctrl-C or the process is asked to end, instead of ending it. Batch systems ask
/// with SIGTERM, or with SIGUSR1 some time before (Slurm's --signal), which mpirun and srun hand on to all processes.
///
/// A second signal ends the process at once, as without this.
final class Interruption {
    private let sources: [any DispatchSourceSignal]

    init(_ handler: @escaping @Sendable () -> Void) {
        sources = [SIGINT, SIGTERM, SIGUSR1].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler {
                handler()
                signal(number, SIG_DFL)
            }
            source.resume()
            return source
        }
    }

    deinit { for source in sources { source.cancel() } }
}
