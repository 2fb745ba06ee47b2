/*
 * report.h — the report: the contents of one or more ledgers, named, merged and sorted.
 *
 * Everything that a renderer prints comes from a report: renderers do not read ledgers, do not
 * sort and do not decide. Findings with the same rule, filter and fingerprint are merged and
 * counted, also across processes; their call paths are kept as variants.
 *
 * Does not print. Opens no file except through symbols/symbols.h.
 *
 * - Ownership: the report's arena owns all memory, so every pointer into a report is valid until
 *   lh_report_free. Strings are raw bytes from the program; the renderer escapes them
 *   (util/escape.h).
 * - Lifetime: a ledger view must live as long as this module or a renderer may read a row of it.
 *   Locks, threads and stacks are read when they are first needed, and only once.
 */
#ifndef LH_REPORT_REPORT_H
#define LH_REPORT_REPORT_H

#include "tools/ledger/reader.h"

struct lh_arena;
struct lh_symbols;
struct lh_report;

/* One line of a stack. A text field that is not known is NULL; an unknown line is 0. */
struct lh_report_frame {
	const char *function;        /* demangled */
	const char *former_function; /* as earlier versions called it; NULL: the same */
	const char *file;            /* from the debug information, made absolute if possible */
	uint32_t line, column;
	const char *module;   /* path of the object */
	const char *build_id; /* hex */
	uint64_t offset;      /* address in the object file, as addr2line takes it */
	uint64_t address;     /* address in the process */
	bool script;          /* a line of an interpreted program: no object, no offset */
	bool inlined;         /* inlined into the function of the next frame */
	bool folded;          /* one copy of several functions, of which `function` is any */
	/* hidden in text: the C library's start of the thread, or a C++ header between the program
	 * and the lock call */
	bool ours;
	bool system;  /* in a system library or header */
	bool wrapper; /* only acquires a lock for its caller; no fingerprint depends on this */
	bool inside;  /* in a file below the top of the source tree, if that is known */
};

struct lh_report_stack {
	const struct lh_report_frame *frame;
	uint32_t n;
	bool cut;         /* the outer frames are missing */
	bool approximate; /* unwound through code without unwind tables */
	/* of a script that initializes a lock: what the script calls the lock, and the kind of
	 * lock in the words of its language; NULL unknown */
	const char *lock_name, *lock_kind;
};

/* Waits in futexes of the program's own. */
struct lh_futex_waits {
	uint64_t n, ns, max_ns;
};

struct lh_report_process {
	const struct lh_ledger_view *ledger;
	int32_t pid, parent;
	const char *exe, *command, *comm;
	/* where it comes from; NULL, and 0: not known, or none */
	const char *host, *container, *commit, *test;
	uint32_t rank;          /* plus 1 */
	uint32_t shard, shards; /* of the test; `shard` from 1 */
	uint64_t start_wall_ns; /* wall clock at the start, nanoseconds since 1970 */
	char end[24];           /* "exit 0", "signal 9", "running", "lost", "exec"; "" unknown */
	uint32_t threads, locks;
	uint64_t acquired, contended;
	uint64_t internal_lock_taken; /* 0: not known */
	struct lh_futex_waits futex;  /* in none of the counts above */
	uint32_t dropped_locks, dropped_stacks, dropped_chains, dropped_events, dropped_findings;
	uint32_t unrecorded, searches_cut, locations_unknown;
	uint32_t shake, shakes; /* option `shake`: seed of the delays (0 none), number of delays */
	uint64_t shaken_ns;     /* sum of the delays */
	/* lock_order/cross_process.h has checked it together with processes that share its locks */
	bool united;
	const char *problem; /* what its ledger lacks; NULL nothing */
};

struct lh_report_thread {
	const struct lh_report_process *process;
	uint32_t id; /* the number in T1, T2: the row; in a cross-process finding, its own count */
	lh_thread_id row;
	int32_t tid;
	const char *name; /* "" if it has none */
	bool unnamed;     /* the program set no name: `name` is "" or the name of the process */
	bool main;
	/* the pid to report beside the thread, because its finding spans processes; 0: none */
	int32_t foreign_tid;
	const struct lh_report_stack *created; /* stack of the create call; NULL unknown */
};

