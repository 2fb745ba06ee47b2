/*
 * report.h — what one or many ledgers say, named, merged and in a fixed order.
 *
 * Everything a renderer prints comes from here: renderers never read ledgers,
 * never sort, never decide. Findings that are the same one (equal fingerprint) in
 * several places or processes are merged and counted.
 *
 * Does not print, and opens no file but through symbols/symbols.h.
 *
 * - All memory belongs to the model and goes with it, so pointers into it are good
 *   until lh_report_free. Strings are raw bytes as the program gave them: whoever
 *   prints them escapes them (util/escape.h).
 * - A record must live until the model is freed, or until nothing more is asked of it
 *   by lh_report_add_ledger and lh_report_add_row.
 */
#ifndef LH_REPORT_REPORT_H
#define LH_REPORT_REPORT_H

#include "tools/ledger/reader.h"

struct lh_symbols;
struct lh_report;

/* One line of a stack. Text fields are NULL and line 0 when not known. */
struct lh_report_frame {
	const char *function; /* demangled */
	const char *file;     /* as the debug information has it, made absolute if it can be */
	uint32_t line, column;
	const char *module;   /* path of the object */
	const char *build_id; /* hex */
	uint64_t offset;      /* address in the object's file: what addr2line takes */
	uint64_t address;     /* as it was in the process */
	bool script;          /* a line of an interpreted program: no object, no offset */
	bool inlined;         /* a line of the next one that is no call of its own */
	bool ours;   /* of this library, or below a thread's first function: hidden in text */
	bool system; /* a system library's or header's: no place to point at */
};

struct lh_report_stack {
	const struct lh_report_frame *frame;
	uint32_t n;
	bool cut;         /* there was more */
	bool approximate; /* may not be exact */
};

struct lh_report_process {
	const struct lh_ledger_view *ledger;
	int32_t pid, parent;
	const char *exe, *command, *comm;
	char end[24]; /* "exit 0", "signal 9", "running", "lost", "exec"; "" not known */
	uint32_t threads, locks;
	uint64_t acquired, contended;
	uint32_t dropped_locks, dropped_stacks, dropped_chains, dropped_events, dropped_findings;
	uint32_t unrecorded, searches_cut, locations_unknown;
	uint32_t shake, shakes; /* seed of the naps before acquisitions, 0 none; how many */
	uint64_t shaken_ns;
	bool united;         /* judged together with others that share its locks
				(lock_order/cross_process.h) */
	const char *problem; /* what its ledger lacks, NULL nothing */
};

struct lh_report_thread { /* a thread */
	const struct lh_report_process *process;
	uint32_t id; /* row: T1, T2 */
	lh_thread_id row;
	int32_t tid;
	const char *name; /* "" if it has none */
	bool unnamed;     /* nobody named it: the name is the program's */
	bool main;
	int32_t foreign_tid; /* the finding is of several processes, and this one's number is told;
			      * 0
			      */
	const struct lh_report_stack *created; /* NULL not known */
};

struct lh_report_lock { /* a lock */
	const struct lh_report_process *process;
	uint32_t id; /* number in this model, 1 and up */
	lh_lock_id lock;
	const char *name;  /* always there: given, symbol, birthplace, or kind and number */
	const char *class; /* what stays the same from run to run; for fingerprints */
	bool variable;     /* ...and it is a variable's name, which may have members */
	bool by_first;     /* ...or where it was first taken, for want of anything better */
	const char *kind;
	bool named; /* `name` is a name and no description: quote it */
	struct lh_lock row;
	struct lh_lock_stats stats;
	const struct lh_report_stack *init_stack, *first_stack; /* NULL not known */
	uint32_t queue;   /* most who were seen to wait for it at once */
	uint64_t seen_ns; /* sum of the waits that looks have met */
	const struct lh_wait_pair_stats
		*worst; /* the longest wait for it that was seen; NULL none */
	struct lh_lock_service_stats
		*service; /* lock_stats.h: how it treats who wants it; NULL nobody did */
	bool counted;     /* service has the statistics of the lock's own row */
};

struct lh_report_step {                        /* a step of a finding */
	const struct lh_report_thread *thread; /* NULL not known */
	const struct lh_report_lock *lock;     /* NULL not known, or none */
	enum lh_action action;
	enum lh_mode mode;
	enum lh_how how;
	const struct lh_report_stack *stack; /* never NULL, maybe of no frames */
	const struct lh_report_frame *frame; /* the frame to point at, NULL none */
	const char *note;                    /* what else is to be said of it, NULL nothing */
};

