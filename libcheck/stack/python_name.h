/*
 * python_name.h — what the source of a Python program calls the lock that it makes: "Account.lock",
 * "lock_a", "Pool._locks[]", "Pool.queue.mutex".
 *
 * The name follows from the instructions around the calls that make the lock, so every run finds
 * the same name, and all locks made by one call have it. A member is named after the class whose
 * function makes the lock; a local variable after its function.
 */
#ifndef LH_STACK_PYTHON_NAME_H
#define LH_STACK_PYTHON_NAME_H

#include "libcheck/stack/python.h"

struct lh_python_name {
	char name[LH_PYTHON_FUNCTION]; /* "": not known */
	const char *kind;              /* "lock", "RLock"; "": not known */
};

/* The frames were read by this thread in the same hook, where it makes a lock. Needs the internal
 * lock. */
void lh_python_name_lock(const struct lh_python_chain *c, struct lh_python_name *out);

#endif