struct lh_report_lock {
	const struct lh_report_process *process;
	uint32_t id; /* number in this report, from 1 */
	lh_lock_id lock;
	/* never NULL: the name from lockhound.h, the variable, the type and the member, or a
	 * description; the same in every run */
	const char *name;
	/* the name; without " (1)", which tells locks of one finding apart. Such a finding has
	 * copies of its locks, with the same id. */
	const char *plain;
	const char *class;        /* the same in every run; for fingerprints */
	const char *former_class; /* as earlier versions had it */
	bool variable;            /* `class` is the name of a variable, which may have members */
	bool by_first;         /* `class` is only the kind and the stack of the first acquisition */
	const char *kind;      /* for JSON and fingerprints */
	const char *kind_text; /* in the words of the program's language: "lock", "RLock" */
	bool named;            /* `name` is a name, not a description: quote it */
	struct lh_lock row;
	struct lh_lock_stats stats;
	const struct lh_report_stack *init_stack, *first_stack; /* NULL unknown */
	/* futex: of the thread that woke others there last, and that thread; NULL none */
	const struct lh_report_stack *wake_stack;
	const struct lh_report_thread *waker;
	uint32_t queue;   /* most waiters in one sample of the monitor */
	uint64_t seen_ns; /* sum of the sampled wait times */
	/* the wait pair with the longest sampled wait for this lock; NULL none */
	const struct lh_wait_pair_stats *worst;
	struct lh_contention_stats *contention; /* lock_stats.h; NULL no statistics */
	bool counted; /* `contention` has the statistics of the lock's contention row */
};

struct lh_report_step {
	const struct lh_report_thread *thread; /* NULL unknown */
	const struct lh_report_lock *lock;     /* NULL unknown, or none */
	enum lh_action action;
	enum lh_mode mode;
	enum lh_how how;
	lh_site site;                        /* in the ledger of the lock's process */
	const struct lh_report_stack *stack; /* never NULL; may have no frames */
	const struct lh_report_frame *frame; /* the place; NULL none */
	const char *note;                    /* text beside the step; NULL none */
	uint32_t left_out;                   /* see lh_step */
};

/*
 * Consecutive steps of one thread in a finding. Two of these steps, `holds` and `does`, are the
 * thread's edge of a cycle.
 */
struct lh_report_part {
	const struct lh_report_thread *thread; /* NULL: unknown */
	uint32_t first, n;                     /* steps */
	/* in a cycle, the hold of the lock that the previous part waits for; otherwise the first
	 * hold; NULL none */
	const struct lh_report_step *holds;
	const struct lh_report_step *does; /* the last step that is not a hold; NULL none */
	bool queued_writer; /* after the cycle: a writer whose wait makes a reader of it wait */
};

/*
 * A call path that leads to a part of a finding and that the finding does not show. The variant
 * differs from the part only in functions that are not in the fingerprint.
 */
struct lh_report_variant {
	const struct lh_report_finding *finding; /* whose part it is; one of `merged` */
	const struct lh_report_part *part;
};

/* What lockhound confirm found out about a finding. */
enum lh_verdict {
	LH_VERDICT_NONE, /* not tried */
	LH_VERDICT_CONFIRMED,
	LH_VERDICT_CONTRADICTED,
	LH_VERDICT_NOT_REACHED,
	LH_VERDICT_OPEN,
	LH_VERDICTS
};

struct lh_proof {
	enum lh_verdict verdict;
	uint32_t runs, hits; /* attempts; those in which the deadlock happened */
	const char *reason;  /* why, as a clause; never NULL; see confirm/reason.h */
	const char *replay;  /* a command line, for a shell; NULL: nothing to repeat */
	/* Contradicted: a thread comes to `after` only when another has passed `before`. Not
	 * reached: `before` is the place. NULL none. */
	const struct lh_report_frame *before, *after;
};

