/* report_internal.h — what only the files of tools/report/ share. */
#ifndef LH_REPORT_REPORT_INTERNAL_H
#define LH_REPORT_REPORT_INTERNAL_H

#include "tools/report/report.h"
#include "tools/util/arena.h"
#include "tools/util/map.h"

/* Objects that are made of a ledger row once and then found by that row. */
enum lh_memo_kind {
	LH_MEMO_PROCESS,
	LH_MEMO_THREAD,
	LH_MEMO_LOCK,
	LH_MEMO_STACK,
	LH_MEMO_OBJECT,
	LH_MEMO_FINDING
};

struct lh_report_private {
	struct lh_map memo, finding, order; /* see memo.c, finding.c, order_pairs.c */
	struct lh_map code;                 /* lock_place.c */
	uint32_t symbol_problems;           /* symbol problems that are in the notes already */
	const struct lh_wrappers *wrappers; /* see place.c */
};

/* Where the object made of this row is stored; *result is NULL: not made yet. */
void **lh_report_memo(struct lh_report *, const struct lh_ledger_view *, enum lh_memo_kind,
		      uint32_t row);

/* stack.c */
/* The stack of a site. NULL: there is no site. */
const struct lh_report_stack *lh_report_site_stack(struct lh_report *,
						   const struct lh_report_process *, lh_site);
/* The name of the function at `address`. NULL: unknown. */
const char *lh_report_function_at(struct lh_report *, const struct lh_report_process *,
				  uint64_t address);
/* The name of the variable at `address`; *into: the offset in it. NULL: unknown. */
const char *lh_report_variable(struct lh_report *, const struct lh_report_process *,
			       uint64_t address, uint64_t *into);
/* The member path in that variable, as lh_symbol_member_path returns it. */
const char *lh_report_member(struct lh_report *, const struct lh_report_process *, uint64_t address,
			     uint64_t own);

/* place.c */
/* Is it code of a library, by its file, or if that is NULL by its function? Either may be NULL. */
bool lh_report_is_library(const char *function, const char *file);
/* The patterns of a list; NULL: no list. */
const struct lh_wrappers *lh_report_read_wrappers(struct lh_arena *, const char *list);
/* Marks the wrappers among the frames of a stack; those that seem to be some are marked already.
 * cut: the outermost frame has a caller. announced: LH_STACK_ANNOUNCED */
void lh_report_mark_wrappers(const struct lh_report *, struct lh_report_frame *, uint32_t n,
			     bool cut, bool announced);

/* lock_name.c */
/* Tells locks of a finding that have one name apart: "Book::mutex_ (1)", in the order of its parts.
 */
void lh_report_number_duplicates(struct lh_report *, struct lh_report_finding *);

/* cycle_parts.c: groups the steps of a finding by thread and finds its cycle. */
void lh_report_group_steps(struct lh_report *, struct lh_report_finding *);
/* The part that joins, under a lock, the thread of the other part of a potential cycle of two;
 * NULL: there is none. */
const struct lh_report_part *lh_report_joining_part(const struct lh_report_finding *);

/* variants.c */
/* Adds a finding with the same fingerprint, unless its call paths and place are known. True: it is
 * the first that is new, or its place is new, or there are now more places than the baseline has;
 * the finding now shows it. */
bool lh_report_merge(struct lh_report *, struct lh_report_finding *,
		     const struct lh_report_finding *more);
/* Sets the places of the finding but that which it shows. */
void lh_report_list_places(struct lh_report *, struct lh_report_finding *);
/* Chooses the call paths to show, the same in every run; the others become variants. */
void lh_report_list_variants(struct lh_report *, struct lh_report_finding *);

/* order_pairs.c: the pairs of a held and a wanted lock. */
void lh_report_add_orders(struct lh_report *, const struct lh_report_process *);

/* lock_place.c */
/* foreign_lock.c: "Rust Mutex", "std::latch": the lock in whose word a thread waits at the
 * innermost frame; NULL: not known. */
const char *lh_report_foreign_lock(const struct lh_report_stack *);

