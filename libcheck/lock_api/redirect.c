/* redirect.c — pages near the functions, the code in them, and the jumps to it. */
#include "libcheck/lock_api/redirect.h"
#include "libcheck/base/sys.h"
#include "libcheck/lock_api/functions.h"
#include "libcheck/machine_code/move_code.h"
#include "libcheck/machine_code/x86_code.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#if defined(__x86_64__)

enum {
	SLOTS_MAX = 1024,
	AREAS_MAX = 64,
	AREA_BYTES = 32768, /* for some 200 functions */
	PIECE_BYTES = 160,  /* of each function: the push and jump, and the copy */
	PUSH_BYTES = 32,
	PAGE = 4096,
};
#define REACH                                                                                      \
	(1ull << 30) /* how far an area may be from a function: half of what a jump reaches        \
		      */

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

static struct lh_api_slot slots[SLOTS_MAX];
static uint32_t n_slots, n_done; /* the slots up to n_done have their jumps */
static struct {
	uint8_t *at;
	uint32_t used;
} areas[AREAS_MAX];
static uint32_t n_areas, first_open; /* areas before first_open can no longer be written */

/* Of the call of lh_api_redirect that runs. */
static const struct lh_api *rows;
static uint8_t *results;
static void (*shared_entry)(void);
static struct {
	struct lh_moved moved;
	const uint8_t *piece;
	int protection;
	uintptr_t object;
} plan[SLOTS_MAX];

/* ---- areas ---- */

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

/* Tries addresses below the function, ever farther away; what lies above an executable is its
 * heap's. */
static uint8_t *map_near(uint64_t function)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;

	for (uint64_t away = 16 * PAGE; away < REACH; away += away / 8) {
		uint64_t at = (function - away) & ~(uint64_t)(PAGE - 1);
		if (at > function)
			break;
		long got = lh_syscall(SYS_mmap, (long)at, AREA_BYTES, PROT_READ | PROT_WRITE, flags,
				      -1, 0);
		if (got == (long)at)
			return (uint8_t *)at;
		if (got > 0) /* an old kernel chose another address */
			lh_sys_unmap((void *)got, AREA_BYTES);
		away = (away + PAGE - 1) & ~(uint64_t)(PAGE - 1);
	}
	return NULL;
}

static uint8_t *new_piece(uint64_t function)
{
	for (uint32_t i = first_open; i < n_areas; i++)
		if (distance((uintptr_t)areas[i].at, function) < REACH &&
		    areas[i].used + PIECE_BYTES <= AREA_BYTES) {
			areas[i].used += PIECE_BYTES;
			return areas[i].at + areas[i].used - PIECE_BYTES;
		}
	uint8_t *at = n_areas < AREAS_MAX ? map_near(function) : NULL;
	if (!at)
		return NULL;
	areas[n_areas].at = at;
	areas[n_areas++].used = PIECE_BYTES;
	return at;
}

/* ---- pieces ---- */

/*
 * endbr64; push slot(%rip); jmp *entry(%rip); the two words. Changes no register and no flag: the
 * compiler may know which registers a function of the same file leaves alone.
 */
static void write_push(uint8_t *piece, const struct lh_api_slot *slot)
{
	static const uint8_t code[] = {0xf3, 0x0f, 0x1e, 0xfa, 0xff, 0x35, 6, 0,
				       0,    0,    0xff, 0x25, 8,    0,    0, 0};
	uintptr_t word[] = {(uintptr_t)slot, (uintptr_t)shared_entry};

	__builtin_memcpy(piece, code, sizeof(code));
	__builtin_memcpy(piece + sizeof(code), word, sizeof(word));
}

static uint8_t why(enum lh_move_result result)
{
	return result == LH_MOVE_TOO_SHORT ? LH_API_TOO_SHORT
	       : result == LH_MOVE_TOO_FAR ? LH_API_NO_ROOM
					   : LH_API_CODE;
}

static uint8_t prepare(const struct lh_api_function *x)
{
	static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
	struct lh_api_slot *slot = &slots[n_slots];
	uint8_t *piece = n_slots < SLOTS_MAX ? new_piece(x->at) : NULL, *copy;

	if (!piece)
		return LH_API_NO_ROOM;
	copy = piece + PUSH_BYTES;
	__builtin_memcpy(copy, endbr64, sizeof(endbr64));
	enum lh_move_result result = lh_move_code(
		(const uint8_t *)x->at, x->size, x->readable, x->at, copy + sizeof(endbr64),
		(uintptr_t)copy + sizeof(endbr64), &plan[n_slots].moved);
	if (result != LH_MOVE_GOOD)
		return why(result);
	*slot = (struct lh_api_slot){copy, x->row, x->at, x->local};
	plan[n_slots].piece = piece;
	plan[n_slots].object = x->object;
	plan[n_slots].protection = x->protection;
	write_push(piece, slot);
	n_slots++;
	return 0;
}

static bool is_known(uintptr_t function)
{
	for (uint32_t i = 0; i < n_slots; i++)
		if (slots[i].function == function)
			return true;
	return false;
}

