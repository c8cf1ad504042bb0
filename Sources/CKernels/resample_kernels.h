// The resampling kernels for one instruction set. resample.c includes this file once for each, with
//   NAME(x)  the name of x in this variant
//   LANES    floats in one vector
//   VECTORS  vectors side by side in one block of lines: enough independent recursions to hide the latency of one
//   FUSED    1 when the set has a fused multiply-add
// No include guard for that reason.

#define WIDTH (LANES * VECTORS)

typedef float NAME(vf) __attribute__((ext_vector_type(LANES)));
typedef int32_t NAME(vi) __attribute__((ext_vector_type(LANES)));
typedef int16_t NAME(vs) __attribute__((ext_vector_type(LANES)));
#define vf NAME(vf)
#define vi NAME(vi)
#define vs NAME(vs)

#if FUSED
#define MULTIPLY_ADD(a, b, c) __builtin_elementwise_fma(a, b, c)
#else
#define MULTIPLY_ADD(a, b, c) ((a) * (b) + (c))
#endif

INLINE vf NAME(splat)(float value) {
    vf v;
    for (int n = 0; n < LANES; n++) v[n] = value;
    return v;
}

INLINE vf NAME(load)(const void *p, iris_sample_type type) {
    if (type == IRIS_SAMPLE_FLOAT) {
        vf v;
        memcpy(&v, p, sizeof v);
        return v;
    }
    vs v;
    memcpy(&v, p, sizeof v);
    return __builtin_convertvector(v, vf);
}

// Copies of the callers' tables and numbers stay in registers; memory that pointers lead to must be read again after every
// store, which might have changed it.
typedef struct NAME(rounding) {
    vf scale, offset, low, high;
} NAME(rounding);
#define rounding NAME(rounding)

INLINE rounding NAME(rounding_of)(const iris_quantisation *q, iris_sample_type type) {
    if (type == IRIS_SAMPLE_FLOAT) return (rounding){0};
    return (rounding){NAME(splat)(q->scale), NAME(splat)(q->offset), NAME(splat)(q->low), NAME(splat)(q->high)};
}

INLINE vs NAME(rounded)(vf v, const rounding *q) {
    v = MULTIPLY_ADD(v, q->scale, q->offset);
    const vf low = q->low, high = q->high;
    v = v > low ? v : low;
    v = v < high ? v : high;
    // Adding 1.5 * 2^23 leaves a spacing of 1 between floats, so the sum is rounded half to even and its lowest 16 bits
    // are the rounded value in two's complement.
    v = v + NAME(splat)(0x1.8p23f);
    vi bits;
    memcpy(&bits, &v, sizeof bits);
    return __builtin_convertvector(bits, vs);
}

INLINE void NAME(store)(void *p, vf v, iris_sample_type type, const rounding *q) {
    if (type == IRIS_SAMPLE_FLOAT) {
        memcpy(p, &v, sizeof v);
    } else {
        vs s = NAME(rounded)(v, q);
        memcpy(p, &s, sizeof s);
    }
}

INLINE void NAME(store_some)(void *p, vf v, int count, iris_sample_type type, const rounding *q) {
    char all[sizeof(vf)];
    NAME(store)(all, v, type, q);
    memcpy(p, all, (size_t)count * SAMPLE_SIZE(type));
}

// Transposes a square of LANES vectors.
INLINE void NAME(transpose)(vf *m) {
    // log2(LANES) perfect shuffles of the first half's vectors with the second half's.
    UNROLL for (int stage = 1; stage < LANES; stage *= 2) {
        vf shuffled[LANES];
        UNROLL for (int n = 0; n < LANES / 2; n++) {
            shuffled[2 * n] = INTERLEAVE_LOW(m[n], m[n + LANES / 2]);
            shuffled[2 * n + 1] = INTERLEAVE_HIGH(m[n], m[n + LANES / 2]);
        }
        UNROLL for (int n = 0; n < LANES; n++) m[n] = shuffled[n];
    }
}

// One block of up to WIDTH lines.
typedef struct NAME(block) {
    const char *input;
    ptrdiff_t input_stride;
    int lines;
    char *output;
    ptrdiff_t output_stride;
    rounding rounding;
} NAME(block);
#define block NAME(block)

