#ifndef IRIS_AUDIT_H
#define IRIS_AUDIT_H

#include <stdint.h>

#include "iris_convert.h"

// The audit's single look at voxels: moments of an image, label values as bytes, and runs of equal labels.

// What a census of values adds up: `sum` and `squares` over the finite ones, about `pivot`:
// sum of (x - pivot) and of (x - pivot)^2.
typedef struct iris_census {
    int64_t finite, nans, infinities;
    int64_t first_special;  // the index of the first value that is not finite, or -1
    double pivot, minimum, maximum, sum, squares;
} iris_census;

// An empty census about `pivot`: minimum +infinity, maximum -infinity.
iris_census iris_census_empty(double pivot);

// Adds `count` voxels of `type` at `voxels`, the first of which has the index `offset`. The result does not depend on
// the instruction set for integer types; for floating types the sums may differ in the last bits.
void iris_census_add(iris_census *moments, const void *voxels, iris_scalar type, int64_t count, int64_t offset);

// What is wrong with voxels that should be whole label values from 0 to 255, with the index of the first of each kind
// (-1 where there is none).
typedef struct iris_label_faults {
    int64_t fractional, first_fractional;  // finite but not whole
    int64_t negative, first_negative;      // whole and below 0; `lowest` is the least
    int64_t above, first_above;            // whole and above 255; `highest` is the greatest
    int64_t special, first_special;        // not-a-number or infinite
    double lowest, highest;
    double example;                        // the first fractional value
} iris_label_faults;

iris_label_faults iris_label_faults_none(void);

// Writes label values as bytes: slope * x + intercept when it is a whole number from 0 to 255 (within 1e-6), else 0,
// counting the faults. `offset` is the index of the first voxel. For IRIS_UINT8 with slope 1 and intercept 0 the caller
// can use the voxels as they are.
void iris_label_bytes(const void *voxels, iris_scalar type, int64_t count, int64_t offset, double slope,
                      double intercept, uint8_t *labels, iris_label_faults *faults);

// Equal labels in succession along i within one row: voxels start ..< end of row `row` = j + nj * k.
typedef struct iris_label_run {
    uint32_t row, start, end;
    uint32_t value;
} iris_label_run;

// Finds the runs of labels other than 0 in `rows` rows of `ni` labels each. Writes at most `capacity` runs, in the order
// of memory, and returns their number; the rows are numbered from `first_row`. When `capacity` is too small it stops
// after the last row that fits; `*done` becomes the number of rows handled. `labels` needs no padding.
int64_t iris_label_runs(const uint8_t *labels, int64_t ni, int64_t rows, uint32_t first_row, iris_label_run *runs,
                        int64_t capacity, int64_t *done);

// Joins runs of one value that touch (26 neighbours: the same or a diagonal place in this row or the eight around it)
// into components. `runs` are all runs of a volume with `nj` rows per slice, in the order of memory; `parents` has one
// place per run and afterwards names the first run of each run's component.
void iris_label_components(const iris_label_run *runs, int64_t count, int64_t nj, uint32_t *parents);

// Reads voxels as numbers: values[n] = (double)voxels[indices[n]], without slope. An index outside 0 ..< count gives
// not-a-number.
void iris_gather(const void *voxels, iris_scalar type, int64_t count, const int64_t *indices, int64_t n, float *values);

// Sorts finite values in ascending order; `scratch` has room for as many.
void iris_sort_values(float *values, int64_t n, float *scratch);

// Averages a volume over size[0] x size[1] x size[2] equal cells of its box, i fastest, at most 512 along each axis. A cell's
// average is taken over at most `most` (1 to 3) evenly spread voxels of it along each axis; values that are not finite count
// as 0.
void iris_cell_means(const void *voxels, iris_scalar type, const int64_t shape[3], const int64_t size[3], int most,
                     float *cells);

// Takes from each of side^3 cells the mean of the 5 x 5 x 5 cells around it (fewer at the border) and scales the rest to
// mean 0 and length 1. Returns 0, leaving the cells as they were, when they are all alike. `side` is at most 32.
int iris_detail_picture(float *cells, int side);

// The smallest hashes of the neighbourhoods of local maxima in a box of n0 x n1 x n2 values, ascending and distinct; at most
// `most`. Returns their number, or -1 when there is no memory.
//
// A voxel counts when it is above the other 124 of its 5 x 5 x 5 neighbourhood. Its 26 neighbours two steps away are
// written as three levels of their depth below it, relative to the mean depth. The upper bits of the hash come from how many
// faces, edges and corners have each level, the lower ones from the smallest code over the 48 flips and axis permutations. So
// a hash survives flips, permutations, cropping, translation and any change of scale and offset of the intensities, and two
// scans that are not the same one share hardly any.
int64_t iris_sketch(const float *values, int64_t n0, int64_t n1, int64_t n2, uint64_t *hashes, int64_t most);

