/*
 * sim_memory.c — the memory of the simulated threads, and the threads as coroutines.
 *
 * The compiler calls __tsan_write4 and the like before an access. What a store wrote is read at the
 * next call. A word is hot if one thread writes it and another one uses it: only stores to hot
 * words go through the store buffer, and only loads of them let other threads run. Which words are
 * hot is learned: when a word becomes hot, the exploration begins again.
 *
 * While a thread runs, memory has what this thread sees: its buffered stores are applied, and
 * undone when it pauses. A state is the words that any thread wrote, the coroutines' stacks, and
 * the structures that sim_wait.h shows; to go back is to copy them.
 */
#include "tests/unit/libcheck/rules/sim_wait.h"

#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

enum { WORDS_MAX = 4096, PENDING = 16 };

/* The caller may not assume which registers such a function leaves alone: another coroutine runs.
 */
#ifdef __clang__
#define OPAQUE __attribute__((noinline))
#else
#define OPAQUE __attribute__((noipa))
#endif

extern char __data_start[], _end[];

/* Words of one range of memory: who wrote and who used them. */
struct range {
	uint32_t *from;
	size_t words;
	uint8_t *writers, *users;
};

static struct memory {
	struct range range[2]; /* the rows; static variables of the library */
	uint32_t *written[WORDS_MAX];
	uint32_t n_written;
	/* stores that the running thread is about to execute, and whether each goes into the buffer
	 */
	struct store pending[PENDING];
	bool pending_hot[PENDING];
	unsigned n_pending;
	/* sim_replay */
	bool replays;
	struct store seen[WORDS_MAX];
	uint32_t n_seen;
	bool has_overlay;
	struct store overlay;
	void *scheduler[8];
	char *stack[THREADS];
	unsigned threads;
	ucontext_t begin[THREADS], back;
	void (*body)(unsigned);
} * m;

struct sim_thread *sim_thread;
const struct broken *sim_broken;
bool sim_weak, sim_learned;
unsigned sim_running = THREADS;

static bool is_running(void)
{
	return sim_running < THREADS;
}

/* ---- words ---- */

static struct range *range_of(const void *at)
{
	for (int i = 0; m && i < 2; i++)
		if ((uintptr_t)at - (uintptr_t)m->range[i].from < m->range[i].words * 4)
			return &m->range[i];
	return NULL;
}

static bool is_hot_word(const struct range *r, size_t i)
{
	uint8_t w = r->writers[i], u = r->users[i];

	return w && (u & (u - 1)); /* used by two threads, one of which writes it */
}

/* Notes the access; true if the word is hot. */
static bool note(const void *at, size_t size, bool write)
{
	struct range *r = range_of(at);
	bool hot = false;

	if (!r)
		return false;
	size_t first = (size_t)((uintptr_t)at - (uintptr_t)r->from) / 4;
	size_t last = (size_t)((uintptr_t)at + size - 1 - (uintptr_t)r->from) / 4;
	for (size_t i = first; i <= last && i < r->words; i++) {
		bool was = is_hot_word(r, i);
		if (r->users[i] & 128) /* forgotten */
			continue;
		if (write && !r->writers[i]) {
			m->written[m->n_written++] = &r->from[i];
			sim_learned = true;
			if (m->n_written == WORDS_MAX)
				abort();
		}
		r->writers[i] |= write ? (uint8_t)(1u << sim_running) : 0;
		r->users[i] |= (uint8_t)(1u << sim_running);
		sim_learned |= !was && is_hot_word(r, i);
		hot |= is_hot_word(r, i);
	}
	return hot && r == &m->range[0]; /* the internal lock protects static variables */
}

void sim_forget(const void *at, size_t size)
{
	struct range *r = range_of(at);

	for (size_t i = 0; r && i < size / 4; i++)
		r->users[(size_t)((uintptr_t)at - (uintptr_t)r->from) / 4 + i] |= 128;
}

