#ifndef IRIS_CONVERT_H
#define IRIS_CONVERT_H

#include <stddef.h>
#include <stdint.h>

// Stored scalars to values: value = stored * slope + intercept in double precision, as nibabel's get_fdata computes it.
// A slope of exactly 1 multiplies nothing and an intercept of exactly 0 adds nothing, so signs of zeros survive.
// `source` is aligned to its scalar; source and destination do not overlap; n counts scalars.

typedef enum iris_scalar {
    IRIS_UINT8,
    IRIS_INT8,
    IRIS_UINT16,
    IRIS_INT16,
    IRIS_UINT32,
    IRIS_INT32,
    IRIS_UINT64,
    IRIS_INT64,
    IRIS_FLOAT32,
    IRIS_FLOAT64
} iris_scalar;

void iris_values_as_double(iris_scalar type, const void *source, double *destination, size_t n, double slope,
                           double intercept);

// Each value is rounded to float once, from its double.
void iris_values_as_float(iris_scalar type, const void *source, float *destination, size_t n, double slope,
                          double intercept);

// Writes values that lie within `tolerance` (below 0.5) of a whole number from 0 to 255, or -32768 to 32767, as that
// number. Returns the place of the first value that does not, not-a-number included, or n when all do.
size_t iris_values_as_uint8(iris_scalar type, const void *source, uint8_t *destination, size_t n, double slope,
                            double intercept, double tolerance);
size_t iris_values_as_int16(iris_scalar type, const void *source, int16_t *destination, size_t n, double slope,
                            double intercept, double tolerance);

// Reverses the bytes of each of n words of 2, 4 or 8 bytes, in place.
void iris_swap_bytes(void *words, size_t n, size_t bytes_per_word);

// Over the finite ones of n values: how many, their sum, smallest and largest (+inf and -inf when there are none).
typedef struct iris_summary {
    size_t finite;
    double sum, minimum, maximum;
} iris_summary;

iris_summary iris_summarise(const double *values, size_t n);

#endif
