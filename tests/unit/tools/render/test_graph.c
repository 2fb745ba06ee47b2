/* test_graph.c — tests the picture of the lock-order graph: what is folded, the grid, and that no
 * arrow meets a box.
 * LINKS: tools/render/ tools/report/ tools/ledger/ tools/symbols/ tools/machine_code/ libcheck/machine_code/ tools/util/ */
#include "tools/render/graph.h"
#include "tests/unit/ledger_builder.h"
#include "tests/unit/unit.h"
#include "tools/render/graph_layout.h"

enum { LOCKS = 44, RECTS_MAX = 100 };

static char *output;
static size_t length;

/* ---- the grid ---- */

static struct lh_arena *arena;
static struct lh_layout_edge edge[4000];
static bool marked[1000];

static struct lh_layout layout(uint32_t nodes, uint32_t edges)
{
	struct lh_layout l;

	lh_arena_free(arena);
	arena = lh_arena_new();
	l = lh_layout_graph(arena, nodes, edge, edges, marked, 8);
	for (uint32_t i = 0; i < nodes; i++) {
		CHECK(l.cell[i].column < l.columns && l.cell[i].row < l.rows);
		for (uint32_t k = 0; k < i; k++)
			if (l.cell[i].column == l.cell[k].column && l.cell[i].row == l.cell[k].row)
				CHECK(!"two nodes in one cell");
	}
	return l;
}

/* A chain is in rows like a text; a lock above hundreds of others does not make a column of them.
 */
static void shapes(void)
{
	struct lh_layout l;

	for (uint32_t i = 0; i < 479; i++)
		edge[i] = (struct lh_layout_edge){i, i + 1};
	l = layout(480, 479);
	CHECK_EQ(l.columns, 14);
	CHECK_EQ(l.rows, 35);
	CHECK_EQ(l.cell[13].column, 13);
	CHECK_EQ(l.cell[14].column, 0);
	CHECK_EQ(l.cell[14].row, 1);
	for (uint32_t i = 0; i < 499; i++)
		edge[i] = (struct lh_layout_edge){0, i + 1};
	l = layout(500, 499);
	CHECK(l.columns <= 16 && l.rows <= 80);
	l = layout(0, 0);
	CHECK_EQ(l.columns, 0);
}

/* In a small graph each edge leads to the right, but for one in each cycle. */
static void directions(void)
{
	static const struct lh_layout_edge list[] = {{0, 1}, {1, 2}, {2, 0},
						     {0, 2}, {3, 4}, {5, 5}};
	struct lh_layout l;
	uint32_t right = 0;

	memcpy(edge, list, sizeof(list));
	l = layout(6, 6);
	for (uint32_t i = 0; i < 6; i++)
		right += l.cell[edge[i].to].column > l.cell[edge[i].from].column;
	CHECK_EQ(right, 4);
	marked[3] = marked[4] = true; /* come first, although their component is smaller */
	l = layout(6, 6);
	CHECK_EQ(l.cell[3].column, 0);
	CHECK_EQ(l.cell[3].row, 0);
	CHECK(l.cell[0].column > l.cell[4].column || l.cell[0].row > 0);
	marked[3] = marked[4] = false;
}

/* Two rows of four locks each, joined crosswise: one sort removes all crossings. */
static void crossings(void)
{
	struct lh_layout l;

	for (uint32_t i = 0; i < 4; i++)
		edge[i] = (struct lh_layout_edge){i, 7 - i};
	edge[4] = (struct lh_layout_edge){0, 6}; /* connects two of the pairs, and so on */
	edge[5] = (struct lh_layout_edge){1, 5};
	edge[6] = (struct lh_layout_edge){2, 4};
	l = layout(8, 7);
	for (uint32_t i = 0; i < 7; i++)
		for (uint32_t k = 0; k < 7; k++)
			if (l.cell[edge[i].from].row < l.cell[edge[k].from].row)
				CHECK(l.cell[edge[i].to].row <= l.cell[edge[k].to].row);
}

static uint32_t random_below(uint32_t n)
{
	static uint64_t state = 12345;

	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)((state >> 33) % n);
}

static void any_graph(void)
{
	for (uint32_t n = 1; n < 300; n = n * 3 / 2 + 1) {
		for (uint32_t i = 0; i < 2 * n; i++)
			edge[i] = (struct lh_layout_edge){random_below(n), random_below(n)};
		for (uint32_t i = 0; i < n; i++)
			marked[i] = random_below(5) == 0;
		layout(n, 2 * n);
	}
	memset(marked, 0, sizeof(marked));
}

/* ---- the picture ---- */

/* LOCKS locks; each thread's chain is an order. The cycle is of the locks 0 and 1. */
static struct lh_ledger *many_locks(void)
{
	struct lh_ledger *l = build_ledger(100, "/opt/many");
	lh_lock_id id[LOCKS];
	lh_stack_id none[4] = {0};

