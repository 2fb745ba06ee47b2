/*
 * The same two call paths, of which 64 frames are kept: they are one.
 * EXPECT: lock-order a b
 * EXPECT-VARIANTS: 0
 * OPTIONS: --stack-depth=64
 */
#include "deep-stack.h"
