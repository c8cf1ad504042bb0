// The hot loops. Every header names its kernels' formulas, shapes and the caller's duties.
#ifndef IRIS_CKERNELS_H
#define IRIS_CKERNELS_H

#include "iris_audit.h"
#include "iris_bricks.h"
#include "iris_clear.h"
#include "iris_convert.h"
#include "iris_instruction_set.h"
#include "iris_intensity.h"
#include "iris_label_masks.h"
#include "iris_mask_morphology.h"
#include "iris_reorient.h"
#include "iris_resample.h"
#include "iris_resample_oblique.h"
#include "iris_sampler.h"
#include "iris_statistics.h"
#include "iris_surface.h"
#include "iris_tensor_loss.h"
#include "iris_tensor_normalization.h"
#include "iris_tensor_optimizers.h"
#include "iris_tensor_pointwise.h"
#include "iris_tensor_resampling.h"
#include "iris_tensor_tokens.h"
#include "iris_tensor_types.h"

#endif
