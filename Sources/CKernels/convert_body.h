// One variant of the conversion kernels; included by convert.c once per instruction set with VARIANT(name) defined.

#define BLOCK 512

#define TO_DOUBLE(NAME, TYPE)                                                                                          \
    static void VARIANT(NAME##_to_double)(const TYPE *restrict s, double *restrict d, size_t n, double a, double b) { \
        if (a == 1 && b == 0)                                                                                          \
            for (size_t i = 0; i < n; i++) d[i] = (double)s[i];                                                        \
        else if (a == 1)                                                                                               \
            for (size_t i = 0; i < n; i++) d[i] = (double)s[i] + b;                                                    \
        else if (b == 0)                                                                                               \
            for (size_t i = 0; i < n; i++) d[i] = (double)s[i] * a;                                                    \
        else                                                                                                           \
            for (size_t i = 0; i < n; i++) d[i] = (double)s[i] * a + b;                                                \
    }                                                                                                                  \
    static void VARIANT(NAME##_to_float)(const TYPE *restrict s, float *restrict d, size_t n, double a, double b) {    \
        if (a == 1 && b == 0)                                                                                          \
            for (size_t i = 0; i < n; i++) d[i] = (float)s[i];                                                         \
        else                                                                                                           \
            for (size_t i = 0; i < n; i += BLOCK) {                                                                    \
                double values[BLOCK];                                                                                  \
                size_t m = n - i < BLOCK ? n - i : BLOCK;                                                              \
                VARIANT(NAME##_to_double)(s + i, values, m, a, b);                                                     \
                for (size_t j = 0; j < m; j++) d[i + j] = (float)values[j];                                            \
            }                                                                                                          \
    }

TO_DOUBLE(uint8, uint8_t)
TO_DOUBLE(int8, int8_t)
TO_DOUBLE(uint16, uint16_t)
TO_DOUBLE(int16, int16_t)
TO_DOUBLE(uint32, uint32_t)
TO_DOUBLE(int32, int32_t)
TO_DOUBLE(uint64, uint64_t)
TO_DOUBLE(int64, int64_t)
TO_DOUBLE(float32, float)
TO_DOUBLE(float64, double)
#undef TO_DOUBLE

#define EACH_TYPE(CALL)                                       \
    switch (type) {                                           \
        case IRIS_UINT8: CALL(uint8, uint8_t); break;         \
        case IRIS_INT8: CALL(int8, int8_t); break;            \
        case IRIS_UINT16: CALL(uint16, uint16_t); break;      \
        case IRIS_INT16: CALL(int16, int16_t); break;         \
        case IRIS_UINT32: CALL(uint32, uint32_t); break;      \
        case IRIS_INT32: CALL(int32, int32_t); break;         \
        case IRIS_UINT64: CALL(uint64, uint64_t); break;      \
        case IRIS_INT64: CALL(int64, int64_t); break;         \
        case IRIS_FLOAT32: CALL(float32, float); break;       \
        case IRIS_FLOAT64: CALL(float64, double); break;      \
    }

static void VARIANT(values_as_double)(iris_scalar type, const void *source, size_t from, double *destination, size_t n,
                                      double a, double b) {
#define CALL(NAME, TYPE) VARIANT(NAME##_to_double)((const TYPE *)source + from, destination, n, a, b)
    EACH_TYPE(CALL)
#undef CALL
}

static void VARIANT(values_as_float)(iris_scalar type, const void *source, float *destination, size_t n, double a,
                                     double b) {
#define CALL(NAME, TYPE) VARIANT(NAME##_to_float)((const TYPE *)source, destination, n, a, b)
    EACH_TYPE(CALL)
#undef CALL
}

// Adding and subtracting 1.5 * 2^52 rounds a double below 2^51 to the nearest whole number, ties to even.
#define ROUND(V) (((V) + 6755399441055744.0) - 6755399441055744.0)

#define WHOLE(NAME, TYPE, LOWEST, HIGHEST)                                                                            \
    static size_t VARIANT(NAME)(iris_scalar type, const void *source, TYPE *restrict destination, size_t n, double a, \
                                double b, double tolerance) {                                                         \
        double values[BLOCK];                                                                                         \
        for (size_t i = 0; i < n; i += BLOCK) {                                                                       \
            size_t m = n - i < BLOCK ? n - i : BLOCK;                                                                 \
            VARIANT(values_as_double)(type, source, i, values, m, a, b);                                              \
            long bad = 0;                                                                                             \
            for (size_t j = 0; j < m; j++) {                                                                          \
                double v = values[j], r = ROUND(v), off = v - r;                                                      \
                long fits = (off <= tolerance) & (off >= -tolerance) & (r >= LOWEST) & (r <= HIGHEST);                \
                bad += !fits;                                                                                         \
                destination[i + j] = (TYPE)(int32_t)(fits ? r : 0);                                                   \
            }                                                                                                         \
            if (bad)                                                                                                  \
                for (size_t j = 0; j < m; j++) {                                                                      \
                    double v = values[j], r = ROUND(v), off = v - r;                                                  \
                    if (!((off <= tolerance) & (off >= -tolerance) & (r >= LOWEST) & (r <= HIGHEST))) return i + j;   \
                }                                                                                                     \
        }                                                                                                             \
        return n;                                                                                                     \
    }

WHOLE(values_as_uint8, uint8_t, 0.0, 255.0)
WHOLE(values_as_int16, int16_t, -32768.0, 32767.0)
#undef WHOLE
#undef ROUND
#undef EACH_TYPE

static void VARIANT(swap_bytes)(void *words, size_t n, size_t size) {
    if (size == 2) {
        uint16_t *w = words;
        for (size_t i = 0; i < n; i++) w[i] = __builtin_bswap16(w[i]);
    } else if (size == 4) {
        uint32_t *w = words;
        for (size_t i = 0; i < n; i++) w[i] = __builtin_bswap32(w[i]);
    } else if (size == 8) {
        uint64_t *w = words;
        for (size_t i = 0; i < n; i++) w[i] = __builtin_bswap64(w[i]);
    }
}

// Eight partial sums in a fixed order, so that every variant gives the same bits.
static iris_summary VARIANT(summarise)(const double *v, size_t n) {
    double sum[8] = {0}, low[8], high[8], finite[8] = {0};
    for (int l = 0; l < 8; l++) {
        low[l] = __builtin_inf();
        high[l] = -__builtin_inf();
    }
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (int l = 0; l < 8; l++) {
            double x = v[i + l];
            int ok = x - x == 0;
            sum[l] += ok ? x : 0;
            finite[l] += ok ? 1 : 0;
            double candidate_low = ok ? x : __builtin_inf(), candidate_high = ok ? x : -__builtin_inf();
            low[l] = candidate_low < low[l] ? candidate_low : low[l];
            high[l] = candidate_high > high[l] ? candidate_high : high[l];
        }
    for (; i < n; i++) {
        double x = v[i];
        if (x - x != 0) continue;
        sum[0] += x;
        finite[0] += 1;
        low[0] = x < low[0] ? x : low[0];
        high[0] = x > high[0] ? x : high[0];
    }
    iris_summary result = {0, 0, __builtin_inf(), -__builtin_inf()};
    for (int l = 0; l < 8; l++) {
        result.finite += (size_t)finite[l];
        result.sum += sum[l];
        result.minimum = low[l] < result.minimum ? low[l] : result.minimum;
        result.maximum = high[l] > result.maximum ? high[l] : result.maximum;
    }
    return result;
}

#undef BLOCK
