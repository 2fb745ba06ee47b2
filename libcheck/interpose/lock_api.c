/*
 * lock_api.c — a project's own lock functions: the entry that all of them share (redirect.h), and
 * the events before and after the original.
 *
 * The entry keeps every register, because the compiler may know which of them a function of the
 * same file leaves alone. Its frame is a frame like others for all that walks the stack: debuggers,
 * exceptions and cancellation. The original gets a copy of the first arguments that lie on the
 * stack. If the original is left by an exception, the personality routine ends the events.
 *
 * A function may jump back to its first instruction, and so come here again in the same call: then
 * its return address is that of the entry's own call.
 */
#include "libcheck/base/text.h"
#include "libcheck/interpose/lock_api_internal.h"

/*
 * libc's copying functions change the upper halves of the vector registers. Of the events, those
 * that the headers have whole call none of them, and the others are called by a piece of code that
 * keeps these halves, which takes as long as ten such events. In this file they have its name.
 */
#define SLOW_EVENTS(ROW)                                                                           \
	ROW(on_acquired_slow)                                                                      \
	ROW(on_acquired_new_chain)                                                                 \
	ROW(on_try_failed)                                                                         \
	ROW(on_release_slow)                                                                       \
	ROW(on_release_failed)                                                                     \
	ROW(on_wait_begin)                                                                         \
	ROW(on_wait_end)                                                                           \
	ROW(on_wait_clear)                                                                         \
	ROW(on_init)                                                                               \
	ROW(on_reinit_begin_slow)                                                                  \
	ROW(on_destroy_begin_slow)                                                                 \
	ROW(on_destroyed)                                                                          \
	ROW(on_name)                                                                               \
	ROW(on_wait_end_free)                                                                      \
	ROW(lock_api_objects_changed)                                                              \
	ROW(held_measure_begin)                                                                    \
	ROW(inner_begin)

#define lh_on_acquired_slow lh_kept_on_acquired_slow
#define lh_on_acquired_new_chain lh_kept_on_acquired_new_chain
#define lh_on_try_failed lh_kept_on_try_failed
#define lh_on_release_slow lh_kept_on_release_slow
#define lh_on_release_failed lh_kept_on_release_failed
#define lh_on_wait_begin lh_kept_on_wait_begin
#define lh_on_wait_end lh_kept_on_wait_end
#define lh_on_wait_clear lh_kept_on_wait_clear
#define lh_on_init lh_kept_on_init
#define lh_on_reinit_begin_slow lh_kept_on_reinit_begin_slow
#define lh_on_destroy_begin_slow lh_kept_on_destroy_begin_slow
#define lh_on_destroyed lh_kept_on_destroyed
#define lh_on_name lh_kept_on_name
#define lh_held_measure_begin lh_kept_held_measure_begin
#include "libcheck/events/events.h"
#include "libcheck/rules/finding.h"

struct lh_api lh_lock_api_rows;
bool lh_lock_api_off[LH_API_KINDS_MAX];
const struct lh_api_row lh_lock_api_loader_row;

#if defined(__x86_64__)
#include <cpuid.h>

static void (*on_objects)(void);

/* They keep their alignment, of up to 64 bytes: the frame and its two words above are 5 * 64 bytes.
 */
enum { ARGUMENTS = 23 };

/* What the entry keeps on the stack. The assembler code of the entry knows where each member is. */
struct frame {
	uint64_t arguments[ARGUMENTS]; /* on the stack, for the original */
	/* of the events */
	struct lh_self *inner;
	const void *object;
	uint8_t announced; /* ANNOUNCED, or ANNOUNCED_FREE by lh_on_wait_begin_free */
	uint8_t looked_free, was_held;
	uint32_t tick;
	uint64_t unused;
	/* of the entry */
	void *original;
	const struct lh_api_slot *slot;
	uint64_t r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax;
	uint64_t rbp; /* the address of this member is the frame of struct lh_call */
	uint64_t return_address;
};
enum { ANNOUNCED = 1, ANNOUNCED_FREE = 2 };
_Static_assert(offsetof(struct frame, rbp) == 304, "see the assembler code");

struct lh_self *lh_kept_inner_begin(uintptr_t frame) LH_HIDDEN;
void lh_kept_on_wait_end_free(const struct lh_call *call) LH_HIDDEN;
void lh_lock_api_objects_changed(void) LH_HIDDEN;
void lh_kept_lock_api_objects_changed(void) LH_HIDDEN;
/* What the entry calls. */
void lh_lock_api_before(struct frame *f) LH_HIDDEN;
void lh_lock_api_after(struct frame *f) LH_HIDDEN;
int lh_lock_api_personality(int version, int actions, uint64_t class, void *exception,
			    void *context) LH_HIDDEN;

