#define _GNU_SOURCE
#include "FaultInjection.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/// The function of that name which this library stands before.
#define NEXT(name)                                                            \
    ({                                                                        \
        static __typeof__(&name) next;                                        \
        if (!next) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name);         \
        next;                                                                 \
    })

enum fault { NO_FAULT, KILL, FULL, FAIL, READ_ONLY };
enum outcome { PASS, DIE, REFUSE };

static enum fault fault = NO_FAULT;
static long target = 0;
/// The folder that can only be read, or NULL for all there are.
static const char *sealed = NULL;
/// Why nothing can be written: the file system, or for "deny:" the folder's permissions.
static int refusal = EROFS;
static int journal = -1;
static atomic_long steps = 0;

__attribute__((constructor)) static void begin(void) {
    const char *text = getenv("IRIS_FAULT"), *path = getenv("IRIS_FAULT_LOG");
    if (path) journal = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (!text) return;
    const char *names[] = {"kill:", "full:", "fail:", "read:", "deny:"};
    for (int n = 0; n < 5; n++) {
        if (strncmp(text, names[n], 5) != 0) continue;
        fault = n < 4 ? (enum fault)(KILL + n) : READ_ONLY;
        if (n == 4) refusal = EACCES;
        target = atol(text + 5);
        if (fault == READ_ONLY && text[5] == '/') sealed = text + 5;
    }
}

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

static int is_sealed(const char *path) {
    if (fault != READ_ONLY) return 0;
    size_t length = sealed ? strlen(sealed) : 0;
    return !sealed || (strncmp(path, sealed, length) == 0 && (path[length] == '/' || path[length] == 0));
}

/// Counts a step and says what becomes of it; `errno` is set for a refusal.
static enum outcome step(const char *kind, const char *path, int takesRoom) {
    // What a program built to measure coverage writes at its end, and the folders for it, are none of its own steps.
    const char *ending = strrchr(path, '.'), *profile = getenv("LLVM_PROFILE_FILE");
    if (ending && strcmp(ending, ".profraw") == 0) return PASS;
    if (profile && strncmp(profile, path, strlen(path)) == 0) return PASS;
    long number = atomic_fetch_add(&steps, 1) + 1;
    if (journal >= 0) {
        char line[4400];
        int length = snprintf(line, sizeof line, "%s %s\n", kind, path);
        if (length >= (int)sizeof line) length = sizeof line - 1;
        syscall(SYS_write, journal, line, length);
    }
    if (fault == KILL && number == target) return DIE;
    if (fault == FULL && number >= target && takesRoom) {
        errno = ENOSPC;
        return REFUSE;
    }
    if (fault == FAIL && number == target) {
        errno = EIO;
        return REFUSE;
    }
    if (is_sealed(path)) {
        // As the system has it: what is there is there, whoever may write.
        errno = access(path, F_OK) == 0 && strcmp(kind, "create") == 0 ? EEXIST : refusal;
        return REFUSE;
    }
    return PASS;
}

static enum outcome step_on_descriptor(const char *kind, int descriptor, int takesRoom) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length < 0 ? 0 : length] = 0;
    return step(kind, path, takesRoom);
}

/// Whether writing to a descriptor changes a file that matters.
static int counts(int descriptor) {
    struct stat status;
    return descriptor > 2 && descriptor != journal && fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

// MARK: Content

ssize_t write(int descriptor, const void *bytes, size_t count) {
    if (counts(descriptor)) {
        enum outcome outcome = step_on_descriptor("write", descriptor, 1);
        if (outcome == REFUSE) return -1;
        if (outcome == DIE) {
            NEXT(write)(descriptor, bytes, count / 2);
            die();
        }
    }
    return NEXT(write)(descriptor, bytes, count);
}

#define POSITIONED_WRITE(name, offset_type)                                              \
    ssize_t name(int descriptor, const void *bytes, size_t count, offset_type offset) {  \
        if (counts(descriptor)) {                                                        \
            enum outcome outcome = step_on_descriptor("write", descriptor, 1);           \
            if (outcome == REFUSE) return -1;                                            \
            if (outcome == DIE) {                                                        \
                NEXT(name)(descriptor, bytes, count / 2, offset);                        \
                die();                                                                   \
            }                                                                            \
        }                                                                                \
        return NEXT(name)(descriptor, bytes, count, offset);                             \
    }
POSITIONED_WRITE(pwrite, off_t)
POSITIONED_WRITE(pwrite64, off64_t)

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
    if (counts(descriptor)) {
        enum outcome outcome = step_on_descriptor("write", descriptor, 1);
        if (outcome == REFUSE) return -1;
        if (outcome == DIE) {
            NEXT(writev)(descriptor, parts, count / 2);
            die();
        }
    }
    return NEXT(writev)(descriptor, parts, count);
}

