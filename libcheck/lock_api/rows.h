/*
 * rows.h — the rows of --lock-api: the lock functions of a project.
 *
 * A row is a line of words: the function, what it does, and how; docs/lock-api.md describes the
 * file. A line "kind NAME" begins the rows of another kind of lock. Reads text and nothing else;
 * the command and the library use the same code, so they accept the same files.
 *
 * Does not allocate. The texts of the rows stay where the lines are.
 */
#ifndef LH_LOCK_API_ROWS_H
#define LH_LOCK_API_ROWS_H

#include "libcheck/ledger.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum lh_api_action {
	LH_API_ACQUIRE,
	LH_API_TRY,
	LH_API_TIMED,
	LH_API_RELEASE,
	LH_API_WAIT,
	LH_API_INIT,
	LH_API_DESTROY,
	LH_API_ACTIONS
};

enum lh_api_lock {
	LH_API_POINTER, /* argument `argument` points to the lock */
	LH_API_VALUE,   /* the value of the argument is the lock */
	LH_API_NAME,    /* one lock of that name */
	LH_API_HELD     /* of a wait: the lock of the kind that the thread acquired last */
};

enum lh_api_success {
	LH_API_ALWAYS,
	LH_API_ZERO,
	LH_API_NONZERO,
	LH_API_NONNEGATIVE,
	LH_API_TRUE, /* one byte: all that a bool has */
	LH_API_FALSE,
	LH_API_NULL, /* eight bytes */
	LH_API_NONNULL,
	LH_API_NUMBER,
	LH_API_SUCCESSES
};

enum { LH_API_ROWS_MAX = LH_RUN_API_ROWS, LH_API_KINDS_MAX = LH_OWN_KINDS };

struct lh_api_row {
	const char *function; /* no zero byte follows */
	uint32_t length;      /* of the function's name */
	uint32_t line;
	uint8_t action, lock, success, kind;
	uint8_t argument; /* from 1 */
	uint8_t bits;     /* of the value that tell locks apart */
	bool shared, inside_reported;
	int32_t number;   /* LH_API_NUMBER */
	const char *name; /* LH_API_NAME */
	uint32_t name_length;
	uint32_t name_number; /* of the first row with that name */
};

struct lh_api_kind {
	char name[LH_OWN_KIND_NAME];
	bool recursive;
};

struct lh_api {
	struct lh_api_row row[LH_API_ROWS_MAX];
	uint32_t rows;
	struct lh_api_kind kind[LH_API_KINDS_MAX]; /* 0: rows before the first line "kind" */
	uint32_t kinds;
};

/* "'WORD' PROBLEM; expected EXPECTED", or without WORD if its length is 0. */
struct lh_api_error {
	const char *word;
	uint32_t length;
	const char *problem, *expected;
};

void lh_api_begin(struct lh_api *);
/* Adds the row of the `n` bytes of a line without comment. False: *error. */
bool lh_api_read_line(struct lh_api *, const char *line, size_t n, uint32_t number,
		      struct lh_api_error *error);
/* The bytes of the line before its comment, which begins with a # that begins a word, and before
 * the blanks there. */
size_t lh_api_without_comment(const char *line, size_t n);

/* Does the result of a function say success? */
bool lh_api_is_success(const struct lh_api_row *, uint64_t result);

#endif
