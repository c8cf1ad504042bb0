// Philox4x32-10 and Box-Muller, 64 voxels at a time. Included by every variant.
#include "intensity_internal.h"
#include "vector16.h"

// One word of 16 blocks: even blocks in the low halves of one vector, odd blocks in those of the other. The high halves
// hold leftovers that no multiplication reads.
typedef struct philox_words {
    u64x8 even, odd;
} philox_words;

#if defined(IRIS_TARGET_AVX512)
#define PRODUCT(a, b) ((u64x8)_mm512_mul_epu32((__m512i)(a), (__m512i)(b)))
#else
#define PRODUCT(a, b) (((a) & 0xffffffffu) * ((b) & 0xffffffffu))
#endif

VECTOR16 void philox_round(philox_words c[4], uint32_t k0, uint32_t k1) {
    const u64x8 m0 = (u64x8)(uint64_t)0xD2511F53u, m1 = (u64x8)(uint64_t)0xCD9E8D57u;
    u64x8 e0 = PRODUCT(c[0].even, m0), e1 = PRODUCT(c[2].even, m1);
    u64x8 o0 = PRODUCT(c[0].odd, m0), o1 = PRODUCT(c[2].odd, m1);
    c[0] = (philox_words){(e1 >> 32) ^ c[1].even ^ (uint64_t)k0, (o1 >> 32) ^ c[1].odd ^ (uint64_t)k0};
    c[2] = (philox_words){(e0 >> 32) ^ c[3].even ^ (uint64_t)k1, (o0 >> 32) ^ c[3].odd ^ (uint64_t)k1};
    c[1] = (philox_words){e1, o1};
    c[3] = (philox_words){e0, o0};
}

// The low halves, block by block.
VECTOR16 u32x16 joined(philox_words w) {
    u64x8 both = (w.even & 0xffffffffu) | (w.odd << 32);
    u32x16 words;
    memcpy(&words, &both, sizeof words);
    return words;
}

VECTOR16 void normal_pair(u32x16 a, u32x16 b, f32x16 *first, f32x16 *second) {
    // -2 ln(v / 2^24) = -2 ln 2 log2(v / 2^24) for v in 1...2^24. Taking 24 off the exponent keeps small radii exact.
    f32x16 e, t = split_exponent(__builtin_convertvector((i32x16)(a >> 8) + 1, f32x16), &e);
    f32x16 square = max16(log2_of_parts(e - 24.0f, t) * -1.38629436f, (f32x16)0.0f);
    f32x16 radius = __builtin_elementwise_sqrt(square);
    radius = bits_as_float(float_as_bits(radius) ^ (i32x16)((b << 1) & 0x80000000u));
    // The angle in [-pi/4, pi/4), where short polynomials give cosine and sine.
    f32x16 p = __builtin_convertvector((i32x16)(b & 0x3fffffffu) - (1 << 29), f32x16) * (1.57079633f * 0x1p-30f);
    f32x16 s = p * p;
    f32x16 c = fused(s, (f32x16)-0.0013585909f, (f32x16)0.0416550264f);
    c = fused(c, s, (f32x16)-0.499998569f);
    f32x16 cosine = fused(c, s, (f32x16)1.0f);
    f32x16 d = fused(s, (f32x16)-0.000195040222f, (f32x16)0.00833203644f);
    d = fused(d, s, (f32x16)-0.166666508f);
    f32x16 sine = fused(d, s, (f32x16)1.0f) * p;
    i32x16 exchange = (i32x16)b < 0;
    *first = radius * select16(exchange, sine, cosine);
    *second = radius * select16(exchange, cosine, sine);
}

// The normals of voxels 64 group ..< 64 group + 64.
VECTOR16 void normals64(uint64_t group, uint32_t part, uint64_t key, f32x16 n[4]) {
    u64x8 even = (u64x8){0, 2, 4, 6, 8, 10, 12, 14} + 16 * group;
    philox_words c[4] = {
        {even, even + 1}, {(u64x8)(uint64_t)part, (u64x8)(uint64_t)part}, {(u64x8)0, (u64x8)0}, {(u64x8)0, (u64x8)0}};
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
#pragma clang loop unroll(full)
    for (int round = 0; round < 10; round++) {
        philox_round(c, k0, k1);
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    normal_pair(joined(c[0]), joined(c[1]), &n[0], &n[1]);
    normal_pair(joined(c[2]), joined(c[3]), &n[2], &n[3]);
}

// Adds sigma * N to voxels first ..< first + count of a patch, which lie at x[0 ..< count].
VECTOR16 void add_gaussian(float *x, uint64_t first, size_t count, const iris_pointwise *map, float sigma, uint64_t key) {
    iris_pointwise m = *map;
    f32x16 n[4];
    for (uint64_t voxel = first / 64 * 64; voxel < first + count; voxel += 64) {
        normals64(voxel / 64, 0, key, n);
        if (voxel >= first && voxel + 64 <= first + count) {
            float *out = x + (voxel - first);
            for (int q = 0; q < 4; q++) store16(out + 16 * q, fused(n[q], (f32x16)sigma, mapped(load16(out + 16 * q), &m)));
            continue;
        }
        for (int q = 0; q < 4; q++)
            for (int lane = 0; lane < 16; lane++) {
                uint64_t v = voxel + 16 * (uint64_t)q + (uint64_t)lane;
                if (v < first || v >= first + count) continue;
                float y = x[v - first] * m.multiply + m.add;
                y = y > m.lower ? y : m.lower;
                y = y < m.upper ? y : m.upper;
                x[v - first] = y + n[q][lane] * sigma;
            }
    }
}

VECTOR16 f32x16 rician_of(f32x16 y, f32x16 n, f32x16 m, float sigma, float floor) {
    f32x16 real = fused(n, (f32x16)sigma, y - floor), imaginary = m * sigma;
    return __builtin_elementwise_sqrt(fused(real, real, imaginary * imaginary)) + floor;
}

static void add_rician(float *x, size_t count, const iris_pointwise *map, float sigma, float floor, uint64_t key) {
    iris_pointwise m = *map;
    f32x16 n[4], o[4];
    for (size_t voxel = 0; voxel < count; voxel += 64) {
        normals64(voxel / 64, 0, key, n);
        normals64(voxel / 64, 1, key, o);
        for (int q = 0; q < 4; q++) {
            size_t start = voxel + 16 * (size_t)q;
            if (start + 16 <= count)
                store16(x + start, rician_of(mapped(load16(x + start), &m), n[q], o[q], sigma, floor));
            else if (start < count)
                store_part(
                    x + start, rician_of(mapped(load_part(x + start, count - start), &m), n[q], o[q], sigma, floor),
                    count - start);
        }
    }
}