static uint64_t read_value(const void *at, size_t size)
{
	uint64_t value = 0;

	memcpy(&value, at, size);
	return value;
}

static void write_value(void *at, uint64_t value, size_t size)
{
	memcpy(at, &value, size);
}

/* What earlier calls left on the stack would make equal states differ. */
static __attribute__((noinline)) void wipe_stack(void)
{
	char below[768];

	memset(below, 0, sizeof(below));
	__asm__ volatile("" : : "r"(below) : "memory");
}

/* ---- stores ---- */

static void push(struct sim_thread *t, const struct store *s)
{
	if (t->n_stores == STORES)
		abort();
	t->store[t->n_stores++] = *s;
}

/* The last stores have been executed by now: reads what they wrote. */
static void finish_store(void)
{
	if (m->has_overlay) {
		write_value(m->overlay.at, m->overlay.old, m->overlay.size);
		m->has_overlay = false;
	}
	for (unsigned i = 0; i < m->n_pending; i++) {
		struct store *s = &m->pending[i];
		s->value = read_value(s->at, s->size);
		if (m->pending_hot[i])
			push(&sim_thread[sim_running], s);
	}
	m->n_pending = 0;
}

static void add_pending(void *at, size_t size, bool release)
{
	if (m->n_pending == PENDING)
		abort();
	m->pending_hot[m->n_pending] = note(at, size, true);
	m->pending[m->n_pending++] = (struct store){
		.at = at, .size = (uint8_t)size, .old = read_value(at, size), .release = release};
}

static void before_store(void *at, size_t size, bool release)
{
	if (!is_running())
		return;
	finish_store();
	for (size_t i = 0; i < size; i += 8)
		add_pending((char *)at + i, size - i < 8 ? size - i : 8, release);
	wipe_stack();
}

static void apply(struct sim_thread *t)
{
	for (uint32_t i = 0; i < t->n_stores; i++) {
		struct store *s = &t->store[i];
		if (!s->at)
			continue;
		s->old = read_value(s->at, s->size);
		write_value(s->at, s->value, s->size);
	}
}

static void undo(struct sim_thread *t)
{
	for (uint32_t i = t->n_stores; i-- > 0;) {
		const struct store *s = &t->store[i];
		if (s->at)
			write_value(s->at, s->old, s->size);
	}
}

static bool overlap(const struct store *a, const struct store *b)
{
	return a->at && b->at && (uintptr_t)a->at < (uintptr_t)b->at + b->size &&
	       (uintptr_t)b->at < (uintptr_t)a->at + a->size;
}

bool sim_can_store(unsigned thread, unsigned i)
{
	const struct sim_thread *t = &sim_thread[thread];

	if (i >= t->n_stores || t->holds_back || (i && (!sim_weak || t->store[i].release)))
		return false;
	for (unsigned k = 0; k < i; k++)
		if (overlap(&t->store[k], &t->store[i]))
			return false;
	return true;
}

/* Does the other thread's next step use what a store of this thread writes? */
static bool uses(const struct sim_thread *t, const struct sim_thread *other)
{
	const struct store load = {.at = other->loads, .size = 8};
	bool locks =
		other->pause == AT_RMW || other->pause == AT_INTERNAL || other->pause == AT_BLOCKED;

	for (unsigned i = 0; i < t->n_stores; i++)
		if (t->store[i].at ? overlap(&t->store[i], &load) : locks)
			return true;
	return false;
}

bool sim_stores_matter(unsigned thread)
{
	const struct sim_thread *t = &sim_thread[thread];

	if (t->pause != AT_START && (t->pause != AT_LOAD || t->n_stores > STORES / 2))
		return true;
	for (unsigned i = 0; i < m->threads; i++)
		if (i != thread && uses(t, &sim_thread[i]))
			return true;
	return false;
}