/* The upper halves of the vector registers, and all registers beyond 16: their size in memory, and
 * the processor's bits for them; 0: there are none. */
uint32_t lh_lock_api_vector_bytes LH_HIDDEN, lh_lock_api_vector_parts LH_HIDDEN;

/* clang-format off */
__asm__(
	".text\n"
	".macro lh_keep register, at\n"
	"	movq %\\register, \\at(%rbp)\n"
	".endm\n"
	".macro lh_load register, at\n"
	"	movq \\at(%rbp), %\\register\n"
	".endm\n"
	".macro lh_each what\n"
	"	\\what rcx, -16\n"
	"	\\what rdx, -24\n"
	"	\\what rsi, -32\n"
	"	\\what rdi, -40\n"
	"	\\what r8, -48\n"
	"	\\what r9, -56\n"
	"	\\what r10, -64\n"
	"	\\what r11, -72\n"
	".endm\n"
	".macro lh_each_xmm what\n"
	"	.irp number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
	"	\\what \\number\n"
	"	.endr\n"
	".endm\n"
	".macro lh_keep_xmm number\n"
	"	movups %xmm\\number, 16*\\number(%rsp)\n"
	".endm\n"
	".macro lh_load_xmm number\n"
	"	movups 16*\\number(%rsp), %xmm\\number\n"
	".endm\n"
	/* Calls a function with the frame, and keeps the vector registers. */
	".macro lh_event function\n"
	"	subq $256, %rsp\n"
	"	lh_each_xmm lh_keep_xmm\n"
	"	leaq -304(%rbp), %rdi\n"
	"	call \\function\n"
	"	lh_each_xmm lh_load_xmm\n"
	"	leaq -304(%rbp), %rsp\n"
	".endm\n"

	"	.p2align 4\n"
	"	.globl lh_lock_api_entry\n"
	"	.hidden lh_lock_api_entry\n"
	"	.type lh_lock_api_entry, @function\n"
	"lh_lock_api_entry:\n"
	"	.cfi_startproc\n"
	"	.cfi_personality 0x1b, lh_lock_api_personality\n"
	"	.cfi_def_cfa_offset 16\n" /* the slot lies there */
	"	endbr64\n"
	"	pushq %rax\n"
	"	.cfi_def_cfa_offset 24\n"
	"	movq 8(%rsp), %rax\n"
	"	movq %rbp, 8(%rsp)\n"
	"	leaq 8(%rsp), %rbp\n"
	"	.cfi_def_cfa rbp, 16\n"
	"	.cfi_offset rbp, -16\n"
	"	leaq -304(%rbp), %rsp\n"
	"	lh_each lh_keep\n"
	"	movq %rax, -80(%rbp)\n"
	"	movq (%rax), %rax\n"
	"	movq %rax, -88(%rbp)\n"
	"	leaq lh_lock_api_returned(%rip), %rax\n"
	"	cmpq %rax, 8(%rbp)\n"
	"	je lh_lock_api_again\n"

	"	lh_event lh_lock_api_before\n"
	"	lh_each lh_load\n"
	"	movq -8(%rbp), %rax\n"
	"	call *-88(%rbp)\n"
	"lh_lock_api_returned:\n"
	"	movq %rax, -8(%rbp)\n"
	"	lh_each lh_keep\n"
	"	lh_event lh_lock_api_after\n"
	"	lh_each lh_load\n"
	"	movq -8(%rbp), %rax\n"
	"	movq %rbp, %rsp\n"
	"	popq %rbp\n"
	"	.cfi_remember_state\n"
	"	.cfi_def_cfa rsp, 8\n"
	"	.cfi_restore rbp\n"
	"	ret\n"
	"	.cfi_restore_state\n"

	/* Again in the same call: back to the original, as if it had not come here. */
	"lh_lock_api_again:\n"
	"	lh_each lh_load\n"
	"	movq -88(%rbp), %rax\n"
	"	xchgq %rax, (%rbp)\n"
	"	leaq -8(%rbp), %rsp\n"
	"	.cfi_def_cfa rsp, 24\n"
	"	.cfi_register rbp, rax\n"
	"	movq %rax, %rbp\n"
	"	.cfi_restore rbp\n"
	"	popq %rax\n"
	"	.cfi_def_cfa_offset 16\n"
	"	ret\n"
	"	.cfi_endproc\n"
	"	.size lh_lock_api_entry, . - lh_lock_api_entry\n"

	/* Calls the function in rax, with up to five arguments. */
	"	.p2align 4\n"
	"	.type lh_lock_api_keep, @function\n"
	"lh_lock_api_keep:\n"
	"	.cfi_startproc\n"
	"	pushq %rbp\n"
	"	.cfi_def_cfa_offset 16\n"
	"	.cfi_offset rbp, -16\n"
	"	movq %rsp, %rbp\n"
	"	.cfi_def_cfa_register rbp\n"
	"	pushq %rdx\n"
	"	pushq %rax\n"
	"	movl lh_lock_api_vector_bytes(%rip), %eax\n"
	"	subq %rax, %rsp\n"
	"	andq $-64, %rsp\n"
	"	xorl %edx, %edx\n"
	"	movl lh_lock_api_vector_parts(%rip), %eax\n"
	"	testl %eax, %eax\n"
	"	jz 1f\n"
	"	.irp word, 0, 8, 16, 24, 32, 40, 48, 56\n"
	"	movq %rdx, 512+\\word(%rsp)\n"
	"	.endr\n"
	"	xsave64 (%rsp)\n"
	"1:	movq -8(%rbp), %rdx\n"
	"	call *-16(%rbp)\n"
	"	movq %rax, -8(%rbp)\n"
	"	xorl %edx, %edx\n"
	"	movl lh_lock_api_vector_parts(%rip), %eax\n"
	"	testl %eax, %eax\n"
	"	jz 2f\n"
	"	xrstor64 (%rsp)\n"
	"2:	movq -8(%rbp), %rax\n"
	"	leave\n"
	"	.cfi_def_cfa rsp, 8\n"
	"	ret\n"
	"	.cfi_endproc\n"
	"	.size lh_lock_api_keep, . - lh_lock_api_keep\n");
