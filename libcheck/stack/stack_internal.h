/* stack_internal.h — shared by stack.c and modules.c, which alone include it. */
#ifndef LH_STACK_STACK_INTERNAL_H
#define LH_STACK_STACK_INTERNAL_H

#include "libcheck/stack/stack.h"

bool lh_stack_modules_init(void);

/* All need the internal lock. 0: none, or the table is full. */
uint32_t lh_stack_module(uintptr_t pc); /* the object of the call before `pc` */
/* flags: LH_MODULE_*, besides LH_MODULE_SCRIPT */
uint32_t lh_stack_script(const char *file, const char *function, unsigned flags);
bool lh_stack_module_has(uint32_t row, uintptr_t address);
uint64_t lh_frame_from_parent(uint64_t frame); /* `frame` is of the parent's ledger */

#endif