void sim_do_store(unsigned thread, unsigned i)
{
	struct sim_thread *t = &sim_thread[thread];
	struct store s = t->store[i];

	memmove(&t->store[i], &t->store[i + 1], (t->n_stores - i - 1) * sizeof(s));
	t->n_stores--;
	if (s.at)
		write_value(s.at, s.value, s.size);
	else
		sim_real_release(thread, (unsigned)s.value);
}

void sim_release(unsigned lock)
{
	finish_store();
	push(&sim_thread[sim_running], &(struct store){.value = lock, .release = true});
}

void sim_hold_back(bool on)
{
	sim_thread[sim_running].holds_back = on;
}

/* ---- loads ---- */

void sim_replay(bool on)
{
	m->replays = on && sim_broken->one_search;
	m->n_seen = 0;
}

/* Shows the running thread what it saw at this place before. */
static void replay(void *at, size_t size)
{
	for (uint32_t i = 0; i < m->n_seen; i++)
		if (m->seen[i].at == at) {
			m->overlay = (struct store){
				.at = at, .size = (uint8_t)size, .old = read_value(at, size)};
			m->has_overlay = true;
			write_value(at, m->seen[i].value, size);
			return;
		}
	m->seen[m->n_seen++] = (struct store){.at = at, .value = read_value(at, size)};
}

static void before_load(void *at, size_t size)
{
	if (!is_running())
		return;
	finish_store();
	if (note(at, size, false)) {
		sim_thread[sim_running].loads = at;
		sim_pause(AT_LOAD);
		sim_thread[sim_running].loads = NULL;
		if (m->replays && sim_real->internal == sim_running + 1)
			replay(at, size);
	}
	wipe_stack();
}

/* ---- coroutines ---- */

static OPAQUE void jump(void **to)
{
	__builtin_longjmp(to, 1);
}

OPAQUE void sim_pause(enum pause why)
{
	struct sim_thread *t = &sim_thread[sim_running];

	finish_store();
	t->pause = why;
	if (!__builtin_setjmp(t->jump))
		jump(m->scheduler);
	__asm__ volatile("" ::: "memory");
}

static void run_body(void)
{
	sim_pause(AT_START);
	m->body(sim_running);
	for (;;)
		sim_pause(AT_END);
}

static OPAQUE void first(unsigned t)
{
	if (!__builtin_setjmp(m->scheduler))
		setcontext(&m->begin[t]);
	__asm__ volatile("" ::: "memory");
}

void sim_threads_begin(unsigned n, void (*body)(unsigned))
{
	m->threads = n;
	m->body = body;
	memset(sim_thread, 0, THREADS * sizeof(*sim_thread));
	for (unsigned t = 0; t < n; t++) {
		memset(m->stack[t], 0, STACK);
		getcontext(&m->begin[t]);
		m->begin[t].uc_stack.ss_sp = m->stack[t];
		m->begin[t].uc_stack.ss_size = STACK;
		m->begin[t].uc_link = &m->back;
		makecontext(&m->begin[t], run_body, 0);
		sim_thread[t].number = t;
		sim_running = t;
		first(t);
	}
	sim_running = THREADS;
}

static OPAQUE void go_on(unsigned t)
{
	if (!__builtin_setjmp(m->scheduler))
		jump(sim_thread[t].jump);
	__asm__ volatile("" ::: "memory");
}

void sim_resume(unsigned t)
{
	sim_running = t;
	apply(&sim_thread[t]);
	go_on(t);
	undo(&sim_thread[t]);
	sim_running = THREADS;
}

/* ---- states ---- */

struct sim_state {
	size_t size;
	unsigned char byte[];
};

static size_t stack_used(unsigned t)
{
	return (size_t)(m->stack[t] + STACK - (char *)sim_thread[t].jump[2]);
}

static size_t thread_size(unsigned t)
{
	return offsetof(struct sim_thread, store) + sizeof(sim_thread[t].jump) +
	       sim_thread[t].n_stores * sizeof(struct store);
}

