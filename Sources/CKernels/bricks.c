#include "iris_bricks.h"
#include "voxel_layout.h"

#include <stdbool.h>
#include <string.h>

size_t iris_image_bricks_size(const int32_t shape[3]) { return image_bricks_layout(shape).count * sizeof(int16_t); }

size_t iris_label_bricks_size(const int32_t shape[3]) { return label_bricks_layout(shape).count; }

size_t iris_label_blocks_size(const int32_t shape[3]) {
    return blocks_along(shape, 0) * blocks_along(shape, 1) * blocks_along(shape, 2) + 64;
}

// Copies every row of the volume, of voxels of `size` bytes, into its bricks.
static void fill_bricks(const char *voxels, const int32_t shape[3], const voxel_layout *l, size_t size, char *bricks) {
    memset(bricks, 0, l->count * size);
    for (int32_t k = 0; k < shape[2]; k++)
        for (int32_t j = 0; j < shape[1]; j++)
            for (int32_t i = 0; i < shape[0]; i += BRICK_WIDTH) {
                size_t count = (size_t)(shape[0] - i < BRICK_WIDTH ? shape[0] - i : BRICK_WIDTH);
                memcpy(bricks + size * (size_t)voxel_offset(l, i, j, k), voxels, size * count);
                voxels += size * count;
            }
}

void iris_make_image_bricks(const int16_t *voxels, const int32_t shape[3], int16_t *bricks) {
    voxel_layout l = image_bricks_layout(shape);
    fill_bricks((const char *)voxels, shape, &l, sizeof *voxels, (char *)bricks);
}

void iris_make_label_bricks(const uint8_t *voxels, const int32_t shape[3], uint8_t *bricks, uint8_t *blocks) {
    voxel_layout l = label_bricks_layout(shape);
    fill_bricks((const char *)voxels, shape, &l, sizeof *voxels, (char *)bricks);
    memset(blocks, 0, iris_label_blocks_size(shape));
    const size_t line = blocks_along(shape, 0), plane = line * blocks_along(shape, 1);
    const int32_t inner = (1 << BLOCK_SHIFT) - 1;
    for (int32_t k = 0; k < shape[2]; k++)
        for (int32_t j = 0; j < shape[1]; j++) {
            uint8_t *row = blocks + plane * (size_t)(k >> BLOCK_SHIFT) + line * (size_t)(j >> BLOCK_SHIFT);
            const bool first = (k & inner) == 0 && (j & inner) == 0;
            for (int32_t i = 0; i < shape[0]; i++) {
                uint8_t *block = &row[i >> BLOCK_SHIFT], value = *voxels++;
                if (first && (i & inner) == 0)
                    *block = value;
                else if (*block != value)
                    *block = IRIS_MIXED_BLOCK;
            }
        }
}