enum lh_status { LH_NEW, LH_BASELINE, LH_SUPPRESSED };

struct lh_fingerprints {
	char now[17];
	char v2[17], v1[17]; /* by the recipes of earlier versions */
};

/*
 * The processes that have a finding, and when. A process counts a repetition without its time, so
 * the last time is that when the last process first had the finding, and how long it lasted.
 */
struct lh_sightings {
	uint64_t first_ns, last_ns; /* wall clock; 0: not known */
	const struct lh_report_process *first;
	const struct lh_report_process **process;
	uint32_t n;
};

struct lh_report_finding {
	const struct lh_report_process *process; /* the first process that has it */
	enum lh_rule rule;
	enum lh_level level;
	enum lh_severity severity;
	enum lh_filter filter; /* LH_F_NONE: not filtered; otherwise the reason */
	enum lh_status status; /* LH_NEW unless the `classify` callback changes it */
	const char *reason;    /* of the status; NULL none */
	/* the entry of the baseline that is this finding or its cycle; "" none. A finding may be
	 * new nevertheless: `known` tells why, NULL nothing to tell */
	char entry[17];
	enum lh_rule entry_rule;
	uint32_t entry_places; /* how many places the entry has; 0: any number */
	const char *known;
	const struct lh_proof *proof; /* NULL: not tried */
	bool open, by_class;
	bool ended;   /* a deadlock that did not last; see lh_report_ended_by */
	bool told;    /* LH_FINDING_TOLD */
	bool assumed; /* LH_FINDING_ASSUMED */
	bool likely;  /* LH_FINDING_LIKELY */
	char fingerprint[17];
	char former_v2[17], former[17]; /* by recipes v2 and v1; equal if they agree */
	/* of a lock-order or deadlock: the other of the two, and the fingerprints by that rule */
	enum lh_rule other_rule;
	struct lh_fingerprints other;
	uint64_t count;
	uint32_t processes; /* number of processes that have it */
	struct lh_sightings seen;
	uint64_t duration_ns;
	const char *message;                    /* one sentence */
	const char *title, *meaning, *help;     /* the texts of the rule */
	const struct lh_report_thread **thread; /* each once, in order of appearance */
	uint32_t threads;
	const struct lh_report_lock **lock;
	uint32_t locks;
	const struct lh_report_step *step;
	uint32_t steps;
	const struct lh_report_part *part; /* the steps, grouped by thread */
	uint32_t parts;
	bool cycle;           /* each part waits for a lock that the next part holds, cyclically */
	uint32_t cycle_parts; /* later parts: queued writers, and more holders of a semaphore */
	const struct lh_report_frame *frame; /* the place; NULL none */
	/* Where a cycle acquires its locks: the lines or files of the functions in its fingerprint,
	 * as text; see cycle_place.c. Has addresses of the object `cycle_place_module`, unless that
	 * is NULL. */
	const char *cycle_place, *cycle_place_module;
	uint64_t path; /* hash of the call paths of all parts, and the place */
	/* The findings with this fingerprint, each call path and place once; the finding shows one
	 * of them. Each has its own status: one that is new makes the finding new. */
	const struct lh_report_finding **merged;
	uint32_t mergeds;
	/* of the merged findings that have the finding's status: the other call paths to its place,
	 * and for each other place one of them; set by lh_report_finish */
	const struct lh_report_variant *variant;
	uint32_t variants;
	const struct lh_report_finding **other_place;
	uint32_t other_places;
};

/* A thread tried to acquire `wanted`, by a blocking call, while it held `held`. */
struct lh_report_order {
	const struct lh_report_process *process; /* the first process that shows it */
	const struct lh_report_lock *held, *wanted;
	lh_site held_site, wanted_site; /* where both were acquired first */
	lh_thread_id thread;            /* a thread that acquired them so first; 0 unknown */
	uint32_t sites;                 /* pairs of chain rows that show it */
	bool direct; /* in one of these pairs, `held` was the last lock acquired before `wanted` */
};

