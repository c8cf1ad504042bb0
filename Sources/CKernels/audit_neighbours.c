#include <stdlib.h>
#include <string.h>

#include "iris_audit.h"

// Points in a balanced tree: each node halves its points along the axis in which they differ most.
enum { LEAF = 8, SAMPLE = 16, WIDTH = IRIS_NEIGHBOUR_NUMBERS, HEAP = 512 };

typedef struct node {
    float value;
    int32_t axis;
} node;

struct iris_neighbours {
    int64_t count, nodes;
    float *points;    // WIDTH numbers each, in the order of the leaves
    int32_t *owners;  // in the same order
    node *tree;       // node 1 is the root, the children of n are 2n and 2n + 1
};

typedef struct keyed {
    float key;
    int32_t point;
} keyed;

// Of equal keys the earlier points come first, so the outcome is settled.
static int before(keyed a, keyed b) { return a.key != b.key ? a.key < b.key : a.point < b.point; }

// Moves the `half` smallest keys to the front.
static void halve(keyed *x, int64_t count, int64_t half) {
    int64_t low = 0, high = count - 1;
    while (low < high) {
        keyed middle = x[low + (high - low) / 2];
        int64_t i = low, j = high;
        while (i <= j) {
            while (before(x[i], middle)) i++;
            while (before(middle, x[j])) j--;
            if (i <= j) {
                keyed swap = x[i];
                x[i++] = x[j];
                x[j--] = swap;
            }
        }
        if (half <= j) high = j;
        else if (half >= i) low = i;
        else return;
    }
}

static int widest_axis(const float *points, const keyed *x, int64_t count) {
    float sum[WIDTH] = {0}, squares[WIDTH] = {0};
    int64_t n = count < SAMPLE ? count : SAMPLE;
    for (int64_t s = 0; s < n; s++) {
        const float *p = points + (int64_t)x[s * count / n].point * WIDTH;
        for (int a = 0; a < WIDTH; a++) {
            sum[a] += p[a];
            squares[a] += p[a] * p[a];
        }
    }
    int best = 0;
    float most = -1;
    for (int a = 0; a < WIDTH; a++) {
        float spread = squares[a] - sum[a] * sum[a] / (float)n;
        if (spread > most) {
            most = spread;
            best = a;
        }
    }
    return best;
}

static void build(iris_neighbours *tree, const float *points, keyed *x, int64_t count, int64_t at) {
    if (count <= LEAF) return;
    int axis = widest_axis(points, x, count);
    for (int64_t n = 0; n < count; n++) x[n].key = points[(int64_t)x[n].point * WIDTH + axis];
    int64_t half = count / 2;
    halve(x, count, half);
    tree->tree[at] = (node){x[half].key, axis};
    build(tree, points, x, half, 2 * at);
    build(tree, points, x + half, count - half, 2 * at + 1);
}

void iris_neighbours_free(iris_neighbours *tree) {
    if (!tree) return;
    free(tree->points);
    free(tree->owners);
    free(tree->tree);
    free(tree);
}

iris_neighbours *iris_neighbours_build(const float *points, const int32_t *owners, int64_t count) {
    iris_neighbours *tree = calloc(1, sizeof *tree);
    keyed *x = malloc(sizeof *x * (size_t)(count + 1));
    if (!tree || !x) goto failed;
    tree->count = count;
    for (tree->nodes = 2; tree->nodes * LEAF < 4 * count; tree->nodes *= 2) continue;
    tree->points = malloc(sizeof(float) * WIDTH * (size_t)(count + 1));
    tree->owners = malloc(sizeof(int32_t) * (size_t)(count + 1));
    tree->tree = malloc(sizeof(node) * (size_t)tree->nodes);
    if (!tree->points || !tree->owners || !tree->tree) goto failed;
    for (int64_t n = 0; n < count; n++) x[n] = (keyed){0, (int32_t)n};
    build(tree, points, x, count, 1);
    for (int64_t n = 0; n < count; n++) {
        memcpy(tree->points + n * WIDTH, points + (int64_t)x[n].point * WIDTH, sizeof(float) * WIDTH);
        tree->owners[n] = owners[x[n].point];
    }
    free(x);
    return tree;
failed:
    free(x);
    iris_neighbours_free(tree);
    return NULL;
}

// A part of the tree that is left for later, and how far away it is at least, squared.
typedef struct part {
    float distance;
    int64_t node, first, count;
} part;

static void push(part *heap, int *size, part p) {
    if (*size == HEAP) return;
    int n = (*size)++;
    while (n > 0 && heap[(n - 1) / 2].distance > p.distance) {
        heap[n] = heap[(n - 1) / 2];
        n = (n - 1) / 2;
    }
    heap[n] = p;
}

static part pop(part *heap, int *size) {
    part top = heap[0], last = heap[--*size];
    int n = 0;
    for (int child = 1; child < *size; child = 2 * n + 1) {
        if (child + 1 < *size && heap[child + 1].distance < heap[child].distance) child++;
        if (heap[child].distance >= last.distance) break;
        heap[n] = heap[child];
        n = child;
    }
    heap[n] = last;
    return top;
}

typedef float eight __attribute__((vector_size(32), aligned(4)));

static float squared_distance(const float *a, const float *b) {
    eight sum = {0};
    for (int n = 0; n < WIDTH; n += 8) {
        eight difference = *(const eight *)(a + n) - *(const eight *)(b + n);
        sum += difference * difference;
    }
    return ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}

// Puts an owner among the nearest found so far, each owner once.
static int admit(iris_likeness *best, int found, int most, float distance, int32_t owner) {
    int at = 0;
    while (at < found && best[at].owner != owner) at++;
    if (at < found) {
        if (best[at].distance <= distance) return found;
    } else if (found < most) {
        found++;
    } else {
        at = most - 1;
        if (best[at].distance <= distance) return found;
    }
    for (; at > 0 && best[at - 1].distance > distance; at--) best[at] = best[at - 1];
    best[at] = (iris_likeness){distance, owner};
    return found;
}

int iris_neighbours_nearest(const iris_neighbours *tree, const int32_t *patients, const float *wanted, int32_t patient,
                            float limit, int64_t looks, iris_likeness *best, int most) {
    part heap[HEAP];
    int waiting = 0, found = 0;
    int64_t passed = 0;
    push(heap, &waiting, (part){0, 1, 0, tree->count});
    while (waiting > 0 && looks > 0 && passed < 4096) {
        part p = pop(heap, &waiting);
        if (p.distance >= (found == most ? best[most - 1].distance : limit)) break;
        while (p.count > LEAF) {
            int64_t half = p.count / 2;
            float away = wanted[tree->tree[p.node].axis] - tree->tree[p.node].value;
            part low = {p.distance, 2 * p.node, p.first, half};
            part high = {p.distance, 2 * p.node + 1, p.first + half, p.count - half};
            float far = p.distance + away * away;
            if (away < 0) {
                high.distance = far;
                push(heap, &waiting, high);
                p = low;
            } else {
                low.distance = far;
                push(heap, &waiting, low);
                p = high;
            }
        }
        for (int64_t n = p.first; n < p.first + p.count; n++) {
            if (patients[tree->owners[n]] == patient) {
                passed++;
                continue;
            }
            looks--;
            float distance = squared_distance(tree->points + n * WIDTH, wanted);
            if (distance < limit) found = admit(best, found, most, distance, tree->owners[n]);
        }
    }
    return found;
}
