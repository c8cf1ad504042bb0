import Glibc

/// How idle threads of the team wait for work.
public enum ThreadPolicy {
    /// Restarts the program, once, with waiting threads that fall asleep soon. Call first thing in a program or command that
    /// computes with tensors, before it has read input or started threads.
    ///
    /// GCC's OpenMP runtime lets idle threads spin for milliseconds. Where another process wants a core, the spinning threads
    /// keep it from the very thread that they wait for: a training step was seen to take 20 times as long. A short spin
    /// costs nothing measurable on an idle machine. The runtime reads the setting only when a process starts, hence the
    /// restart. A setting of the user's (`OMP_WAIT_POLICY` or `GOMP_SPINCOUNT`) is left as it is.
    public static func applyShortSpin() {
        guard getenv("OMP_WAIT_POLICY") == nil, getenv("GOMP_SPINCOUNT") == nil else { return }
        setenv("GOMP_SPINCOUNT", "2000", 1)
        // Only returns when it fails, and then the program runs on as it was started.
        execv("/proc/self/exe", CommandLine.unsafeArgv)
    }
}
