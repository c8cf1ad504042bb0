// How the voxels of a volume lie in memory: in rows of the whole volume, or in bricks (iris_bricks.h). Not part of the
// interface.
#ifndef IRIS_VOXEL_LAYOUT_H
#define IRIS_VOXEL_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

// Index p along an axis adds (p >> shift) * brick + (p & mask) * step to the offset of a voxel, also below 0. Voxels lie side
// by side up to every multiple of `width` along i.
typedef struct voxel_layout {
    int32_t shift[3], mask[3], width;
    ptrdiff_t brick[3], step[3];
    size_t count;  // voxels, with those that fill up bricks
} voxel_layout;

enum { BRICK_WIDTH = 32, BLOCK_SHIFT = 2 };

static inline voxel_layout rows_layout(const int32_t shape[3]) {
    ptrdiff_t line = shape[0], plane = line * shape[1];
    return (voxel_layout){
        {31, 31, 31}, {-1, -1, -1}, 1 << 30, {0, 0, 0}, {1, line, plane}, (size_t)plane * (size_t)shape[2]};
}

static inline voxel_layout bricks_layout(const int32_t shape[3], int32_t shift_j) {
    voxel_layout l = {.shift = {5, shift_j, 3}, .width = BRICK_WIDTH};
    ptrdiff_t step = 1, brick = (ptrdiff_t)1 << (5 + shift_j + 3);
    for (int a = 0; a < 3; a++) {
        l.mask[a] = (1 << l.shift[a]) - 1;
        l.step[a] = step;
        l.brick[a] = brick;
        step <<= l.shift[a];
        brick *= ((ptrdiff_t)shape[a] + l.mask[a]) >> l.shift[a];
    }
    l.count = (size_t)brick;
    return l;
}

static inline voxel_layout image_bricks_layout(const int32_t shape[3]) { return bricks_layout(shape, 3); }
static inline voxel_layout label_bricks_layout(const int32_t shape[3]) { return bricks_layout(shape, 4); }

static inline ptrdiff_t offset_along(const voxel_layout *l, int axis, int32_t p) {
    return (ptrdiff_t)(p >> l->shift[axis]) * l->brick[axis] + (ptrdiff_t)(p & l->mask[axis]) * l->step[axis];
}

static inline ptrdiff_t voxel_offset(const voxel_layout *l, int32_t x, int32_t y, int32_t z) {
    return offset_along(l, 0, x) + offset_along(l, 1, y) + offset_along(l, 2, z);
}

// How many voxels from x on lie side by side.
static inline int32_t run_length(const voxel_layout *l, int32_t x) { return l->width - (x & l->mask[0]); }

// The blocks of a label map along an axis.
static inline size_t blocks_along(const int32_t shape[3], int axis) {
    return ((size_t)shape[axis] + (1 << BLOCK_SHIFT) - 1) >> BLOCK_SHIFT;
}

#endif