static unsigned char *put(unsigned char *at, const void *from, size_t n)
{
	memcpy(at, from, n);
	return at + n;
}

static const unsigned char *get(const unsigned char *at, void *to, size_t n)
{
	memcpy(to, at, n);
	return at + n;
}

struct sim_state *sim_save(void)
{
	size_t size = sizeof(*sim_real) + m->n_written * 4;

	for (unsigned t = 0; t < m->threads; t++)
		size += stack_used(t) + thread_size(t);
	struct sim_state *s = malloc(sizeof(*s) + size);
	unsigned char *at = put(s->byte, sim_real, sizeof(*sim_real));
	for (uint32_t i = 0; i < m->n_written; i++)
		at = put(at, m->written[i], 4);
	for (unsigned i = 0; i < m->threads; i++) {
		struct sim_thread *t = &sim_thread[i];
		for (uint32_t k = 0; k < t->n_stores; k++)
			t->store[k].old = 0;
		at = put(at, t, offsetof(struct sim_thread, store));
		at = put(at, t->jump, sizeof(t->jump));
		at = put(at, t->store, t->n_stores * sizeof(struct store));
		at = put(at, t->jump[2], stack_used(i));
	}
	s->size = size;
	return s;
}

void sim_restore(const struct sim_state *s)
{
	const unsigned char *at = get(s->byte, sim_real, sizeof(*sim_real));

	for (uint32_t i = 0; i < m->n_written; i++)
		at = get(at, m->written[i], 4);
	for (unsigned i = 0; i < m->threads; i++) {
		struct sim_thread *t = &sim_thread[i];
		at = get(at, t, offsetof(struct sim_thread, store));
		at = get(at, t->jump, sizeof(t->jump));
		at = get(at, t->store, t->n_stores * sizeof(struct store));
		at = get(at, t->jump[2], stack_used(i));
	}
}

uint64_t sim_hash(const struct sim_state *s)
{
	uint64_t h = s->size * 0x9e3779b97f4a7c15u, word;
	size_t i;

	for (i = 0; i + 8 <= s->size; i += 8) {
		memcpy(&word, s->byte + i, 8);
		h = (h ^ word) * 0xff51afd7ed558ccdu;
		h ^= h >> 32;
	}
	word = 0;
	memcpy(&word, s->byte + i, s->size - i);
	h = (h ^ word) * 0xc4ceb9fe1a85ec53u;
	return h ^ h >> 29;
}

void sim_memory_init(void *shared, size_t size)
{
	static struct memory memory;

	m = &memory;
	if (!sim_thread) {
		sim_thread = calloc(THREADS, sizeof(*sim_thread));
		sim_real = calloc(1, sizeof(*sim_real));
		for (unsigned t = 0; t < THREADS; t++)
			m->stack[t] = aligned_alloc(64, STACK);
	}
	struct range ranges[] = {{.from = shared, .words = size / 4},
				 {.from = (uint32_t *)(void *)__data_start,
				  .words = (size_t)(_end - __data_start) / 4}};
	for (int i = 0; i < 2; i++) {
		struct range *r = &m->range[i];
		if (!r->writers) {
			ranges[i].writers = malloc(ranges[i].words);
			ranges[i].users = malloc(ranges[i].words);
			*r = ranges[i];
		}
		memset(r->writers, 0, r->words);
		memset(r->users, 0, r->words);
	}
	m->n_written = 0;
}

/* ---- what the compiler calls ---- */

void __tsan_init(void);
void __tsan_init(void)
{
}
void __tsan_func_entry(void *pc);
void __tsan_func_entry(void *pc)
{
	(void)pc;
}
void __tsan_func_exit(void);
void __tsan_func_exit(void)
{
}

