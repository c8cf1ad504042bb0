/// A library for `LD_PRELOAD` that stops a program, or lets its disk fail, at the n-th step by which it changes files.
///
/// It belongs to the tests alone: no other target links it, so the program under test is the one that users run, and
/// every step counts, those of SQLite and Foundation too. `IRIS_FAULT` says what happens and at which step, from 1:
///
/// - `kill:N` ends the process with SIGKILL before step N; a write comes half as far.
/// - `full:N` from step N on nothing takes room: writing, creating and growing fail with ENOSPC.
/// - `fail:N` step N fails with EIO, whatever it is.
/// - `read:1` every step fails with EROFS, and so does opening a file for writing, as on a disk that can only be read.
/// - `read:/PATH` the same for that folder and what is below it; paths are compared as they are given.
/// - `deny:/PATH` the same with EACCES, as for a user who may not write there.
///
/// `IRIS_FAULT_LOG` names a file that gets a line per step: its kind, a space, and the path.
///
/// `IRIS_CLOCK=back` lets the wall clock run backwards: each reading is a minute before the one before it. `IRIS_CLOCK_LOG`
/// names a file that gets a byte per reading. Clocks that cannot be set, such as CLOCK_MONOTONIC, go on as they are.
///
/// Writes to standard output, standard error, pipes and sockets do not count; messages that carry a descriptor do.
/// Steps through mapped memory are not seen.