/// The buffer is emptied before and after, so that a step of the stream is one of its file.
size_t fwrite(const void *bytes, size_t size, size_t count, FILE *stream) {
    if (!counts(fileno(stream))) return NEXT(fwrite)(bytes, size, count, stream);
    enum outcome outcome = step_on_descriptor("write", fileno(stream), 1);
    if (outcome == REFUSE) return 0;
    fflush(stream);
    if (outcome == DIE) {
        NEXT(fwrite)(bytes, 1, size * count / 2, stream);
        fflush(stream);
        die();
    }
    return NEXT(fwrite)(bytes, size, count, stream);
}

/// A step on an open file that takes no content.
#define DESCRIPTOR_STEP(kind, takesRoom, call)                                      \
    enum outcome outcome = step_on_descriptor(kind, descriptor, takesRoom);         \
    if (outcome == DIE) die();                                                      \
    return outcome == REFUSE ? -1 : call

int ftruncate(int descriptor, off_t size) { DESCRIPTOR_STEP("resize", 1, NEXT(ftruncate)(descriptor, size)); }
int ftruncate64(int descriptor, off64_t size) { DESCRIPTOR_STEP("resize", 1, NEXT(ftruncate64)(descriptor, size)); }
int fsync(int descriptor) { DESCRIPTOR_STEP("sync", 0, NEXT(fsync)(descriptor)); }
int fdatasync(int descriptor) { DESCRIPTOR_STEP("sync", 0, NEXT(fdatasync)(descriptor)); }

ssize_t sendmsg(int descriptor, const struct msghdr *message, int flags) {
    if (!message->msg_control) return NEXT(sendmsg)(descriptor, message, flags);
    DESCRIPTOR_STEP("send", 0, NEXT(sendmsg)(descriptor, message, flags));
}

// MARK: Names

/// A step by path; of two paths the one that is taken or goes.
#define PATH_STEP(kind, path, takesRoom, call)             \
    enum outcome outcome = step(kind, path, takesRoom);    \
    if (outcome == DIE) die();                             \
    return outcome == REFUSE ? -1 : call

int rename(const char *from, const char *to) { PATH_STEP("rename", to, 0, NEXT(rename)(from, to)); }

int renameat(int fromFolder, const char *from, int toFolder, const char *to) {
    PATH_STEP("rename", to, 0, NEXT(renameat)(fromFolder, from, toFolder, to));
}

int renameat2(int fromFolder, const char *from, int toFolder, const char *to, unsigned flags) {
    PATH_STEP("rename", to, 0, NEXT(renameat2)(fromFolder, from, toFolder, to, flags));
}

int unlink(const char *path) { PATH_STEP("remove", path, 0, NEXT(unlink)(path)); }

int unlinkat(int folder, const char *path, int flags) {
    PATH_STEP("remove", path, 0, NEXT(unlinkat)(folder, path, flags));
}

int remove(const char *path) { PATH_STEP("remove", path, 0, NEXT(remove)(path)); }
int rmdir(const char *path) { PATH_STEP("remove", path, 0, NEXT(rmdir)(path)); }
int mkdir(const char *path, mode_t mode) { PATH_STEP("create", path, 1, NEXT(mkdir)(path, mode)); }

int mkdirat(int folder, const char *path, mode_t mode) {
    PATH_STEP("create", path, 1, NEXT(mkdirat)(folder, path, mode));
}

int memfd_create(const char *name, unsigned flags) { PATH_STEP("create", name, 1, NEXT(memfd_create)(name, flags)); }
int mkstemp(char *pattern) { PATH_STEP("create", pattern, 1, NEXT(mkstemp)(pattern)); }
int mkostemp(char *pattern, int flags) { PATH_STEP("create", pattern, 1, NEXT(mkostemp)(pattern, flags)); }

