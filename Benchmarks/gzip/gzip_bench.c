// Decompression of gzip files by libdeflate, zlib and ISA-L, one thread, CRC-32 verified by each.
//
// Usage: gzip_bench [--seconds S] FILE...     files of one member; "ct" and "labels" name two synthetic volumes of
//                                             512 x 512 x 200 voxels, compressed here by zlib at level 6
// Prints per input the sizes and, per library, the least time of many runs and the decompressed bytes per second. The
// libraries take turns, so that noise of the machine meets them alike. Results of all three are compared.
#include <isa-l/igzip_lib.h>
#include <libdeflate.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

typedef struct {
    unsigned char *bytes;
    size_t size;
} Bytes;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}

static void die(const char *what, const char *name) {
    fprintf(stderr, "gzip_bench: %s: %s\n", name, what);
    exit(2);
}

static int with_libdeflate(Bytes in, Bytes out) {
    struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
    size_t size = 0;
    int result = libdeflate_gzip_decompress(d, in.bytes, in.size, out.bytes, out.size, &size);
    libdeflate_free_decompressor(d);
    return result == LIBDEFLATE_SUCCESS && size == out.size;
}

static int with_zlib(Bytes in, Bytes out) {
    z_stream s = {0};
    if (inflateInit2(&s, 15 + 16) != Z_OK) return 0;
    s.next_in = in.bytes;
    s.avail_in = (uInt)in.size;
    s.next_out = out.bytes;
    s.avail_out = (uInt)out.size;
    int result = inflate(&s, Z_FINISH);
    inflateEnd(&s);
    return result == Z_STREAM_END && s.avail_out == 0;
}

static int with_isal(Bytes in, Bytes out) {
    struct inflate_state s;
    isal_inflate_init(&s);
    s.crc_flag = ISAL_GZIP;
    s.next_in = in.bytes;
    s.avail_in = (uint32_t)in.size;
    s.next_out = out.bytes;
    s.avail_out = (uint32_t)out.size;
    return isal_inflate(&s) == ISAL_DECOMP_OK && s.block_state == ISAL_BLOCK_FINISH && s.avail_out == 0;
}

static Bytes load(const char *path) {
    FILE *f = fopen(path, "rb");
    if (!f) die("cannot open", path);
    fseek(f, 0, SEEK_END);
    Bytes b = {NULL, (size_t)ftell(f)};
    rewind(f);
    b.bytes = malloc(b.size);
    if (fread(b.bytes, 1, b.size, f) != b.size || b.size < 18) die("cannot read", path);
    fclose(f);
    return b;
}

// A body with soft tissue, lungs and bone: smooth inside organs, with noise of 12 HU; or which organ each voxel is in.
static Bytes synthetic(int labels) {
    const int n = 512, depth = 200;
    Bytes b = {NULL, (size_t)n * n * depth * (labels ? 1 : 2)};
    b.bytes = malloc(b.size);
    unsigned state = 12345;
    size_t place = 0;
    for (int k = 0; k < depth; k++)
        for (int j = 0; j < n; j++)
            for (int i = 0; i < n; i++, place++) {
                double x = (i - 256) / 190.0, y = (j - 256) / 140.0, z = (k - 100) / 100.0;
                int organ = 0;
                if (x * x + y * y < 1) organ = 1;
                if ((fabs(x) - 0.45) * (fabs(x) - 0.45) / 0.1 + y * y / 0.3 + (z + 1) * (z + 1) < 1) organ = 2;
                if (x * x / 0.01 + (y - 0.6) * (y - 0.6) / 0.02 < 1) organ = 3;
                if ((x - 0.4) * (x - 0.4) / 0.12 + (y + 0.1) * (y + 0.1) / 0.2 + (z - 0.3) * (z - 0.3) / 0.2 < 1) organ = 4;
                if (labels) {
                    b.bytes[place] = (unsigned char)organ;
                    continue;
                }
                static const int hu[5] = {-1000, 40, -800, 600, 110};
                int noise = 0;
                for (int t = 0; t < 4; t++) noise += (int)((state = state * 1664525u + 1013904223u) >> 24) - 128;
                ((short *)b.bytes)[place] = (short)(organ ? hu[organ] + noise * 12 / 148 : -1000 + noise / 40);
            }
    return b;
}

static Bytes compressed(Bytes raw) {
    z_stream s = {0};
    deflateInit2(&s, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    Bytes b = {NULL, deflateBound(&s, raw.size)};
    b.bytes = malloc(b.size);
    s.next_in = raw.bytes;
    s.avail_in = (uInt)raw.size;
    s.next_out = b.bytes;
    s.avail_out = (uInt)b.size;
    if (deflate(&s, Z_FINISH) != Z_STREAM_END) die("cannot compress", "synthetic volume");
    b.size = s.total_out;
    deflateEnd(&s);
    return b;
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        int (*run)(Bytes, Bytes);
    } libraries[3] = {{"libdeflate", with_libdeflate}, {"zlib", with_zlib}, {"ISA-L", with_isal}};
    double seconds = 3;
    printf("| input | compressed, MB | raw, MB | libdeflate, ms | zlib, ms | ISA-L, ms | libdeflate, GB/s | zlib, GB/s "
           "| ISA-L, GB/s |\n|---|---|---|---|---|---|---|---|---|\n");
    for (int a = 1; a < argc; a++) {
        if (!strcmp(argv[a], "--seconds") && a + 1 < argc) {
            seconds = atof(argv[++a]);
            continue;
        }
        int labels = !strcmp(argv[a], "labels");
        Bytes in;
        if (labels || !strcmp(argv[a], "ct")) {
            Bytes raw = synthetic(labels);
            in = compressed(raw);
            free(raw.bytes);
        } else {
            in = load(argv[a]);
        }
        const unsigned char *end = in.bytes + in.size;
        Bytes out[3];
        size_t size = end[-4] | (size_t)end[-3] << 8 | (size_t)end[-2] << 16 | (size_t)end[-1] << 24;
        double best[3] = {1e9, 1e9, 1e9};
        for (int l = 0; l < 3; l++) {
            out[l] = (Bytes){malloc(size), size};
            memset(out[l].bytes, l, size);
        }
        double start = now();
        do {
            for (int l = 0; l < 3; l++) {
                double t = now();
                if (!libraries[l].run(in, out[l])) die("cannot decompress with a library", libraries[l].name);
                t = now() - t;
                if (t < best[l]) best[l] = t;
            }
        } while (now() - start < seconds);
        if (memcmp(out[0].bytes, out[1].bytes, size) || memcmp(out[0].bytes, out[2].bytes, size))
            die("the libraries disagree", argv[a]);
        const char *name = strrchr(argv[a], '/');
        printf("| %s | %.2f | %.2f |", name ? name + 1 : labels ? "synthetic labels" : "synthetic CT", in.size / 1e6, size / 1e6);
        for (int l = 0; l < 3; l++) printf(" %.2f |", best[l] * 1e3);
        for (int l = 0; l < 3; l++) printf(" %.2f |", size / best[l] / 1e9);
        printf("\n");
        for (int l = 0; l < 3; l++) free(out[l].bytes);
        free(in.bytes);
    }
}
