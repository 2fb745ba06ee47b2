/*
 * internal_lock.h — how often the library has acquired its internal lock in this process.
 */
#ifndef TESTS_COUNTS_INTERNAL_LOCK_H
#define TESTS_COUNTS_INTERNAL_LOCK_H

#include "libcheck/ledger.h"

#include <stdio.h>
#include <string.h>

/* This process's ledger, or one without numbers. */
static const struct lh_ledger *find_ledger(void)
{
	static const struct lh_ledger none;
	char line[4096];
	unsigned long from, to;
	FILE *maps = fopen("/proc/self/maps", "r");
	const struct lh_ledger *found = NULL;

	while (!found && maps && fgets(line, sizeof(line), maps))
		if (strstr(line, "rw-s") && strstr(line, "lockhound") &&
		    sscanf(line, "%lx-%lx", &from, &to) == 2 && to - from >= sizeof(none) &&
		    memcmp((const void *)from, LH_LEDGER_MAGIC, sizeof(LH_LEDGER_MAGIC)) == 0)
			found = (const struct lh_ledger *)from;
	if (maps)
		fclose(maps);
	return found ? found : &none;
}

/* 0 without the library. */
static uint64_t internal_lock_taken(void)
{
	static const struct lh_ledger *ledger;

	if (!ledger)
		ledger = find_ledger();
	return __atomic_load_n(&ledger->internal_lock_taken, __ATOMIC_RELAXED);
}

#endif