// Reads one row of a block whose lines stand side by side.
INLINE void NAME(load_row)(const block *b, ptrdiff_t row, iris_sample_type type, vf *v) {
    const char *p = b->input + row * b->input_stride * SAMPLE_SIZE(type);
    const char *ahead = p + AHEAD * b->input_stride * SAMPLE_SIZE(type);
    for (int n = 0; n < WIDTH * SAMPLE_SIZE(type); n += 64) __builtin_prefetch(ahead + n, 0);
    if (b->lines == WIDTH) {
        for (int n = 0; n < VECTORS; n++) v[n] = NAME(load)(p + n * LANES * SAMPLE_SIZE(type), type);
    } else {
        char all[WIDTH * sizeof(float)] = {0};
        memcpy(all, p, (size_t)b->lines * SAMPLE_SIZE(type));
        for (int n = 0; n < VECTORS; n++) v[n] = NAME(load)(all + n * LANES * SAMPLE_SIZE(type), type);
    }
}

INLINE void NAME(store_row)(const block *b, ptrdiff_t row, const vf *v, iris_sample_type type) {
    char *p = b->output + row * b->output_stride * SAMPLE_SIZE(type);
    const char *ahead = p + AHEAD * b->output_stride * SAMPLE_SIZE(type);
    for (int n = 0; n < WIDTH * SAMPLE_SIZE(type); n += 64) __builtin_prefetch(ahead + n, 1);
    if (b->lines == WIDTH) {
        for (int n = 0; n < VECTORS; n++) NAME(store)(p + n * LANES * SAMPLE_SIZE(type), v[n], type, &b->rounding);
    } else {
        for (int n = 0; n * LANES < b->lines; n++) {
            int count = b->lines - n * LANES < LANES ? b->lines - n * LANES : LANES;
            NAME(store_some)(p + n * LANES * SAMPLE_SIZE(type), v[n], count, type, &b->rounding);
        }
    }
}

// The forward recursion's state before the first sample s, as if the line had been s for ever.
INLINE vf NAME(start)(vf s) { return s * NAME(splat)(1 / (1 - POLE)); }

// Takes the forward recursion `p` of a block whose lines are rows STEP samples on; they become rows of `rows`.
//
// The recursion of one group of lines runs while the next is transposed: one waits for sums, the other for shuffles.
INLINE void NAME(forward_along_rows)(const block *b, const int32_t *source, iris_sample_type type, int recursive, int first,
                                     vf *p, float *rows) {
    const ptrdiff_t stride = b->input_stride * SAMPLE_SIZE(type);
    const int neighbours = source[STEP - 1] - source[0] == STEP - 1;
    UNROLL for (int g = 0; g < VECTORS; g++) {
        // Lines beyond the last are read as the last.
        const char *input = b->input + stride * (g * LANES < b->lines ? g * LANES : b->lines - 1);
        const int lines = b->lines - g * LANES;
        for (int part = 0; part < STEP; part += LANES) {
            vf m[LANES];
            if (neighbours && lines >= LANES) {
                const char *line = input + (source[0] + part) * SAMPLE_SIZE(type);
                UNROLL for (int n = 0; n < LANES; n++) m[n] = NAME(load)(line + n * stride, type);
            } else {
                for (int n = 0; n < LANES; n++) {
                    const char *line = input + stride * (n < lines ? n : lines > 0 ? lines - 1 : 0);
                    float gathered[LANES];
                    for (int x = 0; x < LANES; x++) gathered[x] = SAMPLE(line, source[part + x], type);
                    memcpy(&m[n], gathered, sizeof gathered);
                }
            }
            NAME(transpose)(m);
            if (first && part == 0) p[g] = NAME(start)(m[0]);
            UNROLL for (int n = 0; n < LANES; n++) {
                p[g] = recursive ? MULTIPLY_ADD(NAME(splat)(POLE), p[g], m[n]) : m[n];
                memcpy(rows + (part + n) * WIDTH + g * LANES, &p[g], sizeof(vf));
            }
        }
    }
}

