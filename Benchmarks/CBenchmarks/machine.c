#include "benchmark_machine.h"

#include <string.h>

void benchmark_dependent_additions(long count) {
    long sum = 0;
    for (long n = 0; n < count; n++) {
        // Opaque to the compiler, which would otherwise find the sum without the loop.
        __asm__ volatile("" : "+r"(sum));
        sum += 1;
    }
    __asm__ volatile("" : : "r"(sum));
}

void benchmark_copy(const void *source, void *target, size_t bytes) {
    typedef float vector __attribute__((vector_size(32)));
    for (size_t n = 0; n + sizeof(vector) <= bytes; n += sizeof(vector)) {
        vector v;
        memcpy(&v, (const char *)source + n, sizeof v);
        memcpy((char *)target + n, &v, sizeof v);
        // Keeps the loop from becoming a call of memcpy, which would store past the cache.
        __asm__ volatile("" : : : "memory");
    }
}