struct lh_report_options {
	struct lh_symbols *symbols; /* NULL: no names, module and offset only */
	bool every_lock;            /* `lock` has all locks, not only those of findings */
	bool orders;                /* `order` is filled */
	bool by_class;              /* also search cycles of lock classes (lock_order/by_class.h) */
	bool filtered;              /* the checks of lock_order/ also add filtered findings */
	const char
		*wrappers; /* patterns of functions and objects, separated by commas; NULL none */
	const char *root;  /* top of the source tree; NULL or "": that of the repository */
	/* Called once for each call path of each finding that is not filtered, when the finding is
	 * complete; may set its status and reason. NULL: every finding is new. */
	void (*classify)(void *with, const struct lh_report *, struct lh_report_finding *);
	void *with;
};

struct lh_report {
	struct lh_arena *arena;
	struct lh_report_options options;
	const char *root;   /* paths are shown relative to it; see util/path.h: lh_path_root */
	bool several_hosts; /* its processes ran on more than one */
	bool root_known;    /* it is the top of a repository or was given, not only a directory */
	struct lh_report_process **process;
	uint32_t processes;
	struct lh_report_finding **finding; /* those with filter == LH_F_NONE */
	uint32_t findings;
	struct lh_report_finding **filtered; /* the others */
	uint32_t filtereds;
	struct lh_report_lock **lock;
	uint32_t locks;
	struct lh_report_lock **busiest; /* `lock` by wait time; set by lh_report_finish */
	struct lh_report_order **order;  /* by process, then by chain row */
	uint32_t orders;
	struct lh_wait_stats *profile; /* lock_stats.h; only with every_lock; NULL none */
	const char **note; /* facts that limit the report: damaged files, replaced objects */
	uint32_t notes;
	struct lh_report_private *private_data; /* report_internal.h */
};

struct lh_report *lh_report_new(struct lh_report_options);
void lh_report_free(struct lh_report *);

/* Adds a ledger: its process and findings, and the locks and orders that the options ask for. */
void lh_report_add_ledger(struct lh_report *, const struct lh_ledger_view *);

/* Adds all ledgers of a file, and the file's error to the notes. */
void lh_report_add_file(struct lh_report *, const struct lh_ledger_file *);
/* "bank[4711] (rank 3 on node7)": without a rank that is not known, and the host if it is that of
 * all. */
const char *lh_report_process_text(const struct lh_report *, const struct lh_report_process *);
/* Only what the file lacks, not its ledgers. */
void lh_report_add_file_notes(struct lh_report *, const struct lh_ledger_file *);

/*
 * Adds one finding of a ledger, and its process if that is new. NULL: the ledger has no such row,
 * or the row is withdrawn, damaged, or left to the monitor (LH_FINDING_MEASURED). *fresh: the
 * finding is the first of its fingerprint in this report, or the first that is new, or an
 * abandoned lock has its first waiter. May be called again for a row whose count grew. The monitor
 * uses this call to print findings as they come.
 */
struct lh_report_finding *lh_report_add_row(struct lh_report *, const struct lh_ledger_view *,
					    uint32_t row, bool *fresh);

/* The finding of a row as it is now, complete, but not added to the report and not counted. NULL:
 * as above. */
const struct lh_report_finding *lh_report_read_row(struct lh_report *,
						   const struct lh_ledger_view *, uint32_t row);

/* The process of a ledger. It is made at the first call, like the lock, thread and stack below. */
struct lh_report_process *lh_report_get_process(struct lh_report *, const struct lh_ledger_view *);
/* A lock, a thread. NULL: there is no such row. */
struct lh_report_lock *lh_report_get_lock(struct lh_report *, const struct lh_report_process *,
					  lh_lock_id);
const struct lh_report_thread *lh_report_get_thread(struct lh_report *,
						    const struct lh_report_process *, lh_thread_id);
/* A stack. Never NULL; stack 0 is empty. */
const struct lh_report_stack *lh_report_get_stack(struct lh_report *,
						  const struct lh_report_process *, lh_stack_id);