// Writes `count` (at most STEP) rows of `rows` as elements `start` and following of every line.
INLINE void NAME(store_transposed)(const block *b, const float *rows, ptrdiff_t start, int count, iris_sample_type type) {
    const ptrdiff_t stride = b->output_stride * SAMPLE_SIZE(type);
    for (int g = 0; g * LANES < b->lines; g++) {
        const int lines = b->lines - g * LANES;
        for (int part = 0; part < count; part += LANES) {
            vf m[LANES];
            UNROLL for (int n = 0; n < LANES; n++) memcpy(&m[n], rows + (part + n) * WIDTH + g * LANES, sizeof(vf));
            NAME(transpose)(m);
            char *p = b->output + g * LANES * stride + (start + part) * SAMPLE_SIZE(type);
            if (count - part >= LANES && lines >= LANES) {
                UNROLL for (int n = 0; n < LANES; n++) __builtin_prefetch(p + n * stride + BYTES_AHEAD, 1);
                UNROLL for (int n = 0; n < LANES; n++) NAME(store)(p + n * stride, m[n], type, &b->rounding);
            } else {
                const int some = count - part < LANES ? count - part : LANES;
                for (int n = 0; n < LANES && n < lines; n++) NAME(store_some)(p + n * stride, m[n], some, type, &b->rounding);
            }
        }
    }
}

// Takes the forward recursion `p` STEP samples on; its values become rows of `rows`. `first` starts it. Without `recursive`
// the samples themselves become the rows.
INLINE void NAME(forward)(const block *b, const int32_t *source, iris_sample_type type, int along_rows, int recursive,
                          int first, vf *p, float *rows) {
    if (along_rows) {
        NAME(forward_along_rows)(b, source, type, recursive, first, p, rows);
        return;
    }
    for (int r = 0; r < STEP; r++) {
        vf s[VECTORS];
        NAME(load_row)(b, source[r], type, s);
        if (first && r == 0) UNROLL for (int n = 0; n < VECTORS; n++) p[n] = NAME(start)(s[n]);
        UNROLL for (int n = 0; n < VECTORS; n++) {
            p[n] = recursive ? MULTIPLY_ADD(NAME(splat)(POLE), p[n], s[n]) : s[n];
            memcpy(rows + r * WIDTH + n * LANES, &p[n], sizeof(vf));
        }
    }
}

// Takes the backward recursion `q` one row back, over the forward values `p`.
INLINE void NAME(backward)(const float *p, vf *q) {
    UNROLL for (int n = 0; n < VECTORS; n++) {
        vf v;
        memcpy(&v, p + n * LANES, sizeof v);
        q[n] = MULTIPLY_ADD(NAME(splat)(POLE), q[n], v * NAME(splat)(-POLE));
    }
}

// The spline along WIDTH lines at once, or linear interpolation, for which the samples are the coefficients and no recursion
// runs. Lane n of every row of `c` belongs to line n.
//
// `c` holds a window of the extended line: first rows that are coefficients already (KEPT of them after the first turn),
// then rows that only the forward recursion has seen. Each turn adds rows, runs backwards over the window (starting RUN_UP
// rows late, which is where the start no longer matters), writes the outputs whose four taps are there, and moves on.
INLINE void NAME(window_block)(const block *b, const iris_resample_axis *tables, int along_rows, int recursive,
                               iris_sample_type in, iris_sample_type out) {
    const iris_resample_axis copy = *tables, *axis = &copy;
    enum { KEPT = 3 };
    _Alignas(64) float c[(KEPT + RUN_UP + CHUNK) * WIDTH];
    _Alignas(64) float waiting[STEP * WIDTH];
    const ptrdiff_t outputs = axis->count;
    // `origin` is the extended index of row 0 of c.
    ptrdiff_t origin = axis->first[0], written = 0;
    // Neighbouring elements are read a vector at a time, fastest where vectors do not straddle cache lines.
    if (along_rows) origin -= axis->source[origin + STEP - axis->start] & (STEP - 1);
    const ptrdiff_t end = axis->first[outputs - 1] + 4 + RUN_UP;
    int rows = 0, coefficients = 0, pending = 0;
    vf p[VECTORS];

    NAME(forward)(b, axis->source + (origin - RUN_UP - axis->start), in, along_rows, recursive, 1, p, c);
    while (written < outputs) {
        for (; rows <= KEPT + RUN_UP + CHUNK - STEP && origin + rows < end; rows += STEP)
            NAME(forward)(b, axis->source + (origin + rows - axis->start), in, along_rows, recursive, 0, p,
                          c + rows * WIDTH);

        const int valid = rows - RUN_UP;
        if (recursive) {
            // A constant line has c = -z p / (1 - z).
            vf q[VECTORS];
            memcpy(q, c + (rows - 1) * WIDTH, sizeof q);
            for (int n = 0; n < VECTORS; n++) q[n] *= NAME(splat)(-POLE / (1 - POLE));
            for (int r = rows - 2; r >= valid; r--) NAME(backward)(c + r * WIDTH, q);
            for (int r = valid - 1; r >= coefficients; r--) {
                NAME(backward)(c + r * WIDTH, q);
                memcpy(c + r * WIDTH, q, sizeof q);
            }
        }

        for (; written < outputs && axis->first[written] + 3 - origin < valid; written++) {
            const float *taps = c + (axis->first[written] - origin) * WIDTH, *w = axis->weights + 4 * written;
            vf result[VECTORS];
            for (int n = 0; n < VECTORS; n++) {
                vf tap[4];
                for (int m = 0; m < 4; m++) memcpy(&tap[m], taps + m * WIDTH + n * LANES, sizeof(vf));
                result[n] = MULTIPLY_ADD(tap[1], NAME(splat)(w[1]), tap[0] * NAME(splat)(w[0]));
                if (recursive)
                    result[n] = result[n] + MULTIPLY_ADD(tap[3], NAME(splat)(w[3]), tap[2] * NAME(splat)(w[2]));
            }
            if (along_rows) {
                memcpy(waiting + pending * WIDTH, result, sizeof result);
                if (++pending == STEP) {
                    NAME(store_transposed)(b, waiting, written + 1 - STEP, STEP, out);
                    pending = 0;
                }
            } else {
                NAME(store_row)(b, written, result, out);
            }
        }

        coefficients = KEPT;
        memmove(c, c + (valid - KEPT) * WIDTH, (KEPT + RUN_UP) * WIDTH * sizeof(float));
        origin += valid - KEPT;
        rows = KEPT + RUN_UP;
    }
    if (pending > 0) NAME(store_transposed)(b, waiting, written - pending, pending, out);
}

