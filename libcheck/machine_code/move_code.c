/* move_code.c — moves instructions, and looks for jumps that make that impossible. */
#include "libcheck/machine_code/move_code.h"
#include "libcheck/machine_code/x86_code.h"

enum { MAP_0F = 1 };

struct mover {
	const uint8_t *code;
	uint64_t at, copy_at; /* addresses of the function and of the copy */
	uint8_t *copy;
	struct lh_moved *m;
	struct {
		uint32_t old, new; /* offsets of a moved instruction in both */
	} moved[LH_JUMP_BYTES];
	uint32_t instructions;
};

static void put(struct mover *v, const void *bytes, uint32_t n)
{
	__builtin_memcpy(v->copy + v->m->copied, bytes, n);
	v->m->copied += n;
}

static void put_byte(struct mover *v, uint8_t byte)
{
	put(v, &byte, 1);
}

/* The distance from the end of a field of four bytes that lies `more` bytes before the end of its
 * instruction. */
static bool put_distance(struct mover *v, uint64_t target, uint32_t more)
{
	int64_t distance = (int64_t)(target - (v->copy_at + v->m->copied + 4 + more));
	int32_t field = (int32_t)distance;

	put(v, &field, 4);
	return field == distance;
}

/* Where a jump goes from the copy: moved instructions are followed to their copies. */
static uint64_t followed(const struct mover *v, uint64_t target)
{
	for (uint32_t i = 0; i < v->instructions; i++)
		if (target == v->at + v->moved[i].old)
			return v->copy_at + v->moved[i].new;
	return target;
}

static enum lh_move_result put_jump(struct mover *v, const struct lh_instruction *x,
				    uint64_t target)
{
	if (x->flow == LH_BRANCH) {
		if (!x->map && (x->op & 0xfc) == 0xe0) /* loop, jrcxz: only short ones exist */
			return LH_MOVE_UNKNOWN_CODE;
		put_byte(v, 0x0f);
		put_byte(v, 0x80 | (x->op & 15));
	} else {
		put_byte(v, 0xe9);
	}
	uint64_t first = v->at + v->m->skipped, to = followed(v, target);
	if (to > first && to < first + LH_JUMP_BYTES)
		return LH_MOVE_JUMP_INSIDE;
	return put_distance(v, to, 0) ? LH_MOVE_GOOD : LH_MOVE_TOO_FAR;
}

/* push return_address, in two halves */
static void put_return(struct mover *v, uint64_t return_address)
{
	uint32_t low = (uint32_t)return_address, high = (uint32_t)(return_address >> 32);

	put_byte(v, 0x68);
	put(v, &low, 4);
	put(v, "\xc7\x44\x24\x04", 4); /* mov $high, 4(%rsp) */
	put(v, &high, 4);
}

/* An instruction with its operand at a distance from itself. */
static bool put_relative(struct mover *v, const struct lh_instruction *x, const uint8_t *code,
			 uint64_t next)
{
	uint32_t rest = x->size - x->displacement_at - 4;

	put(v, code, x->displacement_at);
	bool good = put_distance(v, next + (uint64_t)x->displacement, rest);
	put(v, code + x->displacement_at + 4, rest);
	return good;
}

/* A call jumps after it has pushed its old return address. An indirect one becomes the jump with
 * the same operand: its ModRM byte differs by three bits. */
static enum lh_move_result put_call(struct mover *v, const struct lh_instruction *x,
				    const uint8_t *code, uint64_t next)
{
	enum { CALL_BITS = 2, JUMP_BITS = 4 };
	uint8_t jump[15];

	if (next < v->at + v->m->skipped + LH_JUMP_BYTES || (x->memory && x->base == LH_RSP))
		return LH_MOVE_UNKNOWN_CODE;
	put_return(v, next);
	if (x->direct)
		return put_jump(v, x, next + (uint64_t)x->immediate);
	__builtin_memcpy(jump, code, x->size);
	jump[x->modrm_at] ^= (CALL_BITS ^ JUMP_BITS) << 3;
	if (x->memory && x->base == LH_RIP)
		return put_relative(v, x, jump, next) ? LH_MOVE_GOOD : LH_MOVE_TOO_FAR;
	put(v, jump, x->size);
	return LH_MOVE_GOOD;
}

static bool is_breakpoint(const struct lh_instruction *x)
{
	return !x->map && x->op == 0xcc;
}

static bool begins_transaction(const struct lh_instruction *x)
{
	return !x->map && (x->op & 0xfe) == 0xc6 && x->modrm && !x->memory && (x->reg & 7) == 7;
}

static enum lh_move_result move(struct mover *v, const struct lh_instruction *x, uint32_t from)
{
	const uint8_t *code = v->code + from;
	uint64_t next = v->at + from + x->size;

	v->moved[v->instructions].old = from;
	v->moved[v->instructions++].new = v->m->copied;
	if (is_breakpoint(x) || begins_transaction(x))
		return LH_MOVE_UNKNOWN_CODE;
	if (x->flow == LH_CALL)
		return put_call(v, x, code, next);
	if (x->direct)
		return put_jump(v, x, next + (uint64_t)x->immediate);
	if (x->memory && x->base == LH_RIP)
		return put_relative(v, x, code, next) ? LH_MOVE_GOOD : LH_MOVE_TOO_FAR;
	put(v, code, x->size);
	return LH_MOVE_GOOD;
}

static bool leaves(const struct lh_instruction *x)
{
	return x->flow == LH_END || x->flow == LH_JUMP;
}

