#ifndef IRIS_BRICKS_H
#define IRIS_BRICKS_H

#include <stddef.h>
#include <stdint.h>

// A volume in bricks: pieces of 4096 bytes whose voxels lie near each other whatever the direction, so that a slanted box
// of voxels touches few pages, each of which the processor reads ahead in.
//
// An image brick holds 32 x 8 x 8 voxels, a label brick 32 x 16 x 8; bricks lie in the order of the volume's voxels, i
// fastest, and so do the voxels within a brick. Volumes are filled up to whole bricks with 0.
//
// Labels come with a table of blocks of 4 x 4 x 4 voxels, i fastest: the label that all voxels of the block have, or
// IRIS_MIXED_BLOCK where there is more than one (or where that one is IRIS_MIXED_BLOCK).
enum { IRIS_MIXED_BLOCK = 255 };

// The bytes of the parts. That of the blocks includes 64 after the last, since rows of them are read 8 at a time.
size_t iris_image_bricks_size(const int32_t shape[3]);
size_t iris_label_bricks_size(const int32_t shape[3]);
size_t iris_label_blocks_size(const int32_t shape[3]);

// From voxels in order, i fastest, to bricks. Every byte of the results is written.
void iris_make_image_bricks(const int16_t *voxels, const int32_t shape[3], int16_t *bricks);
void iris_make_label_bricks(const uint8_t *voxels, const int32_t shape[3], uint8_t *bricks, uint8_t *blocks);

#endif
