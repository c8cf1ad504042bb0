// Anonymous shared memory and its hand-over between processes: Linux calls whose macros and varargs Swift cannot import.
#ifndef IRIS_SHARED_MEMORY_H
#define IRIS_SHARED_MEMORY_H

#include <stddef.h>
#include <sys/types.h>

// Makes `bytes` of zeroed memory that belongs to no file system: it vanishes with the last process that holds its
// descriptor or a mapping of it. Its size can never change again. Returns the descriptor (closed on exec), or -1 with errno.
int iris_shared_memory_create(const char *name, size_t bytes);

// Sends `count` bytes over a Unix socket together with a descriptor. Returns the bytes sent, or -1 with errno. Raises no
// SIGPIPE.
ssize_t iris_send_with_descriptor(int socket, const void *bytes, size_t count, int descriptor);

// Reads the faults that the calling thread had to wait for the disk for.
long iris_thread_major_faults(void);

// Reads how often any thread of the process touched a page that was not in its page table.
long iris_page_faults(void);

// The most memory that the process ever held, in bytes.
long iris_peak_memory(void);

// The bytes that malloc has handed out and not taken back, all arenas together.
size_t iris_allocated_bytes(void);

// Brings a range of mapped memory in from its file and waits for it. Returns 0, or -1 where the system cannot.
int iris_populate(const void *start, size_t bytes);

#endif