INLINE void NAME(linear_block)(const block *b, const iris_resample_axis *axis, iris_sample_type in, iris_sample_type out) {
    for (ptrdiff_t o = 0; o < axis->count; o++) {
        const int32_t *source = axis->source + (axis->first[o] - axis->start);
        const float *w = axis->weights + 4 * o;
        vf low[VECTORS], high[VECTORS];
        NAME(load_row)(b, source[0], in, low);
        NAME(load_row)(b, source[1], in, high);
        for (int n = 0; n < VECTORS; n++)
            low[n] = MULTIPLY_ADD(high[n], NAME(splat)(w[1]), low[n] * NAME(splat)(w[0]));
        NAME(store_row)(b, o, low, out);
    }
}

INLINE void NAME(pick_block)(const block *b, const iris_resample_axis *axis, iris_sample_type in, iris_sample_type out) {
    for (ptrdiff_t o = 0; o < axis->count; o++) {
        vf v[VECTORS];
        NAME(load_row)(b, axis->first[o], in, v);
        NAME(store_row)(b, o, v, out);
    }
}

INLINE void NAME(pick_row)(const block *b, const iris_resample_axis *axis, int line, iris_sample_type in,
                           iris_sample_type out) {
    const char *input = b->input + line * b->input_stride * SAMPLE_SIZE(in);
    char *output = b->output + line * b->output_stride * SAMPLE_SIZE(out);
    for (ptrdiff_t o = 0; o < axis->count; o += LANES) {
        const int count = axis->count - o < LANES ? (int)(axis->count - o) : LANES;
        float values[LANES] = {0};
        for (int n = 0; n < count; n++) values[n] = SAMPLE(input, axis->first[o + n], in);
        vf v;
        memcpy(&v, values, sizeof v);
        if (count == LANES)
            NAME(store)(output + o * SAMPLE_SIZE(out), v, out, &b->rounding);
        else
            NAME(store_some)(output + o * SAMPLE_SIZE(out), v, count, out, &b->rounding);
    }
}

