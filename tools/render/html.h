/*
 * html.h — what the parts of the HTML page share: clean text, the stacks that the page has already,
 * and tables.
 *
 * The page is one file that loads nothing. It works without its script, which only filters, sorts
 * and zooms. Texts of the checked process pass through lh_html_text.
 */
#ifndef LH_RENDER_HTML_H
#define LH_RENDER_HTML_H

#include "tools/render/view.h"
#include "tools/util/map.h"

/* The most findings that the page shows whole, rows of a table, and variants of a finding. */
enum { LH_HTML_FINDINGS = 200, LH_HTML_ROWS = 2000, LH_HTML_VARIANTS = 100 };

struct lh_html {
	struct lh_view *v;
	struct lh_map stacks; /* the number of each stack that the page has, by its text */
	uint32_t stack_n;
	size_t stack_bytes;
};

/* html_page.c: the style, the script, and what the security policy says of the script. */
extern const char lh_html_style[], lh_html_script[];
#define LH_HTML_SCRIPT_HASH "sha256-gQNx60yQCu91Iw2Ovy6W1phUof+7BUxTfniAUO2o+dU="

/* html_text.c */
/* Clean, escaped, and cut if it is very long. NULL: "". */
const char *lh_html_text(struct lh_html *, const char *);
/* " <code>bank.c:41</code>"; NULL: "". */
const char *lh_html_code(struct lh_html *, const char *);
/* " in bank[4711]", of a report with several processes; otherwise "". */
const char *lh_html_in_process(struct lh_html *, const struct lh_report_process *);
/* Begins a box that scrolls, with a name for those who do not see it; `</div>` ends it. */
void lh_html_scroll(struct lh_html *, const char *kind, const char *label);
/* The source around a frame, with a caret below the column that says `label`. */
void lh_html_source(struct lh_html *, const struct lh_report_frame *, const char *label);
/* A folded stack: whole where it stands first, later a reference. */
void lh_html_stack(struct lh_html *, const struct lh_report_stack *);

/* html_head.c */
/* "5 findings: 1 error, 4 warnings; 3 new" */
const char *lh_html_title(struct lh_html *);
/* Begins a page and its <header>, with the program and this title; ends <main> and the page. */
void lh_html_begin(struct lh_html *, const char *title);
void lh_html_end(struct lh_html *);
void lh_html_head(struct lh_html *);

/* html_list.c: the list of findings, with links. */
void lh_html_list(struct lh_html *);
/* If the style asks for them: the filtered findings, and why they are filtered. */
void lh_html_filtered(struct lh_html *);
/* html_finding.c */
void lh_html_finding(struct lh_html *, const struct lh_report_finding *);
/* html_graph.c: the lock-order graph, as a picture and as a table. */
void lh_html_graph(struct lh_html *);
/* html_locks.c: the locks, who waited for whom, the five properties. */
void lh_html_locks(struct lh_html *);
/* html_threads.c: the threads that a finding names or that waited. */
void lh_html_threads(struct lh_html *);
/* html_tables.c: processes, rules. */
void lh_html_processes(struct lh_html *);
void lh_html_rules(struct lh_html *);

/* html_table.c. A column's name begins with # if it has numbers, then with ! if the rows are in its
 * descending order; NULL ends the list. The caption is HTML. */
void lh_html_table_begin(struct lh_html *, const char *caption, const char *const *column);
void lh_html_table_end(struct lh_html *);
void lh_html_cell(struct lh_html *, const char *text);
void lh_html_cell_number(struct lh_html *, uint64_t); /* 0: nothing */
void lh_html_cell_time(struct lh_html *, uint64_t ns);
/* What can be folded: open if it has few rows. */
void lh_html_fold_begin(struct lh_html *, uint32_t n, const char *one, const char *many);
void lh_html_fold_end(struct lh_html *);
/* A field that searches the tables of its section, if they have many rows. */
void lh_html_search(struct lh_html *, const char *what, uint32_t rows);

#endif