/*
 * The place of a stack: the innermost line of the user's own code, which is not in a library, a
 * system header or a lock wrapper. If the top of the source tree is known and the stack has such a
 * line below it, that one. Of wrappers and libraries alone: the innermost wrapper. NULL: no frame.
 */
const struct lh_report_frame *lh_report_place(const struct lh_report_stack *);

/*
 * Adds a finding that the front end derived from a ledger. `row` and `step` use this ledger's ids
 * and layout. A finding by class is not added if the report has the same cycle as a finding by
 * lock, potential or happened; that finding is returned. message: NULL: the rule's.
 */
struct lh_report_finding *lh_report_add_finding(struct lh_report *, const struct lh_ledger_view *,
						const struct lh_finding *row,
						const struct lh_step *step, const char *message);

/* A step of a finding that may span processes. */
struct lh_cross_step {
	const struct lh_report_process *process;
	struct lh_step step;               /* ids of the process's ledger */
	const struct lh_report_lock *lock; /* the lock to name in all processes; NULL: the step's */
};
/*
 * Adds a finding of these steps; `more` is appended to the rule's message. If the report has the
 * finding already, that one is returned unchanged and not counted again: the callers read rows that
 * other checks have read too.
 */
struct lh_report_finding *lh_report_add_cross_finding(struct lh_report *,
						      const struct lh_finding *row,
						      const struct lh_cross_step *, uint32_t n,
						      const char *more);

/* "bank+0x4060" for an address in a module; NULL: the address is in no module. */
const char *lh_report_data_place(struct lh_report *, const struct lh_report_process *,
				 uint64_t address);

/* The place for the wanted lock; NULL none. */
const struct lh_report_frame *lh_report_order_frame(const struct lh_report *,
						    const struct lh_report_order *);

/* The wall clock, in nanoseconds since 1970, at a time of the ledger's clock. 0: not known. */
uint64_t lh_report_wall(const struct lh_report_process *, uint64_t ns);
/* "2026-11-30T13:55:36.120Z"; NULL: 0, or no time that has a date. In the report's arena. */
const char *lh_report_date(const struct lh_report *, uint64_t wall_ns);

/* Of all processes. */
struct lh_futex_waits lh_report_futex_waits(const struct lh_report *);

