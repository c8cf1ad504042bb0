#include <xxhash.h>
#if defined(__x86_64__)
// The library's own loops for AVX2 and AVX-512; the plain functions keep to what every processor of the family has.
#include <xxh_x86dispatch.h>
#endif
