#include "iris_clear.h"

#include <stdint.h>
#include <string.h>

#include "iris_instruction_set.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// Fewer bytes may as well stay in a cache.
enum { MANY = 1 << 16, LINE = 64 };

#if defined(__x86_64__)
static void clear_lines(char *p, char *end) {
    const __m128i zero = _mm_setzero_si128();
    for (; p < end; p += 16) _mm_stream_si128((__m128i *)p, zero);
}

// A line in one store: twice as fast.
__attribute__((target("avx512f"))) static void clear_lines_avx512(char *p, char *end) {
    const __m512i zero = _mm512_setzero_si512();
    for (; p < end; p += LINE) _mm512_stream_si512((__m512i *)p, zero);
}
#endif

void iris_clear(void *memory, size_t size) {
#if defined(__x86_64__)
    if (size >= MANY) {
        char *start = memory, *end = start + size;
        char *lines = start + (LINE - (uintptr_t)start % LINE) % LINE, *rest = end - (uintptr_t)end % LINE;
        memset(start, 0, (size_t)(lines - start));
        if (iris_instruction_set_in_use() == IRIS_AVX512)
            clear_lines_avx512(lines, rest);
        else
            clear_lines(lines, rest);
        memset(rest, 0, (size_t)(end - rest));
        // Seen by others before whatever tells of it.
        _mm_sfence();
        return;
    }
#endif
    memset(memory, 0, size);
}