	for (int i = 0; i < 3; i++)
		build_thread(l, 100 + i, "");
	for (uint32_t i = 0; i < LOCKS; i++) {
		char name[LH_LOCK_NAME_MAX];

		snprintf(name, sizeof(name), "lock<%u>", i);
		id[i] = build_lock(l, LH_MUTEX, 0x4000 + 64ull * i, name);
	}
	build_abba(l, id[0], id[1], none);
	for (uint32_t i = 0; i < 24; i++) /* at most 31 chains of two */
		build_dependency(l, 1, 0, id[i], id[i < 4 ? 43 - i : i + 20]);
	return l;
}

static void draw(struct lh_ledger *l, struct lh_render_text_style style)
{
	struct lh_report *report =
		lh_report_new((struct lh_report_options){.every_lock = true, .orders = true});
	struct lh_ledger_view ledger;
	FILE *out;

	free(output);
	out = open_memstream(&output, &length);
	CHECK(lh_read_view(&ledger, l, l->total));
	lh_report_add_ledger(report, &ledger);
	lh_report_finish(report);
	CHECK_EQ(lh_render(lh_render_svg, report, &style, out), 0);
	fclose(out);
	lh_report_free(report);
}

static unsigned occurrences(const char *what)
{
	unsigned n = 0;

	for (const char *at = output; (at = strstr(at, what)) != NULL; at++)
		n++;
	return n;
}

static void folded(void)
{
	struct lh_ledger *l = many_locks();

	draw(l, (struct lh_render_text_style){0});
	CHECK_EQ(occurrences("<g class=\"lock cycle\""), 2);
	CHECK_EQ(occurrences("<g class=\"edge cycle\""), 2);
	CHECK_EQ(occurrences("<g class=\"lock"), 5); /* two neighbours, and the others */
	CHECK_EQ(occurrences("<title>40 locks, others"), 1);
	CHECK_EQ(occurrences("--all-locks draws each"), 1);
	draw(l, (struct lh_render_text_style){.all_locks = true});
	CHECK_EQ(occurrences("<g class=\"lock"), 44);
	CHECK_EQ(occurrences("--all-locks"), 0);
	draw(l, (struct lh_render_text_style){.cycles_only = true});
	CHECK_EQ(occurrences("<g class=\"lock"), 2);
	CHECK_EQ(occurrences("42 more locks are not drawn"), 1);
}

struct rect {
	double x, y, width, height;
};
static struct rect rect[RECTS_MAX];
static uint32_t rects;

static void read_boxes(void)
{
	rects = 0;
	for (const char *at = output; (at = strstr(at, "<rect x=\"")) != NULL && rects < RECTS_MAX;
	     at++)
		rects += sscanf(at, "<rect x=\"%lf\" y=\"%lf\" width=\"%lf\" height=\"%lf\"",
				&rect[rects].x, &rect[rects].y, &rect[rects].width,
				&rect[rects].height) == 4;
}

static bool is_free(double x, double y)
{
	for (uint32_t i = 0; i < rects; i++)
		if (x > rect[i].x + 0.5 && x < rect[i].x + rect[i].width - 0.5 &&
		    y > rect[i].y + 0.5 && y < rect[i].y + rect[i].height - 0.5)
			return false;
	return x >= 0 && y >= 0;
}

static double between(const double p[4], double t)
{
	double u = 1 - t;

	return u * u * u * p[0] + 3 * u * u * t * p[1] + 3 * u * t * t * p[2] + t * t * t * p[3];
}

/* Points on the curves and lines of a path "M1 2C3 4 5 6 7 8H9C...". */
static bool path_is_free(const char *at)
{
	double x[4], y[4], to;
	bool is = true;
	int n;

	if (sscanf(at, "M%lf %lf%n", &x[0], &y[0], &n) != 2)
		return false;
	for (at += n; *at == 'C' || *at == 'H'; at += n) {
		if (sscanf(at, "H%lf%n", &to, &n) == 1) {
			for (double t = 0; t <= 1; t += 0.01)
				is &= is_free(x[0] + (to - x[0]) * t, y[0]);
			x[0] = to;
			continue;
		}
		if (sscanf(at, "C%lf %lf %lf %lf %lf %lf%n", &x[1], &y[1], &x[2], &y[2], &x[3],
			   &y[3], &n) != 6)
			return false;
		for (double t = 0; t <= 1; t += 0.02)
			is &= is_free(between(x, t), between(y, t));
		x[0] = x[3];
		y[0] = y[3];
	}
	return is && *at == '"';
}

static void around_boxes(void)
{
	uint32_t paths = 0;

	draw(many_locks(), (struct lh_render_text_style){.all_locks = true});
	read_boxes();
	CHECK_EQ(rects, LOCKS);
	for (const char *at = output; (at = strstr(at, " d=\"M")) != NULL; at++) {
		if (strchr("l", at[4 + strcspn(at + 4, "Cl")])) /* the tip of an arrow */
			continue;
		CHECK(path_is_free(at + 4));
		paths++;
	}
	CHECK(paths >= 26);
	CHECK(!path_is_free("M0 65C100 65 200 65 300 65\"")); /* through the first box */
}

int main(void)
{
	shapes();
	directions();
	crossings();
	any_graph();
	folded();
	around_boxes();
	free(output);
	lh_arena_free(arena);
	return unit_done();
}
