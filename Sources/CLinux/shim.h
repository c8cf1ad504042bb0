// Calls of Linux that glibc offers under _GNU_SOURCE only, which Swift's Glibc module does not define.
#pragma once

// renameat2(2), in glibc since 2.28.
int renameat2(int old_folder, const char *old_path, int new_folder, const char *new_path, unsigned int flags);
#define IRIS_RENAME_NOREPLACE 1u
#define IRIS_RENAME_EXCHANGE 2u

// sync_file_range(2): starts or awaits writing parts of a file to the disk.
int sync_file_range(int descriptor, long offset, long bytes, unsigned int flags);
#define IRIS_SYNC_FILE_RANGE_WRITE 2u

// mallopt(3) of glibc, and the parameters used here.
int mallopt(int parameter, int value);
#define IRIS_M_TRIM_THRESHOLD (-1)
#define IRIS_M_MMAP_MAX (-4)
#define IRIS_M_ARENA_MAX (-8)
