// The entry points of GCC's OpenMP runtime that the tensor engine uses. oneDNN runs on the same runtime, so kernels
// that start their threads here share its team instead of fighting it for cores.
#ifndef IRIS_CGOMP_H
#define IRIS_CGOMP_H

// Runs function(data) on `threads` threads, the calling one among them, and returns when all are done.
void GOMP_parallel(void (*function)(void *), void *data, unsigned threads, unsigned flags);
int omp_get_thread_num(void);
int omp_get_num_threads(void);
int omp_get_max_threads(void);
void omp_set_num_threads(int threads);
void omp_set_dynamic(int dynamic);

#endif