static bool has_argument(const struct lh_api_function *x)
{
	static const uint8_t registers[] = {LH_RDI, LH_RSI, LH_RDX, LH_RCX, 8, 9};

	return x->row->lock > LH_API_VALUE || !x->size ||
	       lh_code_uses_argument((const uint8_t *)x->at, x->size,
				     registers[x->row->argument - 1]);
}

static void found(const struct lh_api_function *x)
{
	uint8_t *result = &results[x->row - rows->row];

	/* an empty constructor or destructor may get anything */
	if (x->match == LH_NAME_SAME && x->row->action >= LH_API_INIT && !has_argument(x))
		*result |= LH_API_FOUND;
	else if (x->match == LH_NAME_CHANGED || !has_argument(x))
		*result |= LH_API_CHANGED_COPY;
	else if (!x->size)
		*result |= LH_API_FOUND | LH_API_NO_SIZE;
	else if (!is_known(x->at))
		*result |= LH_API_FOUND | prepare(x);
}

/* ---- jumps ---- */

static bool protect(uintptr_t from, uintptr_t to, int protection)
{
	from &= ~(uintptr_t)(PAGE - 1);
	return lh_syscall(SYS_mprotect, (long)from, (long)(to - from), protection, 0, 0, 0) == 0;
}

static bool close_areas(void)
{
	for (; first_open < n_areas; first_open++)
		if (!protect((uintptr_t)areas[first_open].at,
			     (uintptr_t)areas[first_open].at + AREA_BYTES, PROT_READ | PROT_EXEC))
			return false;
	return true;
}

/* Eight bytes at once where they do not cross a word: another thread sees the old or the new. */
static void write_jump(uint8_t *at, const uint8_t *to)
{
	int32_t field = (int32_t)(to - (at + LH_JUMP_BYTES));
	uint64_t *word = (uint64_t *)((uintptr_t)at & ~7ul), value = *word;
	size_t offset = (uintptr_t)at & 7;
	uint8_t jump[LH_JUMP_BYTES] = {0xe9};

	__builtin_memcpy(jump + 1, &field, sizeof(field));
	if (offset + LH_JUMP_BYTES > sizeof(*word)) {
		__builtin_memcpy(at, jump, sizeof(jump));
		return;
	}
	__builtin_memcpy((uint8_t *)&value + offset, jump, sizeof(jump));
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static uint8_t redirect(uint32_t i)
{
	uintptr_t at = slots[i].function + plan[i].moved.skipped, end = at + LH_JUMP_BYTES;

	if (!protect(at, end, PROT_READ | PROT_WRITE | PROT_EXEC))
		return LH_API_FORBIDDEN;
	write_jump((uint8_t *)at, plan[i].piece);
	protect(at, end, plan[i].protection);
	return LH_API_REDIRECTED;
}

/* Other functions may lie where those of an unloaded object were. */
static void forget_unloaded(void)
{
	for (uint32_t i = 0; i < n_slots; i++)
		if (plan[i].object && !lh_api_is_loaded(plan[i].object))
			plan[i].object = slots[i].function = 0;
}

/* Does a function of the kind, among those that were found now, keep its code? */
static bool is_partial(uint32_t kind)
{
	for (uint32_t i = 0; i < rows->rows; i++)
		if (rows->row[i].kind == kind && (results[i] & LH_API_PROBLEMS))
			return true;
	return false;
}

void lh_api_redirect(const struct lh_api *api, void (*entry)(void), uint8_t *result)
{
	uint8_t now[LH_API_ROWS_MAX] = {0};

	rows = api;
	results = now;
	shared_entry = entry;
	forget_unloaded();
	lh_api_find_functions(api, found);
	bool may_run = close_areas();
	for (; n_done < n_slots; n_done++) {
		const struct lh_api_row *row = slots[n_done].row;
		if (!may_run)
			now[row - api->row] |= LH_API_FORBIDDEN;
		else if (!is_partial(row->kind))
			now[row - api->row] |= redirect(n_done);
	}
	for (uint32_t i = 0; i < api->rows; i++)
		result[i] |= now[i];
}

bool lh_api_redirect_one(uintptr_t at, const struct lh_api_row *row, void (*entry)(void))
{
	static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
	bool marked = __builtin_memcmp((const void *)at, endbr64, sizeof(endbr64)) == 0;
	struct lh_api_function x = {.row = row,
				    .at = at,
				    .size = marked ? sizeof(endbr64) + 1 : 1,
				    .readable = 32,
				    .protection = PROT_READ | PROT_EXEC};

	shared_entry = entry;
	return !prepare(&x) && close_areas() && redirect(n_done++) == LH_API_REDIRECTED;
}

#else

void lh_api_redirect(const struct lh_api *api, void (*entry)(void), uint8_t *result)
{
	(void)api, (void)entry, (void)result;
}

bool lh_api_redirect_one(uintptr_t at, const struct lh_api_row *row, void (*entry)(void))
{
	(void)at, (void)row, (void)entry;
	return false;
}

#endif
