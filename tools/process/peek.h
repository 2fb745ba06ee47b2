/*
 * peek.h — reads another process, or its core dump, without its help.
 *
 * Reads the system calls in which its threads are blocked, its memory, its loaded objects, and the
 * stacks of chosen threads. Knows nothing of locks and prints nothing.
 *
 * - Reading tasks and memory stops no thread. A stack needs a thread's registers: the thread is
 *   stopped (stop.h), its registers and the used part of its stack are copied, and the thread is
 *   resumed; all unwinding is done on the copy. If this process is killed in between, the kernel
 *   resumes the thread.
 * - A thread is stopped only if it will not notice, that is, if the kernel restarts its system
 *   call. epoll_wait, sigwaitinfo and similar calls would return EINTR, so their threads are
 *   unwound from the stack pointer alone, as far as that is possible.
 * - A thread or the process may end at any moment: then the functions return false, and `error`
 *   has the reason in one line.
 * - All memory is in the arena or is freed by lh_peek_close.
 */
#ifndef LH_PROCESS_PEEK_H
#define LH_PROCESS_PEEK_H

#include "libcheck/ledger.h"
#include "tools/util/arena.h"

#include <stdbool.h>
#include <sys/types.h>

enum { LH_PEEK_REGS = 33, LH_PEEK_FRAMES = 48, LH_PEEK_ARGS = 6 };

struct lh_peek_frame {
	uint64_t pc;
	bool exact;                          /* pc is the instruction, not a return address */
	const char *name;                    /* from the object's symbol table, NULL: unknown */
	uint64_t function;                   /* start of that symbol */
	uint64_t cfa;                        /* end of this frame on the stack, 0: unknown */
	const struct lh_peek_module *module; /* NULL: none */
};

/* A line of a Python program. */
struct lh_peek_script {
	const char *file, *function;
	uint32_t line, column;
	bool entry; /* the last that one call of the interpreter's function runs */
};

struct lh_peek_task {
	pid_t tid;              /* in our pid namespace */
	pid_t own_tid;          /* in its own pid namespace: glibc stores this one in locks */
	char name[LH_NAME_MAX]; /* "": unknown */
	char state;             /* as in /proc: R S D T t Z X */
	bool blocked;           /* sleeps in `call` with `arg` */
	bool unchanged;         /* blocked in `call` from the first scan to the second */
	long call;              /* -1: sleeps, but in no system call */
	uint64_t arg[LH_PEEK_ARGS], sp, pc;
	uint64_t switches; /* voluntary context switches since its start */
	uint64_t ran_ns;   /* CPU time since its start, if not blocked; 0: unknown */
	bool registers;    /* `reg` is complete; otherwise only sp and pc are set */
	uint64_t reg[LH_PEEK_REGS];
	unsigned char *stack; /* copy of the used part; malloc */
	uint64_t stack_at;
	size_t stack_n;
	struct lh_peek_frame *frame; /* innermost first */
	uint32_t frames;
	struct lh_peek_script *script; /* what its interpreter runs, innermost first */
	uint32_t scripts;
	const char *script_name; /* the name that it gave to the thread, NULL: none */
	bool scripts_read;
	bool unwound, cut;
	bool moved; /* left its call after its stack was copied */
};

struct lh_peek_map {
	uint64_t start, end, offset, inode;
	const char *path; /* "": none */
	uint64_t dev;
	bool shared; /* MAP_SHARED */
};

struct lh_peek_module {
	uint64_t start, end, base;
	uint8_t build_id[20];
	uint8_t build_id_n;
	const char *path; /* as /proc/PID/maps or the core names it */
	const char *file; /* a path that we can open, NULL: none */
};

struct lh_peek {
	pid_t pid;
	pid_t alive_tid; /* a thread that is alive: the first thread may be a zombie */
	struct lh_arena *arena;
	char comm[LH_NAME_MAX];
	const char *exe, *command;
	struct lh_peek_task *task;
	uint32_t tasks;
	struct lh_peek_map *map;
	uint32_t maps;
	struct lh_peek_module *module;
	uint32_t modules;
	uint32_t starved; /* threads that got too little CPU time to block; lh_peek_is_starved */
	bool stopped;     /* by a signal */
	bool unlisted;    /* at the last rescan it had threads that are not in `task` */
	bool forked;      /* created by fork, and has not called exec since */
	bool handlers;    /* has signal handlers of its own, other than for faults */
	pid_t tracer;     /* pid of its tracer, 0: none */
	bool no_names;    /* leave out the frames' function names: they cost most of an unwinding */
	int libc;         /* 36: it has glibc 2.36, or does not say which and this command has */
	bool no_access;   /* its memory may not be read: `error` has the remedy */
	char error[600];
	const char *cut; /* a truncated core: its size and the expected size; NULL: complete */
	const struct lh_peek_source *source; /* NULL: neither memory nor mappings */
	struct lh_peek_core *core;           /* NULL: a live process */
	struct lh_peek_unwinder *unwinder;
	struct lh_peek_python *python; /* NULL: not sought yet */
	struct lh_peek_gil *gil;       /* peek_gil.c */
	uint32_t gils;
	char identity[400]; /* changes at exec */
};

/* False: nothing can be read, and `error` has the reason. True with `no_access`: only names, states
 * and ids can be read. Call lh_peek_close in either case. */
bool lh_peek_open(struct lh_peek *, pid_t pid);
bool lh_peek_open_core(struct lh_peek *, const char *file);
void lh_peek_close(struct lh_peek *);

/*
 * Scans the threads again that were not blocked: some of them only wait for a CPU on their way to
 * sleep. True: a thread has blocked since, or got almost no CPU time since; `starved` counts the
 * latter.
 */
bool lh_peek_is_starved(struct lh_peek *);

/* The first scan, repeated; and the second scan, which sets `unchanged`. False: the process ended,
 * or runs another program. */
bool lh_peek_scan(struct lh_peek *);
bool lh_peek_rescan(struct lh_peek *);

/* True if the process still runs the program that was opened. False: `error` has the reason. */
bool lh_peek_same_program(struct lh_peek *);

/* Reads memory. False: not all n bytes could be read. */
bool lh_peek_read(const struct lh_peek *, uint64_t address, void *out, size_t n);

/* The thread with this own_tid, or NULL. */
struct lh_peek_task *lh_peek_find(const struct lh_peek *, pid_t inner);

/* Adds the mappings of the live process. */
void lh_peek_read_maps(struct lh_peek *);
/* Reads mappings and objects, once. */
void lh_peek_objects(struct lh_peek *);
const struct lh_peek_map *lh_peek_map_at(const struct lh_peek *, uint64_t address);
const struct lh_peek_module *lh_peek_module_at(const struct lh_peek *, uint64_t address);
/* The object as a module row of a ledger. */
struct lh_module lh_peek_module_row(const struct lh_peek_module *, const char *path);

/* True if one of the objects defines this function. */
bool lh_peek_has_symbol(struct lh_peek *, const char *name);

/* The address of a symbol that the object defines, 0: none. */
uint64_t lh_peek_symbol(struct lh_peek *, const struct lh_peek_module *, const char *name);

/* Fills task->frame at the first call. False: not one frame. */
bool lh_peek_unwind(struct lh_peek *, struct lh_peek_task *);

#endif
