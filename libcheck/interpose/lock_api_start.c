/*
 * lock_api_start.c — the functions that --lock-api names: reads the rows, redirects the functions
 * when the library starts and when objects are loaded, and says what became of the rows.
 */
#include "libcheck/interpose/lock_api.h"
#include "libcheck/interpose/lock_api_internal.h"
#include "libcheck/base/options.h"
#include "libcheck/base/text.h"
#include "libcheck/ledger/own_ledger.h"

#include <fcntl.h>
#include <link.h>

extern struct r_debug _r_debug __attribute__((weak));

static uint8_t result[LH_RUN_API_ROWS]; /* of each row in this process, bits of redirect.h */

#if defined(__x86_64__)
static void redirect(void)
{
	lh_api_redirect(&lh_lock_api_rows, lh_lock_api_entry, result);
}

static void find_functions(void);

static void objects_changed(void)
{
	if (_r_debug.r_state == RT_CONSISTENT && !lh_sys_seccomp_active())
		find_functions();
}

/* The loader calls an empty function when its list of objects has changed, for debuggers; when an
 * object is loaded, before the object's own code runs. */
static void watch_loader(void)
{
	lh_lock_api_prepare(objects_changed);
	if (&_r_debug && _r_debug.r_brk)
		lh_api_redirect_one(_r_debug.r_brk, &lh_lock_api_loader_row, lh_lock_api_entry);
}
#else
static void redirect(void)
{
}

static void watch_loader(void)
{
}
#endif

static char text[LH_RUN_API_BYTES];

static void begin_line(struct lh_text *t)
{
	lh_text_add(t, "lockhound: ");
	lh_text_safe(t, lh_options.lock_api);
	lh_text_add(t, ":");
}

static void report_bad_row(const struct lh_api_error *e, uint32_t number, const char *line)
{
	char buffer[512];
	struct lh_text t = LH_TEXT(buffer);

	begin_line(&t);
	lh_text_number(&t, number);
	lh_text_add(&t, ":");
	lh_text_number(&t, (uint64_t)(e->word - line) + 1);
	lh_text_add(&t, e->length ? ": '" : ": ");
	for (uint32_t i = 0; i < e->length && i < 100; i++)
		lh_text_char(&t, e->word[i]);
	lh_text_add(&t, e->length ? "' " : "");
	lh_text_add(&t, e->problem);
	lh_text_add(&t, "; expected ");
	lh_text_add(&t, e->expected);
	lh_text_add(&t, "; the file is not used\n");
	lh_sys_write(2, buffer, t.n);
}

static bool read_rows(void)
{
	const char *line = text;
	struct lh_api_error error;

	lh_api_begin(&lh_lock_api_rows);
	for (uint32_t number = 1; *line; number++) {
		size_t n = 0;
		while (line[n] && line[n] != '\n')
			n++;
		if (!lh_api_read_line(&lh_lock_api_rows, line, lh_api_without_comment(line, n),
				      number, &error)) {
			report_bad_row(&error, number, line);
			lh_lock_api_rows.rows = 0;
			return false;
		}
		line += line[n] ? n + 1 : n;
	}
	return true;
}

static void report_problem(const char *problem)
{
	char buffer[512];
	struct lh_text t = LH_TEXT(buffer);

	begin_line(&t);
	lh_text_add(&t, " ");
	lh_text_add(&t, problem);
	lh_text_add(&t, "\n");
	lh_sys_write(2, buffer, t.n);
}

/* The front end sends the text, which it has checked; without one the file is read. */
static bool find_text(void)
{
	const struct lh_run_header *header = lh_own_ledger.run_header;
	long n;

	if (header) {
		__builtin_memcpy(text, header->api, sizeof(text) - 1);
		return text[0];
	}
	if (!lh_options.lock_api[0])
		return false;
	int fd = lh_sys_open(lh_options.lock_api, O_RDONLY | O_CLOEXEC, 0);
	n = fd < 0 ? fd : lh_sys_read(fd, text, sizeof(text));
	if (fd >= 0)
		lh_sys_close(fd);
	if (n < 0 || n == (long)sizeof(text))
		report_problem(n < 0 ? "cannot be read" : "is longer than 24575 bytes");
	return n > 0 && n < (long)sizeof(text);
}

/* A kind of which only some calls are seen would make reports wrong: a lock would stay held. */
static bool is_complete(uint32_t kind)
{
	bool acquires = false, releases = false;

	for (uint32_t i = 0; i < lh_lock_api_rows.rows; i++) {
		const struct lh_api_row *r = &lh_lock_api_rows.row[i];
		if (r->kind != kind)
			continue;
		if (result[i] & LH_API_PROBLEMS)
			return false;
		acquires |= r->action <= LH_API_TIMED && (result[i] & LH_API_REDIRECTED);
		releases |= r->action == LH_API_RELEASE && (result[i] & LH_API_REDIRECTED);
	}
	return acquires && releases;
}

static void find_functions(void)
{
	struct lh_run_header *header = (struct lh_run_header *)lh_own_ledger.run_header;

	redirect();
	for (uint32_t i = 0; i < lh_lock_api_rows.kinds; i++)
		lh_lock_api_off[i] &= !is_complete(i);
	for (uint32_t i = 0; header && i < lh_lock_api_rows.rows; i++)
		__atomic_fetch_or(&header->api_result[i], result[i], __ATOMIC_RELAXED);
}

void lh_lock_api_start(void)
{
	if (!find_text() || !read_rows())
		return;
	for (uint32_t i = 0; i < lh_lock_api_rows.kinds; i++) {
		lh_text_copy(lh_own_ledger.ledger->own_kind[i], LH_OWN_KIND_NAME,
			     lh_lock_api_rows.kind[i].name);
		lh_lock_api_off[i] = true;
	}
	watch_loader();
	find_functions();
}

void lh_lock_api_report(void)
{
	for (uint32_t i = 0; !lh_own_ledger.run_header && i < lh_lock_api_rows.rows; i++) {
		char buffer[256];
		struct lh_text t = LH_TEXT(buffer);
		if ((result[i] & LH_API_FOUND) && !(result[i] & LH_API_PROBLEMS))
			continue;
		lh_text_add(&t, "line ");
		lh_text_number(&t, lh_lock_api_rows.row[i].line);
		lh_text_add(&t, result[i] & LH_API_PROBLEMS
					? ": the function cannot be watched, nor its kind of lock"
					: ": no object of the program has this function");
		report_problem(buffer);
	}
}