/* What one thread does in a finding: its steps in a row, and the two that make the circle. */
struct lh_report_part {
	const struct lh_report_thread *thread; /* NULL: not known, or any of many */
	uint32_t first, n;                     /* steps */
	const struct lh_report_step *holds; /* the one that matters to the part before; NULL none */
	const struct lh_report_step *does;  /* the last one that is not `holds`; NULL none */
};

enum lh_status { LH_NEW, LH_BASELINE, LH_SUPPRESSED };

struct lh_report_finding {                       /* a finding */
	const struct lh_report_process *process; /* where it was seen first */
	enum lh_rule rule;
	enum lh_level level;
	enum lh_severity severity;
	enum lh_filter filter; /* LH_F_NONE: a finding; else why it was set aside */
	enum lh_status status; /* LH_NEW, until baselines and suppressions say otherwise */
	const char *reason;    /* of the status, NULL none */
	bool open, by_class;
	char fingerprint[17];
	uint64_t count;
	uint32_t processes; /* in how many it was seen */
	uint64_t duration_ns;
	const char *message;                    /* one sentence */
	const char *title, *meaning, *help;     /* the rule's, if nothing fits better */
	const struct lh_report_thread **thread; /* each once, in order of appearance */
	uint32_t threads;
	const struct lh_report_lock **lock;
	uint32_t locks;
	const struct lh_report_step *step;
	uint32_t steps;
	const struct lh_report_part *part; /* the steps thread by thread */
	uint32_t parts;
	bool cycle; /* each part waits for what the next one holds, the last for the first's */
	uint32_t cycle_parts; /* parts in the ring; those behind it are writers that must queue */
	const struct lh_report_frame *frame; /* where the finding points, NULL nowhere */
};

/* One lock was asked for, without a limit in time, while another one was held. */
struct lh_report_order {
	const struct lh_report_process *process; /* where it was seen first */
	const struct lh_report_lock *held, *wanted;
	lh_chain_id held_node, chain; /* rows of its record that show it */
	lh_thread_id thread;          /* somebody who was seen there, 0 not known */
	uint32_t sites;               /* at so many */
	bool direct;                  /* nothing was taken between the two */
};

struct lh_report_options {
	struct lh_symbols *symbols; /* NULL: no names, module and offset only */
	bool every_lock;            /* model->lock holds all locks, not only those of findings */
	bool orders;                /* model->order is filled */
	bool by_class; /* circles of birthplaces are wanted as well (lock_order/by_class.h) */
	bool filtered; /* what is judged here hands out what a filter sets aside too */
	const char *wrappers; /* of lock_order/by_class.h; NULL none */
	/* Asked about each finding once it is complete: may set its status and reason. NULL: all
	 * are new. */
	void (*classify)(void *with, const struct lh_report *, struct lh_report_finding *);
	void *with;
};

struct lh_report {
	struct lh_report_process **process;
	uint32_t processes;
	struct lh_report_finding **finding; /* filter == LH_F_NONE */
	uint32_t findings;
	struct lh_report_finding **filtered; /* the others */
	uint32_t filtereds;
	struct lh_report_lock **lock;
	uint32_t locks;
	struct lh_report_lock **busiest; /* the same by time waited for, set by lh_report_finish */
	struct lh_report_order **order;  /* by process, in the order in which they were seen */
	uint32_t orders;
	struct lh_wait_stats *profile; /* lock_stats.h, with every_lock; NULL none */
	const char **note; /* what a reader of the report must know: cut files, replaced objects */
	uint32_t notes;
	struct lh_report_private *private_data; /* private */
};

struct lh_report *lh_report_new(struct lh_report_options);
void lh_report_free(struct lh_report *);

/* Adds all of a record: process, findings, locks. */
void lh_report_add_ledger(struct lh_report *, const struct lh_ledger_view *);

/* Adds all records of a shelf, and its trouble to the notes. */
void lh_report_add_file(struct lh_report *, const struct lh_ledger_file *);

/*
 * Adds one finding of a record (and its process, if it is new) and returns it, or NULL if
 * there is no such row. *fresh: nobody has seen one like it before in this model. The
 * monitor uses it to print findings as they come.
 */
struct lh_report_finding *lh_report_add_row(struct lh_report *, const struct lh_ledger_view *,
					    uint32_t row, bool *fresh);

