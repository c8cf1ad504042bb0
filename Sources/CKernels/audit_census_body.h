// The moments of blocks of voxels, included once per instruction set with VARIANT naming the functions.
//
// Integer blocks are summed exactly. Floating blocks are summed in sixteen lanes that are added in a fixed order, without
// fused operations, so every variant gives the same bits.

#define LANES 16
#define BLOCK 4096

// Up to 16 bits: the sum of a block fits in 32 bits, its squares in SUM.
#define NARROW_BLOCK(NAME, TYPE, SUM)                                                                                      \
    static void VARIANT(NAME)(iris_census * m, const TYPE *x, int64_t n) {                                            \
        TYPE low = x[0], high = x[0];                                                                                  \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            low = x[i] < low ? x[i] : low;                                                                             \
            high = x[i] > high ? x[i] : high;                                                                          \
        }                                                                                                              \
        int32_t sum = 0;                                                                                               \
        for (int64_t i = 0; i < n; i++) sum += x[i];                                                                   \
        SUM squares = 0;                                                                                               \
        for (int64_t i = 0; i < n; i++) squares += (uint32_t)x[i] * (uint32_t)x[i];                                    \
        add_block(m, n, low, high, (double)sum, (double)squares);                                                      \
    }

// Adds sums taken about 0.
static void VARIANT(add)(iris_census *m, int64_t n, double low, double high, double sum, double squares) {
    m->finite += n;
    m->minimum = low < m->minimum ? low : m->minimum;
    m->maximum = high > m->maximum ? high : m->maximum;
    m->sum += sum - (double)n * m->pivot;
    m->squares += squares - 2 * m->pivot * sum + (double)n * m->pivot * m->pivot;
}

#define add_block VARIANT(add)
NARROW_BLOCK(u8, uint8_t, uint32_t)
NARROW_BLOCK(i8, int8_t, uint32_t)
NARROW_BLOCK(u16, uint16_t, uint64_t)
NARROW_BLOCK(i16, int16_t, uint64_t)
#undef add_block

// Wider types: lanes of doubles about the pivot. Finite values only.
#define WIDE_BLOCK(NAME, TYPE)                                                                                         \
    static void VARIANT(NAME)(iris_census * m, const TYPE *x, int64_t n) {                                            \
        TYPE low[LANES], high[LANES];                                                                                  \
        double sum[LANES] = {0}, squares[LANES] = {0};                                                                 \
        const double pivot = m->pivot;                                                                                 \
        for (int l = 0; l < LANES; l++) low[l] = high[l] = x[0];                                                       \
        int64_t whole = n - n % LANES;                                                                                 \
        for (int64_t i = 0; i < whole; i += LANES)                                                                     \
            for (int l = 0; l < LANES; l++) {                                                                          \
                TYPE v = x[i + l];                                                                                     \
                low[l] = v < low[l] ? v : low[l];                                                                      \
                high[l] = v > high[l] ? v : high[l];                                                                   \
                double d = (double)v - pivot;                                                                          \
                sum[l] += d;                                                                                           \
                squares[l] += d * d;                                                                                   \
            }                                                                                                          \
        for (int64_t i = whole; i < n; i++) {                                                                          \
            TYPE v = x[i];                                                                                             \
            low[0] = v < low[0] ? v : low[0];                                                                          \
            high[0] = v > high[0] ? v : high[0];                                                                       \
            double d = (double)v - pivot;                                                                              \
            sum[0] += d;                                                                                               \
            squares[0] += d * d;                                                                                       \
        }                                                                                                              \
        for (int l = 0; l < LANES; l++) {                                                                              \
            m->minimum = (double)low[l] < m->minimum ? (double)low[l] : m->minimum;                                    \
            m->maximum = (double)high[l] > m->maximum ? (double)high[l] : m->maximum;                                  \
            m->sum += sum[l];                                                                                          \
            m->squares += squares[l];                                                                                  \
        }                                                                                                              \
        m->finite += n;                                                                                                \
    }

WIDE_BLOCK(u32, uint32_t)
WIDE_BLOCK(i32, int32_t)
WIDE_BLOCK(u64, uint64_t)
WIDE_BLOCK(i64, int64_t)
WIDE_BLOCK(f32_finite, float)
WIDE_BLOCK(f64_finite, double)

// Floating types: a block with special values is taken one value at a time.
#define FLOATING_BLOCK(NAME, TYPE, BITS, EXPONENT)                                                                     \
    static void VARIANT(NAME)(iris_census * m, const TYPE *x, int64_t n, int64_t offset) {                            \
        const BITS *bits = (const BITS *)x;                                                                            \
        BITS special = 0;                                                                                              \
        for (int64_t i = 0; i < n; i++) special += (bits[i] & EXPONENT) == EXPONENT;                                   \
        if (special == 0) {                                                                                            \
            VARIANT(NAME##_finite)(m, x, n);                                                                           \
            return;                                                                                                    \
        }                                                                                                              \
        for (int64_t i = 0; i < n; i++) {                                                                              \
            if ((bits[i] & EXPONENT) != EXPONENT) {                                                                    \
                VARIANT(NAME##_finite)(m, x + i, 1);                                                                   \
                continue;                                                                                              \
            }                                                                                                          \
            if (m->first_special < 0) m->first_special = offset + i;                                                   \
            if (x[i] != x[i]) m->nans++;                                                                               \
            else m->infinities++;                                                                                      \
        }                                                                                                              \
    }

FLOATING_BLOCK(f32, float, uint32_t, 0x7f800000u)
FLOATING_BLOCK(f64, double, uint64_t, 0x7ff0000000000000ull)

static void VARIANT(moments)(iris_census *m, const void *voxels, iris_scalar type, int64_t count, int64_t offset) {
    for (int64_t at = 0; at < count; at += BLOCK) {
        int64_t n = count - at < BLOCK ? count - at : BLOCK;
        switch (type) {
        case IRIS_UINT8: VARIANT(u8)(m, (const uint8_t *)voxels + at, n); break;
        case IRIS_INT8: VARIANT(i8)(m, (const int8_t *)voxels + at, n); break;
        case IRIS_UINT16: VARIANT(u16)(m, (const uint16_t *)voxels + at, n); break;
        case IRIS_INT16: VARIANT(i16)(m, (const int16_t *)voxels + at, n); break;
        case IRIS_UINT32: VARIANT(u32)(m, (const uint32_t *)voxels + at, n); break;
        case IRIS_INT32: VARIANT(i32)(m, (const int32_t *)voxels + at, n); break;
        case IRIS_UINT64: VARIANT(u64)(m, (const uint64_t *)voxels + at, n); break;
        case IRIS_INT64: VARIANT(i64)(m, (const int64_t *)voxels + at, n); break;
        case IRIS_FLOAT32: VARIANT(f32)(m, (const float *)voxels + at, n, offset + at); break;
        case IRIS_FLOAT64: VARIANT(f64)(m, (const double *)voxels + at, n, offset + at); break;
        }
    }
}

#undef LANES
#undef BLOCK
#undef NARROW_BLOCK
#undef WIDE_BLOCK
#undef FLOATING_BLOCK