#define KEPT(name)                                                                                 \
	__asm__(".globl lh_kept_" #name "\n.hidden lh_kept_" #name "\n.hidden lh_" #name         \
		"\nlh_kept_" #name ":\nleaq lh_" #name "(%rip), %rax\njmp lh_lock_api_keep\n");
SLOW_EVENTS(KEPT)

/* ---- the events ---- */

static uint64_t argument(const struct frame *f, unsigned number)
{
	const uint64_t values[] = {f->rdi, f->rsi, f->rdx, f->rcx, f->r8, f->r9};

	return values[number - 1];
}

/* Of every lock of the row's kind. */
static uint32_t flags_of(const struct lh_api_row *row)
{
	return LH_LOCK_OWN_KIND_FLAGS(row->kind + 1) |
	       (lh_lock_api_rows.kind[row->kind].recursive ? LH_LOCK_RECURSIVE : 0);
}

/* No object lies where these addresses are (LH_ADDRESS_VALUE): a kind's values, or a name. */
static const void *last_held(uint32_t kind)
{
	const struct lh_live_thread *live = lh_self_get()->live;

	for (uint32_t i = live ? live->held_n : 0; i-- > 0;) {
		const struct lh_held *h = lh_held_at(live, i);
		const struct lh_lock *l = lh_lock_row(h->lock);
		if (l && l->kind == LH_CUSTOM && LH_LOCK_OWN_KIND(l->flags) == kind + 1)
			return (const void *)(uintptr_t)h->address;
	}
	return NULL;
}

static const void *object_of(const struct frame *f)
{
	const struct lh_api_row *row = f->slot->row;
	uint64_t value = argument(f, row->argument), kind = (uint64_t)row->kind << 48;

	if (row->lock == LH_API_POINTER)
		return (const void *)value;
	if (row->lock == LH_API_HELD)
		return last_held(row->kind);
	if (row->lock == LH_API_NAME)
		return (const void *)(LH_ADDRESS_VALUE | LH_ADDRESS_NAMED | row->name_number);
	return (const void *)(LH_ADDRESS_VALUE | kind | (value & ((1ull << row->bits) - 1)));
}

static struct lh_call call_of(const struct frame *f)
{
	static const uint8_t how[LH_API_ACTIONS] = {[LH_API_ACQUIRE] = LH_BLOCKING,
						    [LH_API_WAIT] = LH_BLOCKING,
						    [LH_API_TRY] = LH_TRY,
						    [LH_API_TIMED] = LH_TIMED};
	const struct lh_api_row *row = f->slot->row;

	return (struct lh_call){.object = f->object,
				.frame = (uintptr_t)&f->rbp,
				.kind = LH_CUSTOM,
				.mode = row->shared ? LH_SHARED : LH_EXCLUSIVE,
				.how = how[row->action]};
}

static struct lh_lock *known(const void *object)
{
	struct lh_lock *l = lh_self_get()->live ? lh_lock_known(object, LH_CUSTOM) : NULL;

	return l && l->kind == LH_CUSTOM ? l : NULL;
}

/* Readers are not counted, so a lock that ever had one looks free to none but other readers. */
static bool looks_free(const struct frame *f, const struct lh_call *call)
{
	const struct lh_lock *l = known(f->object);

	return !l || (!l->owner && (!l->shared || call->mode == LH_SHARED));
}

/* A recursive lock: nothing to wait for. */
static bool is_held_again(const struct frame *f)
{
	struct lh_live_thread *live = lh_self_get()->live;

	return live && lh_lock_api_rows.kind[f->slot->row->kind].recursive &&
	       lh_held_find(live, f->object);
}

static void begin_acquire(struct frame *f)
{
	const struct lh_call call = call_of(f);

	if (is_held_again(f))
		return;
	f->tick = lh_clock_tick();
	f->looked_free = looks_free(f, &call);
	f->announced = ANNOUNCED_FREE;
	if (lh_on_wait_begin_free(&call))
		return;
	f->announced = ANNOUNCED;
	lh_on_wait_begin(&call);
}

/* What only the file says. The first acquisition makes the lock's row without it. */
static void describe(const struct frame *f)
{
	const struct lh_api_row *row = f->slot->row;
	struct lh_lock *l = known(f->object);
	char text[LH_NAME_MAX];
	struct lh_text name = LH_TEXT(text);

	if (!l || LH_LOCK_OWN_KIND(l->flags))
		return;
	__atomic_fetch_or(&l->flags, flags_of(row), __ATOMIC_RELAXED);
	if (row->lock != LH_API_NAME)
		return;
	const struct lh_call call = call_of(f);
	for (uint32_t i = 0; i < row->name_length; i++)
		lh_text_char(&name, row->name[i]);
	lh_on_name(&call, text);
}

/* The wait was none, or ends without the lock. */
static void end_wait(const struct frame *f)
{
	const struct lh_call call = call_of(f);

	if (f->announced == ANNOUNCED_FREE)
		(lh_deadlocks_open ? lh_kept_on_wait_end_free : lh_on_wait_end_free)(&call);
	else if (f->announced)
		lh_on_wait_clear(&call);
}

/* A lock that looked free and was acquired within a tick was not waited for. */
static void end_acquire(struct frame *f, bool acquired)
{
	const struct lh_call call = call_of(f);
	bool waited = f->announced && (!f->looked_free || lh_clock_tick() - f->tick > 1);

	if (waited) {
		lh_on_wait_end(&call, acquired ? 0 : ETIMEDOUT);
	} else {
		end_wait(f);
		if (acquired)
			lh_on_acquired(call, 0);
	}
	f->announced = 0;
	describe(f);
}

static void copy(void *to, uintptr_t from, size_t bytes)
{
	size_t words = bytes / 8;

	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
}

/*
 * How many arguments lie on the stack is not known, and where the stack ends is known of a thread,
 * not of a coroutine: there, bytes of another page are copied by the kernel, if they exist.
 */
static void copy_arguments(struct frame *f)
{
	enum { PAGE = 4096 };
	const struct lh_live_thread *live = lh_self_get()->live;
	uintptr_t from = (uintptr_t)(&f->return_address + 1);
	size_t n = sizeof(f->arguments), near = PAGE - from % PAGE;
	bool inside = live && from >= live->stack_low && from + n <= live->stack_high;

	if (n <= near || inside) {
		copy(f->arguments, from, n);
		return;
	}
	copy(f->arguments, from, near);
	if (!lh_sys_seccomp_seen())
		lh_sys_copy((char *)f->arguments + near, (const void *)(from + near), n - near);
}

void lh_lock_api_before(struct frame *f)
{
	const struct lh_api_row *row = f->slot->row;

	copy_arguments(f);
	f->announced = 0;
	f->inner = NULL;
	if (row == &lh_lock_api_loader_row || lh_lock_api_off[row->kind])
		return;
	f->object = object_of(f);
	const struct lh_call call = call_of(f);
	switch ((enum lh_api_action)row->action) {
	case LH_API_ACQUIRE:
	case LH_API_TIMED:
		begin_acquire(f);
		break;
	case LH_API_WAIT:
		f->was_held = lh_self_get()->live && lh_held_find(lh_self_get()->live, f->object);
		if (f->was_held)
			lh_on_release(call);
		break;
	case LH_API_RELEASE:
		lh_on_release(call);
		break;
	case LH_API_INIT:
		lh_on_reinit_begin(&call);
		break;
	case LH_API_DESTROY:
		lh_on_destroy_begin(&call);
		break;
	default:
		break;
	}
	if (!row->inside_reported)
		f->inner = (lh_self_get()->live ? lh_inner_begin : lh_kept_inner_begin)(call.frame);
}

/* A result that says little is not believed where the compiler may have removed it. */
static bool succeeded(const struct frame *f)
{
	const struct lh_api_row *row = f->slot->row;
	bool may_fail = row->action == LH_API_TRY || row->action == LH_API_TIMED;

	return (f->slot->local && !may_fail) || lh_api_is_success(row, f->rax);
}

void lh_lock_api_after(struct frame *f)
{
	const struct lh_api_row *row = f->slot->row;
	const struct lh_call call = call_of(f);
	bool success = succeeded(f);

	if (row == &lh_lock_api_loader_row)
		lh_kept_lock_api_objects_changed();
	if (row == &lh_lock_api_loader_row || lh_lock_api_off[row->kind])
		return;
	lh_inner_end(f->inner);
	switch ((enum lh_api_action)row->action) {
	case LH_API_ACQUIRE:
	case LH_API_TIMED:
		end_acquire(f, success);
		break;
	case LH_API_TRY:
		lh_on_acquired(call, success ? 0 : EBUSY);
		if (success)
			describe(f);
		break;
	case LH_API_WAIT:
		if (f->was_held)
			lh_on_acquired(call, 0);
		break;
	case LH_API_RELEASE:
		lh_on_release_done(call, success ? 0 : EPERM);
		break;
	case LH_API_INIT:
		if (success)
			lh_on_init(&call, flags_of(row), 0);
		break;
	case LH_API_DESTROY:
		lh_on_destroyed(&call, success ? 0 : EBUSY);
		break;
	default:
		break;
	}
}

/* ---- exceptions ---- */

/* Of the runtime that unwinds: the stack pointer in the frame that has the personality routine, at
 * its call. A program in C loads the runtime only then, and this is NULL. */
extern uintptr_t _Unwind_GetCFA(void *context) __attribute__((weak));

/* The original is left by an exception or a cancellation: the thread no longer waits. */
int lh_lock_api_personality(int version, int actions, uint64_t class, void *exception,
			    void *context)
{
	enum { CLEANUP_PHASE = 2, CONTINUE_UNWIND = 8 };
	struct lh_self *self = lh_self_get();
	uintptr_t at = self->inner ? self->inside - offsetof(struct frame, rbp) : 0;

	(void)version, (void)class, (void)exception;
	if (_Unwind_GetCFA)
		at = _Unwind_GetCFA(context);
	if (!(actions & CLEANUP_PHASE) || !at)
		return CONTINUE_UNWIND;
	struct frame *f = (struct frame *)at; /* at the stack pointer */
	lh_inner_end(f->inner);
	end_wait(f);
	return CONTINUE_UNWIND;
}

/* ---- the start ---- */

/* Called with the loader's lock, so by one thread at a time. */
void lh_lock_api_objects_changed(void)
{
	on_objects();
}

/* The vector registers of the processor, without those of matrices, which no code of ours uses. */
static void measure_vectors(void)
{
	enum { OSXSAVE = 1 << 27, PARTS = 0xe4, LEGACY_AND_HEADER = 576 };
	unsigned a, b, c, d, low, high;

	lh_lock_api_vector_bytes = LEGACY_AND_HEADER;
	__cpuid(1, a, b, c, d);
	if (!(c & OSXSAVE))
		return;
	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	lh_lock_api_vector_parts = low & PARTS;
	for (unsigned i = 2; i < 8; i++) {
		__cpuid_count(13, i, a, b, c, d);
		if ((lh_lock_api_vector_parts & 1u << i) && a + b > lh_lock_api_vector_bytes)
			lh_lock_api_vector_bytes = a + b;
	}
}

void lh_lock_api_prepare(void (*objects_changed)(void))
{
	on_objects = objects_changed;
	measure_vectors();
}
#endif
