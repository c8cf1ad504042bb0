// How free the machine is: measurements mean little while a neighbour shares the core or the memory.
#ifndef BENCHMARK_MACHINE_H
#define BENCHMARK_MACHINE_H

#include <stddef.h>

// Runs a chain of `count` additions, each of which waits for the one before it, one per turn of a loop.
void benchmark_dependent_additions(long count);

// Copies with ordinary stores, which read the lines that they write.
void benchmark_copy(const void *source, void *target, size_t bytes);

#endif