/// Whether this process opens the file of that name for the first time, by a hash of the name.
static int is_first_opening(const char *path) {
    static _Atomic uint64_t seen[4096];
    uint64_t hash = 0xcbf29ce484222325;
    for (const char *byte = path; *byte; byte++) hash = (hash ^ (unsigned char)*byte) * 0x100000001b3;
    for (int n = 0; n < 4096; n++) {
        uint64_t empty = 0;
        if (atomic_compare_exchange_strong(&seen[n], &empty, hash)) return 1;
        if (empty == hash) return 0;
    }
    // More names than any run has: numbers of steps would vary again.
    abort();
}

/// Whether an `open` is a step: one that may create a file or empties it and, where none can be changed, one for writing. A file
/// that is there and was opened before is none: SQLite has as many connections as threads ask for at a time, which differs from
/// run to run, and with them steps would have other numbers.
static int opening_counts(const char *path, int flags) {
    if (flags & O_CREAT) {
        int isFirst = is_first_opening(path), isThere = access(path, F_OK) == 0;
        if (!isThere || (fault != READ_ONLY && (isFirst || flags & O_TRUNC))) return 1;
    }
    return is_sealed(path) && (flags & O_ACCMODE) != O_RDONLY && strncmp(path, "/dev/", 5) != 0;
}

/// The mode that follows the flags of an `open` which creates.
#define MODE_AFTER(flags)                                        \
    mode_t mode = 0;                                             \
    if (flags & (O_CREAT | __O_TMPFILE)) {                       \
        va_list list;                                            \
        va_start(list, flags);                                   \
        mode = va_arg(list, mode_t);                             \
        va_end(list);                                            \
    }

int open(const char *path, int flags, ...) {
    MODE_AFTER(flags)
    if (!opening_counts(path, flags)) return NEXT(open)(path, flags, mode);
    PATH_STEP("open", path, 1, NEXT(open)(path, flags, mode));
}

int open64(const char *path, int flags, ...) {
    MODE_AFTER(flags)
    if (!opening_counts(path, flags)) return NEXT(open64)(path, flags, mode);
    PATH_STEP("open", path, 1, NEXT(open64)(path, flags, mode));
}

int openat(int folder, const char *path, int flags, ...) {
    MODE_AFTER(flags)
    if (!opening_counts(path, flags)) return NEXT(openat)(folder, path, flags, mode);
    PATH_STEP("open", path, 1, NEXT(openat)(folder, path, flags, mode));
}

/// A stream that creates or empties its file.
#define STREAM(name)                                                              \
    FILE *name(const char *path, const char *mode) {                              \
        if (mode[0] == 'r') return NEXT(name)(path, mode);                        \
        enum outcome outcome = step("open", path, 1);                             \
        if (outcome == DIE) die();                                                \
        return outcome == REFUSE ? NULL : NEXT(name)(path, mode);                 \
    }
STREAM(fopen)
STREAM(fopen64)

// MARK: Clock

/// Seconds by which a reading of the wall clock is put back; 0 without `IRIS_CLOCK=back`.
static long setback(void) {
    static atomic_long readings = 0;
    const char *text = getenv("IRIS_CLOCK"), *path = getenv("IRIS_CLOCK_LOG");
    if (!text || strcmp(text, "back") != 0) return 0;
    if (path) {
        int log = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        syscall(SYS_write, log, ".", 1);
        syscall(SYS_close, log);
    }
    return 60 * (atomic_fetch_add(&readings, 1) + 1);
}

int clock_gettime(clockid_t clock, struct timespec *moment) {
    int status = NEXT(clock_gettime)(clock, moment);
    if (status == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) moment->tv_sec -= setback();
    return status;
}

int gettimeofday(struct timeval *moment, void *zone) {
    int status = NEXT(gettimeofday)(moment, zone);
    if (status == 0) moment->tv_sec -= setback();
    return status;
}

time_t time(time_t *place) {
    time_t moment = NEXT(time)(NULL) - setback();
    if (place) *place = moment;
    return moment;
}