/* Adds a note. */
void lh_report_note(struct lh_report *, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Sorts everything and completes the statistics. Call before a renderer; may be called again. */
void lh_report_finish(struct lh_report *);

/*
 * Sets the proof of a finding, once; it must live as long as the report. A contradicted finding
 * becomes a note here, and nowhere else. The fingerprint stays. Call before lh_report_finish.
 */
void lh_report_set_proof(struct lh_report *, struct lh_report_finding *, const struct lh_proof *);
/* Did it happen, in the run or in an attempt? */
bool lh_report_happened(const struct lh_report_finding *);
/* "contradicted: T3 reaches ..."; NULL: the finding has no proof. */
const char *lh_report_proof_text(const struct lh_report *, const struct lh_report_finding *);
/* "1 confirmed, 2 open": the findings by their verdicts. NULL: no finding has a proof. */
const char *lh_report_verdicts(const struct lh_report *);

/* Is the finding new and at least this severe? only_happened: and did it happen, in the run or in
 * an attempt that confirms it? */
bool lh_report_fails(const struct lh_report_finding *, enum lh_severity least, bool only_happened);
/* The number of findings that are new and at least this severe. */
uint32_t lh_report_new_findings(const struct lh_report *, enum lh_severity least);

/*
 * "T2 'worker'", "T1 'main'", "a thread"; and "'accounts'", or "the" and a description. In
 * the report's arena; raw bytes.
 */
const char *lh_report_thread_text(const struct lh_report *, const struct lh_report_thread *);
const char *lh_report_lock_text(const struct lh_report *, const struct lh_report_lock *);
/* The thread of a part of the finding: "T2", or "thread A" if it spans processes. */
const char *lh_report_part_label(const struct lh_report *, const struct lh_report_finding *,
				 uint32_t part);
/* "bank.c:41", "make_account", "bank+0x11aa". NULL: there is nothing to name. */
const char *lh_report_frame_text(const struct lh_report *, const struct lh_report_frame *);
/* The rule's message for the finding, as its proof changes it: one sentence. */
const char *lh_report_message(const struct lh_report *, const struct lh_report_finding *);
/* One step as a phrase, such as "waits for 'b'"; `now`: present tense, otherwise past tense. */
const char *lh_report_step_text(const struct lh_report *, const struct lh_report_finding *,
				const struct lh_report_step *, bool now);
/* The same for a line of a table: "holds 'a'", "wants 'b'", "released 'c'". */
const char *lh_report_step_brief(const struct lh_report *, const struct lh_report_finding *,
				 const struct lh_report_step *);
/*
 * How many frames of the ledger, innermost first, the finding's fingerprint has of the stack of a
 * step of its cycle; of another step: those up to the place.
 */
uint32_t lh_report_own_frames(struct lh_report *, const struct lh_report_finding *,
			      const struct lh_report_step *);
/* The last step of a finding that has ended: who ended it. It belongs to no part. NULL: not known.
 */
const struct lh_report_step *lh_report_ended_by(const struct lh_report_finding *);
/* "a -> b -> a"; NULL: the finding is no cycle. */
const char *lh_report_cycle_text(const struct lh_report *, const struct lh_report_finding *);
/*
 * How the threads of a cycle get stuck, step by step: "T2 ... 'a'; T3 ... 'b'; T2 waits for 'b';
 * T3 waits for 'a': ..."; NULL: the finding is no cycle.
 */
const char *lh_report_schedule(const struct lh_report *, const struct lh_report_finding *);
/* How many places the finding has, of those with its status; at least 1. Where the lines are not
 * known: in the object that has the most. */
uint32_t lh_report_places(const struct lh_report_finding *);
/* What follows from the finding, and whether it happened: a sentence or two. NULL: its proof says
 * that. */
const char *lh_report_consequence(const struct lh_report *, const struct lh_report_finding *);
/* Does f->merged[i] have a former fingerprint that no merged finding before it has? */
bool lh_report_is_first_former(const struct lh_report_finding *, uint32_t i);
/* Why the filter applies, as a clause. */
const char *lh_name_filter_reason(enum lh_filter);
/* Had the process not ended when it was recorded? */
bool lh_report_is_alive(const struct lh_report_process *);
/* Did the finding still go on at the end of what was recorded, in a process that has not ended? */
bool lh_report_is_going_on(const struct lh_report_finding *);
/* "1.5 s", "120 ms", "10 us" */
const char *lh_report_time(const struct lh_report *, uint64_t ns);

/*
 * The names that the output formats use: "lock-order", "error", "potential", "threads", "holds",
 * "mutex", "new".
 */
const char *lh_name_rule(enum lh_rule);
const char *lh_name_severity(enum lh_severity);
const char *lh_name_level(enum lh_level);
const char *lh_name_filter(enum lh_filter);
const char *lh_name_action(enum lh_action);
const char *lh_name_kind(unsigned kind);
const char *lh_name_family(unsigned kind); /* of a kind: "pthread", "GLib" */
const char *lh_name_status(enum lh_status);
const char *lh_name_verdict(enum lh_verdict);
/* The rule of that name, LH_NO_RULE if there is none. */
/* The rule that a misspelled name most likely means; NULL: none is near. */
const char *lh_name_nearest_rule(const char *name);
enum lh_rule lh_name_find_rule(const char *name);

/* A row of rules.def. */
struct lh_rule_row {
	const char *name, *title, *meaning, *help;
	enum lh_severity severity; /* usual severity */
	unsigned properties;
	const char *can, *is, *open; /* messages, with placeholders */
};
const struct lh_rule_row *lh_rule_row(enum lh_rule);
bool lh_rule_is(enum lh_rule, enum lh_rule_property);

#endif
