#ifndef IRIS_REORIENT_H
#define IRIS_REORIENT_H

#include <stddef.h>

// Copies a 3D array into another order of axes:
// destination[i + n[0] * (j + n[1] * k)] = source[start + i * step[0] + j * step[1] + k * step[2]]
// for elements of 1, 2, 4 or 8 bytes; start and steps count elements, and steps may be negative. One of the steps is
// 1 or -1. The arrays do not overlap.
void iris_reorient(const void *source, void *destination, size_t bytes_per_element, const size_t n[3], ptrdiff_t start,
                   const ptrdiff_t step[3]);

#endif
