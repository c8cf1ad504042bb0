#ifndef IRIS_CLEAR_H
#define IRIS_CLEAR_H

#include <stddef.h>

// Sets `size` bytes to 0, around the caches where there are many: for memory that nobody reads soon.
void iris_clear(void *memory, size_t size);

#endif