// Samples cells at the centres of a lattice of step[a] cells along axis a that starts first[a] steps from their corner: means
// weighted by a tent as wide as two steps, where cells are wider than a step two cells, which is linear between their centres.
// Ends are repeated. Returns 0 when there is no memory.
int iris_lattice(const float *cells, const int64_t size[3], const double step[3], const double first[3],
                 const int64_t count[3], float *lattice);

// The numbers that describe a landmark.
enum { IRIS_LANDMARK_NUMBERS = 18 };

// A place where the difference of two blurs is largest or smallest, between lattice points, and its surroundings: mean and
// deviation of the smoother picture at 1, 2 and 3 steps along the 6 axes, 12 edges and 8 corners of a cube, brought to
// mean 0 and deviation 1. Flips and permutations of axes leave the description as it is, scale and offset of the values too.
typedef struct iris_landmark {
    float i, j, k;
    float strength;
    float descriptor[IRIS_LANDMARK_NUMBERS];
} iris_landmark;

// Lattice points at the border that hold no landmark.
#define IRIS_LANDMARK_MARGIN 4

// A blur with the weights 1, 4, 6, 4, 1 over 16 along each axis, a deviation of one voxel; ends are repeated. At least five
// voxels along each axis. `scratch` has room for as many values as there are voxels, `result` may not overlap `x`.
void iris_binomial_blur(const float *x, const int64_t shape[3], float *scratch, float *result);

// Finds the landmarks of a lattice from two blurs of it and writes the `most` strongest, the strongest first. `difference` is
// scratch of the lattice's size, `marks` has room for `capacity`; further places in the order of memory are not looked at.
// With `whole` they lie on lattice points and are described by what lies 1, 2 and 3 points away along one, two and three axes.
int64_t iris_landmarks(const float *smooth, const float *smoother, const int64_t count[3], int whole, float *difference,
                       iris_landmark *marks, int64_t capacity, int64_t most);

// An owner of a point, and the point's squared distance.
typedef struct iris_likeness {
    float distance;
    int32_t owner;
} iris_likeness;

// The numbers of a point; shorter ones end in zeros.
#define IRIS_NEIGHBOUR_NUMBERS 24

// Points in a tree by which near ones are found without looking at all: a k-d tree, searched from the nearest part on
// (Beis and Lowe 1997).
typedef struct iris_neighbours iris_neighbours;

// Copies `count` points with their owners into a tree; NULL when there is no memory.
iris_neighbours *iris_neighbours_build(const float *points, const int32_t *owners, int64_t count);
void iris_neighbours_free(iris_neighbours *tree);

// The owners of the points nearest to `wanted` within a squared distance, each once, at most `most`, the nearest first; points
// of owners whose patient is `patient` do not count. After `looks` points the search ends. It is approximate with all of
// them, too: parts are passed over by a bound that holds while no axis was split twice on their path.
// Returns their number.
int iris_neighbours_nearest(const iris_neighbours *tree, const int32_t *patients, const float *wanted, int32_t patient,
                            float limit, int64_t looks, iris_likeness *best, int most);

// For each of the second scan's landmarks the nearest of the first's within a squared distance, or -1. Descriptions lie
// IRIS_NEIGHBOUR_NUMBERS apart; `scratch` has IRIS_LANDMARK_NUMBERS numbers for each of the first's and 16 more.
void iris_match_landmarks(const float *first, int64_t first_count, const float *second, int64_t second_count, float limit,
                          float *scratch, int32_t *partners);

// Given `count` pairs of places (i, j, k each) that may be the same one in two scans: the flip and permutation, and the
// shift, by which most of the second lie within `reach` of the first. Returns how many do. Of more than 2048 pairs the first
// count.
// Symmetry 8 n + f runs axis a of the second scan along axis a of the n-th permutation in ascending order of the first,
// mirrored when bit a of f is set.
int64_t iris_best_placement(const float *first, const float *second, int64_t count, float reach, int *symmetry,
                            double shift[3]);

// The cells of a picture along each axis.
#define IRIS_PICTURE_SIDE 16

// The best scalar product of two pictures over the 48 flips and permutations, and the symmetry that takes the first one's
// cells to the second's.
float iris_picture_correlation(const float *first, const float *second, int *symmetry);

// One place of a label's boundary: the last voxel inside along the direction (one of the six along the axes).
typedef struct iris_boundary_place {
    int32_t i, j, k;
    int32_t axis, sign;
} iris_boundary_place;

// Sums over places of the change of brightness across the boundary (two voxels outside against the last inside) and
// within (the last inside against two further in), with stored values clipped to low ... high.
typedef struct iris_boundary_sums {
    int64_t places;  // that lie inside the image and are finite
    double across, within;
} iris_boundary_sums;

// Every `step`-th of `count` places is moved: axes whose bit is set in `mirrored` are mirrored, then `shift` is added.
iris_boundary_sums iris_boundary_contrast(const void *voxels, iris_scalar type, const int64_t shape[3],
                                          const iris_boundary_place *places, int64_t count, int64_t step, int mirrored,
                                          const int64_t shift[3], float low, float high);

#endif