#define ACCESS(n)                                                                                  \
	void __tsan_read##n(void *at);                                                             \
	void __tsan_read##n(void *at)                                                              \
	{                                                                                          \
		before_load(at, n);                                                                \
	}                                                                                          \
	void __tsan_write##n(void *at);                                                            \
	void __tsan_write##n(void *at)                                                             \
	{                                                                                          \
		before_store(at, n, false);                                                        \
	}
ACCESS(1)
ACCESS(2)
ACCESS(4)
ACCESS(8)

#define LARGE(name, n)                                                                             \
	void name(void *at, size_t size);                                                          \
	void name(void *at, size_t size)                                                           \
	{                                                                                          \
		(void)size;                                                                        \
		before_store(at, n, false);                                                        \
	}
LARGE(__tsan_write16, (size_t)16)
LARGE(__tsan_unaligned_write8, (size_t)8)
LARGE(__tsan_unaligned_write4, (size_t)4)
LARGE(__tsan_unaligned_write16, (size_t)16)
LARGE(__tsan_write_range, size)
#define LARGE_READ(name, n)                                                                        \
	void name(void *at, size_t size);                                                          \
	void name(void *at, size_t size)                                                           \
	{                                                                                          \
		for (size_t i = 0; i < (n); i += 8)                                                \
			before_load((char *)at + i, (n)-i < 8 ? (n)-i : 8);                        \
		(void)size;                                                                        \
	}
LARGE_READ(__tsan_read16, (size_t)16)
LARGE_READ(__tsan_unaligned_read8, (size_t)8)
LARGE_READ(__tsan_unaligned_read4, (size_t)4)
LARGE_READ(__tsan_unaligned_read16, (size_t)16)
LARGE_READ(__tsan_read_range, size)

static void before_rmw(void *at, size_t size)
{
	if (!is_running())
		return;
	finish_store();
	if (note(at, size, true)) {
		sim_thread[sim_running].loads = at;
		sim_pause(AT_RMW);
		sim_thread[sim_running].loads = NULL;
	}
}

/* `result`: of `was`, the value that was there, and `value`. */
#define READ_MODIFY_WRITE(bits, type, name, result)                                                \
	type __tsan_atomic##bits##_##name(type *at, type value, int order);                        \
	type __tsan_atomic##bits##_##name(type *at, type value, int order)                         \
	{                                                                                          \
		(void)order;                                                                       \
		before_rmw(at, sizeof(type));                                                      \
		type was = *at;                                                                    \
		*at = (type)(result);                                                              \
		return was;                                                                        \
	}
#define ATOMIC(bits, type)                                                                         \
	type __tsan_atomic##bits##_load(const type *at, int order);                                \
	type __tsan_atomic##bits##_load(const type *at, int order)                                 \
	{                                                                                          \
		(void)order;                                                                       \
		before_load((void *)(uintptr_t)at, sizeof(type));                                  \
		return *(const volatile type *)at;                                                 \
	}                                                                                          \
	void __tsan_atomic##bits##_store(type *at, type value, int order);                         \
	void __tsan_atomic##bits##_store(type *at, type value, int order)                          \
	{                                                                                          \
		before_store(at, sizeof(type), order >= __ATOMIC_RELEASE);                         \
		*(volatile type *)at = value;                                                      \
	}                                                                                          \
	READ_MODIFY_WRITE(bits, type, fetch_add, was + value)                                      \
	READ_MODIFY_WRITE(bits, type, fetch_or, was | value)                                       \
	READ_MODIFY_WRITE(bits, type, exchange, value)
ATOMIC(8, uint8_t)
ATOMIC(16, uint16_t)
ATOMIC(32, uint32_t)
ATOMIC(64, uint64_t)

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_thread_fence(int order)
{
	if (!is_running() || order != __ATOMIC_SEQ_CST || sim_broken->no_fence ||
	    sim_thread[sim_running].holds_back)
		return;
	sim_pause(AT_FENCE);
	sim_real_fence(sim_running);
}
