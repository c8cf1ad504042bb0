#define OMPI_SKIP_MPICXX 1
#include <mpi.h>

// MPI's handles are address macros, which Swift cannot import; these give them names.
static inline MPI_Comm iris_mpi_comm_world(void) { return MPI_COMM_WORLD; }
static inline MPI_Datatype iris_mpi_float(void) { return MPI_FLOAT; }
static inline MPI_Datatype iris_mpi_double(void) { return MPI_DOUBLE; }
static inline MPI_Datatype iris_mpi_byte(void) { return MPI_BYTE; }
static inline MPI_Datatype iris_mpi_int(void) { return MPI_INT; }
static inline MPI_Op iris_mpi_sum(void) { return MPI_SUM; }
static inline void *iris_mpi_in_place(void) { return MPI_IN_PLACE; }
