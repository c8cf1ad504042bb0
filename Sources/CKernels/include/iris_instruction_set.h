#ifndef IRIS_INSTRUCTION_SET_H
#define IRIS_INSTRUCTION_SET_H

// The instruction sets that kernels are written for, each containing the one before it.
typedef enum iris_instruction_set {
    IRIS_PORTABLE = 0,  // plain C
    IRIS_AVX2 = 1,      // AVX2, FMA, BMI2, F16C
    IRIS_AVX512 = 2     // AVX-512 F, BW, DQ, VL
} iris_instruction_set;

// The best set that this processor has and that the limit allows. Kernels ask once per call.
iris_instruction_set iris_instruction_set_in_use(void);

// The best set that this processor has, whatever the limit.
iris_instruction_set iris_instruction_set_available(void);

// Lowers the set in use, so that one processor can check every variant of a kernel. A limit above what the
// processor has changes nothing. Not to be called while kernels run on other threads.
void iris_limit_instruction_set(iris_instruction_set limit);

#endif
