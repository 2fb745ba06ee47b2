/*
 * Stacks of 100 frames are kept whole, and two that differ only in one outer frame are two.
 * EXPECT: lock-order a b
 * EXPECT-STACK: deeper, outer, case_run
 * EXPECT-VARIANTS: 1
 * OPTIONS: --stack-depth=128
 */
#include "deep-stack.h"
