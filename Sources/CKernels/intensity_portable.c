#define VARIANT(name) name##_portable
#include "intensity_variant.h"