INLINE void NAME(columns_typed)(const char *input, ptrdiff_t input_stride, ptrdiff_t columns, const iris_resample_axis *axis,
                                char *output, ptrdiff_t output_stride, const iris_quantisation *q, iris_sample_type in,
                                iris_sample_type out) {
    const ptrdiff_t group = columns_in_group(axis, SAMPLE_SIZE(in));
    for (ptrdiff_t x = 0; x < columns; x += WIDTH) {
        if (x % group == 0)
            fetch_rows(input + x * SAMPLE_SIZE(in), input_stride * SAMPLE_SIZE(in),
                       (columns - x < group ? columns - x : group) * SAMPLE_SIZE(in), axis);
        const int lines = columns - x < WIDTH ? (int)(columns - x) : WIDTH;
        const block b = {input + x * SAMPLE_SIZE(in), input_stride, lines, output + x * SAMPLE_SIZE(out), output_stride,
                         NAME(rounding_of)(q, out)};
        switch (axis->interpolation) {
            case IRIS_SPLINE: NAME(window_block)(&b, axis, 0, 1, in, out); break;
            case IRIS_LINEAR: NAME(linear_block)(&b, axis, in, out); break;
            case IRIS_PICK: NAME(pick_block)(&b, axis, in, out); break;
        }
    }
}

INLINE void NAME(rows_typed)(const char *input, ptrdiff_t input_stride, ptrdiff_t rows, const iris_resample_axis *axis,
                             char *output, ptrdiff_t output_stride, const iris_quantisation *q, iris_sample_type in,
                             iris_sample_type out) {
    for (ptrdiff_t y = 0; y < rows; y += WIDTH) {
        const int lines = rows - y < WIDTH ? (int)(rows - y) : WIDTH;
        const block b = {input + y * input_stride * SAMPLE_SIZE(in), input_stride, lines,
                         output + y * output_stride * SAMPLE_SIZE(out), output_stride, NAME(rounding_of)(q, out)};
        switch (axis->interpolation) {
            case IRIS_SPLINE: NAME(window_block)(&b, axis, 1, 1, in, out); break;
            case IRIS_LINEAR: NAME(window_block)(&b, axis, 1, 0, in, out); break;
            case IRIS_PICK:
                for (int line = 0; line < lines; line++) NAME(pick_row)(&b, axis, line, in, out);
                break;
        }
    }
}

#define FOR_EACH_TYPE(kernel)                                                                                             \
    if (in == IRIS_SAMPLE_INT16 && out == IRIS_SAMPLE_INT16) kernel(IRIS_SAMPLE_INT16, IRIS_SAMPLE_INT16);                 \
    else if (in == IRIS_SAMPLE_INT16) kernel(IRIS_SAMPLE_INT16, IRIS_SAMPLE_FLOAT);                                        \
    else if (out == IRIS_SAMPLE_INT16) kernel(IRIS_SAMPLE_FLOAT, IRIS_SAMPLE_INT16);                                       \
    else kernel(IRIS_SAMPLE_FLOAT, IRIS_SAMPLE_FLOAT)

static void NAME(columns)(const void *input, iris_sample_type in, ptrdiff_t input_stride, ptrdiff_t columns,
                          const iris_resample_axis *axis, void *output, iris_sample_type out, ptrdiff_t output_stride,
                          const iris_quantisation *q) {
#define COLUMNS(i, o) NAME(columns_typed)(input, input_stride, columns, axis, output, output_stride, q, i, o)
    FOR_EACH_TYPE(COLUMNS);
#undef COLUMNS
}

static void NAME(rows)(const void *input, iris_sample_type in, ptrdiff_t input_stride, ptrdiff_t rows,
                       const iris_resample_axis *axis, void *output, iris_sample_type out, ptrdiff_t output_stride,
                       const iris_quantisation *q) {
#define ROWS(i, o) NAME(rows_typed)(input, input_stride, rows, axis, output, output_stride, q, i, o)
    FOR_EACH_TYPE(ROWS);
#undef ROWS
}

static void NAME(quantise)(const float *input, ptrdiff_t count, const iris_quantisation *q, int16_t *output) {
    const rounding r = NAME(rounding_of)(q, IRIS_SAMPLE_INT16);
    ptrdiff_t n = 0;
    for (; n + LANES <= count; n += LANES)
        NAME(store)(output + n, NAME(load)(input + n, IRIS_SAMPLE_FLOAT), IRIS_SAMPLE_INT16, &r);
    if (n < count) {
        float last[LANES] = {0};
        memcpy(last, input + n, (size_t)(count - n) * sizeof(float));
        NAME(store_some)(output + n, NAME(load)(last, IRIS_SAMPLE_FLOAT), (int)(count - n), IRIS_SAMPLE_INT16, &r);
    }
}

#undef FOR_EACH_TYPE
#undef MULTIPLY_ADD
#undef block
#undef rounding
#undef vf
#undef vi
#undef vs
#undef WIDTH