/* "bank.c:41", "make_account", "bank+0x11aa"; NULL: the stack has no frame to name. */
const char *lh_report_place_text(struct lh_report *, const struct lh_report_stack *);
/* The variable that the lock is in, with the member. NULL: none. */
const char *lh_report_lock_variable(struct lh_report *, const struct lh_report_lock *);
/* The type and the member, or the local variable, by the code that initializes or acquires the
 * lock. NULL: not known. */
const char *lh_report_lock_of_code(struct lh_report *, const struct lh_report_lock *);
/* Of the places where the lock was acquired, the first by text. NULL: none is known. */
const char *lh_report_first_place(struct lh_report *, const struct lh_report_lock *);
/* Size of a lock of this kind; 0: not known. A variable of that size has no members, so no debug
 * information is read. */
uint64_t lh_report_lock_size(const struct lh_report_lock *);

/* lock_stats.c */
void lh_report_add_lock_stats(struct lh_report *, struct lh_report_lock *);
void lh_report_add_monitor_rows(struct lh_report *,
				const struct lh_report_process *); /* busy and current waits */
void lh_report_count_classes(struct lh_report *);

/* wait_pairs.c */
void lh_report_add_profile(struct lh_report *, const struct lh_report_process *);
void lh_report_sort_profile(struct lh_report *);

/* Of fingerprints: each is a way to make a text of a finding. */
enum lh_recipe {
	LH_RECIPE_1 = 1,
	LH_RECIPE_2,
	LH_RECIPE_3,
};

/* own_site.c */
/* FNV-1a over the text and a byte that is in no text. */
uint64_t lh_fingerprint_hash(uint64_t hash, const char *text);
/* The name without a suffix that a compiler appended. */
const char *lh_fingerprint_name(struct lh_report *, const char *name);
/* The innermost three functions of a stack as text; preferably only functions of the program. */
char *lh_fingerprint_site(struct lh_report *, const struct lh_report_stack *, enum lh_recipe);
/* The innermost of these functions. NULL none. */
const struct lh_report_frame *lh_site_first(const struct lh_report_stack *);
/* What one step of a cycle acquires. */
struct lh_acquired {
	const struct lh_report_step *step; /* NULL none */
	const char *class;                 /* of the lock; NULL: not known */
};
/* The frames of a stack that count: those of the program, or of libraries if it has no other. */
struct lh_site_frames {
	const struct lh_report_frame *at[LH_FRAMES_MAX * 2];
	uint32_t n;
	bool cut;
};
/* How many frames say where all[one] was acquired: the first of own->at. `all` has the held and the
 * wanted lock of each part; all[one] has a step. */
uint32_t lh_own_frames(const struct lh_acquired *all, uint32_t parts, uint32_t one, enum lh_recipe,
		       struct lh_site_frames *own);
/* Their functions as text; "" without a step. */
const char *lh_own_site(struct lh_report *, const struct lh_acquired *all, uint32_t parts,
			uint32_t one, enum lh_recipe);
/* The function that made the order of part `one`, if its sites do not have it; "" otherwise. */
const char *lh_order_site(struct lh_report *, const struct lh_acquired *all, uint32_t parts,
			  uint32_t one, enum lh_recipe);
/* Where that function leads to the held and to the wanted lock. False: its sites have it. */
bool lh_order_frames(struct lh_report *, const struct lh_acquired *all, uint32_t parts,
		     uint32_t one, const struct lh_report_frame *at[2]);
/* Equal for steps with the same functions in their whole stacks. */
uint64_t lh_call_path_hash(const struct lh_report_step *);

/* cycle_place.c */
/* Sets the place of a cycle. */
void lh_cycle_place_make(struct lh_report *, struct lh_report_finding *,
			 const struct lh_acquired *all);

/* fingerprint.c */
/* Sets the fingerprints. Returns the part that a cycle is reported from; 0 without a cycle. */
uint32_t lh_fingerprint_make(struct lh_report *, struct lh_report_finding *);

/* proof.c */
/* The message, with what the proof says instead of "this can deadlock"; proof NULL: unchanged. */
const char *lh_report_proved_message(const struct lh_report *, const struct lh_proof *,
				     const char *message);

/* sightings.c: the process has the finding, by this row; NULL: at an unknown time. */
void lh_report_see(struct lh_report *, struct lh_report_finding *, const struct lh_report_process *,
		   const struct lh_finding *row);

#endif