/* One row of a record at a time, made at the first call: for views of what goes on now. */
struct lh_report_process *lh_report_get_process(struct lh_report *, const struct lh_ledger_view *);
/* A lock, a thread. NULL: there is no such row. */
struct lh_report_lock *lh_report_get_lock(struct lh_report *, const struct lh_report_process *,
					  lh_lock_id);
const struct lh_report_thread *lh_report_get_thread(struct lh_report *,
						    const struct lh_report_process *, lh_thread_id);
/* A stack. Never NULL; stack 0 is empty. */
const struct lh_report_stack *lh_report_get_stack(struct lh_report *,
						  const struct lh_report_process *, lh_stack_id);
/* The frame to point at: the program's own, with a line, if there is one. NULL: no frames. */
const struct lh_report_frame *lh_report_best_frame(const struct lh_report_stack *);

/*
 * Adds a finding that no ledger has: the front end has made it from what the ledger
 * shows. One by class that was told by instance is not added: that one is returned. `row` and
 * `step` are as they would stand there. message: NULL, or instead of the rule's own.
 */
struct lh_report_finding *lh_report_add_finding(struct lh_report *, const struct lh_ledger_view *,
						const struct lh_finding *row,
						const struct lh_step *step, const char *message);

/* A finding of several processes. */
struct lh_cross_step {
	const struct lh_report_process *process;
	struct lh_step step;               /* rows of the process's record */
	const struct lh_report_lock *lock; /* NULL, or what stands for its lock in all processes */
};
/*
 * Adds it, the rule's message and `more` behind it. One that is known already is left as it is:
 * who adds these has looked at rows that others have looked at.
 */
struct lh_report_finding *lh_report_add_cross_finding(struct lh_report *,
						      const struct lh_finding *row,
						      const struct lh_cross_step *, uint32_t n,
						      const char *more);

/* "bank+0x4060" for an address in an object's data; NULL: it is elsewhere. */
const char *lh_report_data_place(struct lh_report *, const struct lh_report_process *,
				 uint64_t address);

/* Where the orders' two steps were: what a finding made of it needs. */
lh_site lh_report_order_place(const struct lh_report_order *, bool wanted);
const struct lh_report_frame *lh_report_order_frame(const struct lh_report *,
						    const struct lh_report_order *);

/* Adds a note. */
void lh_report_note(struct lh_report *, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Puts everything into its final order. Needed before a renderer; may be called again. */
void lh_report_finish(struct lh_report *);

/* Findings that are new and at least this severe. */
uint32_t lh_report_new_findings(const struct lh_report *, enum lh_severity least);

/* "T2 'worker'", "T1 'main'", "another thread"; and "'accounts'" or "mutex born at bank.c:41". In
 * the pool of the model; raw bytes. */
const char *lh_report_thread_text(const struct lh_report *, const struct lh_report_thread *);
const char *lh_report_lock_text(const struct lh_report *, const struct lh_report_lock *);
/* "takes 'a' to read", "waits for 'b'", "joins T3": one step as words, `now` present or past tense.
 */
const char *lh_report_step_text(const struct lh_report *, const struct lh_report_finding *,
				const struct lh_report_step *, bool now);
/* "a -> b -> a"; NULL when the finding is no ring. */
const char *lh_report_cycle_text(const struct lh_report *, const struct lh_report_finding *);
/* "T2 takes 'a'; T3 takes 'b'; T2 waits for 'b'; T3 waits for 'a': neither goes on"; NULL: no ring.
 */
const char *lh_report_schedule(const struct lh_report *, const struct lh_report_finding *);
/* Why a filter set it aside, a clause. */
const char *lh_name_why(enum lh_filter);
/* "1.5 s", "120 ms", "10 us" */
const char *lh_report_time(const struct lh_report *, uint64_t ns);

/* Words of the format: "lock-order", "error", "potential", "threads", "holds", "mutex",
 * "exclusive", "new". */
const char *lh_name_rule(enum lh_rule);
const char *lh_name_title(enum lh_rule);
const char *lh_name_meaning(enum lh_rule);
const char *lh_name_help(enum lh_rule);
enum lh_severity lh_name_rule_severity(enum lh_rule); /* of most of its findings */
const char *lh_name_severity(enum lh_severity);
const char *lh_name_level(enum lh_level);
const char *lh_name_filter(enum lh_filter);
const char *lh_name_action(enum lh_action);
const char *lh_name_kind(unsigned kind);
const char *lh_name_status(enum lh_status);
/* The rule of that name, LH_NO_RULE if there is none. */
enum lh_rule lh_name_find_rule(const char *name);

#endif
