// The loops of the landmarks, included once per instruction set with VARIANT naming the functions.

// Marks with 1 the places of a row that are above or below the six places that touch them: few are left to be looked at.
static void VARIANT(flag_extrema)(const float *row, int64_t s1, int64_t s2, int64_t n, uint8_t *flags) {
    for (int64_t i = 0; i < n; i++) {
        const float *p = row + i;
        float v = p[0];
        int above = (v > p[1]) & (v > p[-1]) & (v > p[s1]) & (v > p[-s1]) & (v > p[s2]) & (v > p[-s2]);
        int below = (v < p[1]) & (v < p[-1]) & (v < p[s1]) & (v < p[-s1]) & (v < p[s2]) & (v < p[-s2]);
        flags[i] = (uint8_t)(above | below);
    }
}

// The weighted sum of `taps` rows that lie `n` apart.
static void VARIANT(weighted_rows)(const float *rows, int64_t n, const float *weights, int taps, float *sum) {
    for (int64_t x = 0; x < n; x++) sum[x] = weights[0] * rows[x];
    for (int t = 1; t < taps; t++)
        if (weights[t] != 0)
            for (int64_t x = 0; x < n; x++) sum[x] += weights[t] * rows[t * n + x];
}

// One row of a lattice from a row of cells.
static void VARIANT(lattice_row)(const float *cells, const int32_t *first, const float *weights, int taps, int64_t count,
                                 float *row) {
    for (int64_t i = 0; i < count; i++) {
        float sum = 0;
        for (int t = 0; t < taps; t++) sum += weights[i * taps + t] * cells[first[i] + t];
        row[i] = sum;
    }
}

// Samples of a volume between its voxels, at DIRECTIONS places around a middle that lies `p` into it.
static void VARIANT(surroundings)(const float *p, int32_t s1, int32_t s2, float u, float v, float w, float *values) {
    for (int n = 0; n < DIRECTIONS; n++) {
        float x = u + directions.i[n], y = v + directions.j[n], z = w + directions.k[n];
        // Rounded towards zero after a shift, since places lie on either side of the middle.
        int32_t a = (int32_t)(x + 4) - 4, b = (int32_t)(y + 4) - 4, c = (int32_t)(z + 4) - 4;
        int32_t at = a + b * s1 + c * s2;
        float e = x - (float)a, f = y - (float)b, g = z - (float)c;
        float low0 = p[at] + e * (p[at + 1] - p[at]);
        float low1 = p[at + s1] + e * (p[at + s1 + 1] - p[at + s1]);
        float high0 = p[at + s2] + e * (p[at + s2 + 1] - p[at + s2]);
        float high1 = p[at + s2 + s1] + e * (p[at + s2 + s1 + 1] - p[at + s2 + s1]);
        float low = low0 + f * (low1 - low0), high = high0 + f * (high1 - high0);
        values[n] = low + g * (high - low);
    }
}

// Values with the weights 1, 4, 6, 4, 1 over 16 among neighbours that lie `stride` apart, as many as there are in a line.
static void VARIANT(binomial_run)(const float *restrict x, int64_t n, int64_t stride, float *restrict result) {
    for (int64_t i = 0; i < n; i++)
        result[i] = 0.0625f * (x[i - 2 * stride] + x[i + 2 * stride]) + 0.25f * (x[i - stride] + x[i + stride]) + 0.375f * x[i];
}
