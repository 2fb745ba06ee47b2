/* stack_internal.h — what the files of the room `stack` share. Nobody else includes it. */
#ifndef LH_STACK_STACK_INTERNAL_H
#define LH_STACK_STACK_INTERNAL_H

#include "libcheck/stack/stack.h"

bool lh_stack_modules_init(void);

/* All want the big lock. 0: none, or no room. */
uint32_t lh_stack_module(uintptr_t pc); /* the object that the call before `pc` lies in */
uint32_t lh_stack_script(const char *file, const char *function);
bool lh_stack_module_has(uint32_t row, uintptr_t address);
uint64_t lh_frame_from_parent(uint64_t frame); /* of the parent's ledger */

#endif
