/*
 * fuzz_read.c — any bytes as a ledger: read, made into a report, rendered and packed, without names
 * from files (a path in a ledger would make the fuzzer read the disk). See docs/format.md.
 *
 * Built with libFuzzer (make fuzz), or with replay.c to run the corpus anywhere.
 */
#include "tools/render/render.h"
#include "tools/lock_order/cross_process.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static FILE *sink;
static int hole = -1;

static void walk(const struct lh_ledger_view *r)
{
	lh_chain_id chain[LH_HELD_MAX];
	uint64_t frame[LH_FRAMES_MAX];
	struct lh_module module;
	struct lh_hb_edge event;
	struct lh_live_thread live;
	struct lh_chain_visit seen;

	for (uint32_t i = 0; i < 300; i++) {
		lh_read_chain_path(r, i, chain, LH_HELD_MAX);
		lh_read_frames(r, i, frame);
		lh_read_live_thread(r, i, &live);
		lh_read_visit(r, i, &seen);
		lh_read_hb_edge(r, i, &event);
	}
	lh_read_module_at(r, 0x1000010, &module);
	lh_read_pack(r, hole);
}

static void show(struct lh_report *m)
{
	static const struct lh_render_text_style style = {
		.color = true, .filtered = true, .locks = true, .source = false};

	lh_report_finish(m);
	for (const struct lh_format *f = lh_render_formats; f->name; f++)
		if (lh_render(f->render, m, &style, sink) != 0)
			abort(); /* writing to /dev/null cannot fail: the renderer is wrong */
}

/* As a file: the reader copies all rows. */
static void as_file(const uint8_t *data, size_t size)
{
	struct lh_report *m = lh_report_new((struct lh_report_options){.every_lock = true});
	struct lh_ledger_file s;

	if (lh_read_bytes(&s, data, size, "fuzz") != (s.n > 0))
		abort();
	if (!s.n && !s.error[0])
		abort(); /* no ledger and no error */
	for (uint32_t i = 0; i < s.n; i++)
		walk(&s.view[i]);
	lh_report_add_file(m, &s);
	lh_cross_process_check(m, true);
	show(m);
	lh_report_free(m);
	lh_read_close(&s);
}

/* As a live ledger, read in place, finding by finding. */
static void as_memory(const uint8_t *data, size_t size)
{
	struct lh_report *m = lh_report_new((struct lh_report_options){0});
	uint64_t *copy = malloc(size ? size : 1);
	struct lh_ledger_view r;

	if (!copy)
		abort();
	memcpy(copy, data, size);
	if (lh_read_view(&r, copy, size)) {
		walk(&r);
		for (uint32_t i = 0; i < lh_read_used(&r, LH_T_FINDING) && i < 100; i++)
			lh_report_add_row(m, &r, i, NULL);
		lh_read_refresh(&r);
		show(m);
	}
	lh_report_free(m);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!sink) {
		sink = fopen("/dev/null", "w");
		hole = open("/dev/null", O_WRONLY | O_CLOEXEC);
	}
	as_file(data, size);
	as_memory(data, size);
	return 0;
}