/* The bytes between a function and the next one: nop of any size, or int3. */
static bool is_padding(const uint8_t *code, size_t n)
{
	struct lh_instruction x;

	for (size_t at = 0; at < n; at += x.size)
		if (!lh_x86_decode(code + at, n - at + 15, &x) ||
		    !((!x.map && (x.op == 0x90 || x.op == 0xcc)) ||
		      (x.map == MAP_0F && x.op == 0x1f)))
			return false;
	return true;
}

static enum lh_move_result move_first(struct mover *v, size_t size, size_t readable)
{
	enum lh_move_result result = LH_MOVE_GOOD;
	struct lh_instruction x = {0};
	uint32_t at = v->m->skipped, end = at + LH_JUMP_BYTES;

	while (result == LH_MOVE_GOOD && at < end && at < size) {
		if (!lh_x86_decode(v->code + at, size - at, &x))
			return LH_MOVE_UNKNOWN_CODE;
		result = move(v, &x, at);
		at += x.size;
	}
	if (result != LH_MOVE_GOOD)
		return result;
	if (at < end) {
		if (!leaves(&x) || readable < end + 15u || !is_padding(v->code + at, end - at))
			return LH_MOVE_TOO_SHORT;
		at = end;
	}
	v->m->n = at - v->m->skipped;
	if (leaves(&x))
		return LH_MOVE_GOOD;
	put_byte(v, 0xe9);
	return put_distance(v, v->at + at, 0) ? LH_MOVE_GOOD : LH_MOVE_TOO_FAR;
}

/* Only what is not moved: the copy's own jumps follow the copies. */
static enum lh_move_result find_jumps(const struct mover *v, size_t size)
{
	struct lh_instruction x;
	uint64_t first = v->at + v->m->skipped, last = first + v->m->n;

	for (size_t at = v->m->skipped + v->m->n; at < size; at += x.size) {
		if (!lh_x86_decode(v->code + at, size - at, &x))
			return LH_MOVE_UNKNOWN_CODE;
		uint64_t target = v->at + at + x.size + (uint64_t)x.immediate;
		if (x.direct && target > first && target < last)
			return LH_MOVE_JUMP_INSIDE;
	}
	return LH_MOVE_GOOD;
}

enum lh_move_result lh_move_code(const uint8_t *code, size_t size, size_t readable, uint64_t at,
				 uint8_t copy[LH_MOVED_MAX], uint64_t copy_at, struct lh_moved *m)
{
	static const uint8_t endbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};
	struct mover v = {.code = code, .at = at, .copy_at = copy_at, .copy = copy, .m = m};

	*m = (struct lh_moved){0};
	if (size >= sizeof(endbr64) && __builtin_memcmp(code, endbr64, sizeof(endbr64)) == 0)
		m->skipped = sizeof(endbr64);
	enum lh_move_result result = move_first(&v, size, readable);
	return result == LH_MOVE_GOOD ? find_jumps(&v, size) : result;
}

/* ---- arguments ---- */

/* mov, lea, movzx and the like: what they write is not read. */
static bool writes_reg_only(const struct lh_instruction *x)
{
	return x->map == 0 ? x->op == 0x8a || x->op == 0x8b || x->op == 0x8d || x->op == 0x63
			   : x->map == MAP_0F && (x->op & 0xf6) == 0xb6;
}

static bool writes_rm_only(const struct lh_instruction *x)
{
	return x->map == 0 && (x->op == 0x88 || x->op == 0x89 || x->op == 0xc6 || x->op == 0xc7 ||
			       (x->op & 0xf0) == 0xb0 || (x->op & 0xf8) == 0x58);
}

/* xor %edi, %edi */
static bool clears(const struct lh_instruction *x, int r)
{
	return x->map == 0 && (x->op == 0x31 || x->op == 0x33) && !x->memory && x->reg == r &&
	       x->rm == r;
}

static bool has_rm(const struct lh_instruction *x)
{
	return x->modrm ? !x->memory
			: x->map == 0 && ((x->op & 0xf0) == 0x50 || (x->op & 0xf0) == 0xb0 ||
					  (x->op & 0xf8) == 0x90);
}

enum { PATHS_MAX = 16, STEPS_MAX = 300 };

struct path_search {
	const uint8_t *code;
	size_t size;
	int r;
	uint32_t paths, steps;
};

enum use { USE_NONE, USE_WRITE, USE_READ };

static enum use use_of(const struct lh_instruction *x, int r)
{
	bool reg = x->modrm && x->reg == r, rm = has_rm(x) && x->rm == r;

	if (x->flow == LH_CALL || (x->memory && (x->base == r || x->index == r)))
		return USE_READ;
	if (clears(x, r) || (reg && !rm && writes_reg_only(x)) || (rm && !reg && writes_rm_only(x)))
		return USE_WRITE;
	return reg || rm ? USE_READ : USE_NONE;
}

/* On the path that begins at an offset. Also true if the path is too long to tell. */
static bool path_reads(struct path_search *s, size_t at)
{
	struct lh_instruction x;

	if (++s->paths > PATHS_MAX)
		return true;
	for (; at < s->size; at += x.size) {
		if (++s->steps > STEPS_MAX || !lh_x86_decode(s->code + at, s->size - at, &x))
			return true;
		enum use use = use_of(&x, s->r);
		if (use != USE_NONE)
			return use == USE_READ;
		if (x.flow == LH_END)
			return !x.map && x.op == 0xff; /* a jump to any function */
		size_t target = at + x.size + (size_t)x.immediate;
		if (x.flow == LH_JUMP)
			return target >= s->size || path_reads(s, target);
		if (x.flow == LH_BRANCH && (target >= s->size || path_reads(s, target)))
			return true;
	}
	return true;
}

bool lh_code_uses_argument(const uint8_t *code, size_t size, int argument_register)
{
	struct path_search s = {.code = code, .size = size, .r = argument_register};

	return path_reads(&s, 0);
}
