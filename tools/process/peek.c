/* peek.c — looks up memory, tasks, mappings and objects of a process; converts registers. */
#include "tools/process/peek_internal.h"

#include <stdio.h>
#include <string.h>
#include <sys/user.h>

int lh_peek_by_tid(const void *a, const void *b)
{
	pid_t x = ((const struct lh_peek_task *)a)->tid, y = ((const struct lh_peek_task *)b)->tid;

	return x < y ? -1 : x > y;
}

bool lh_peek_read(const struct lh_peek *p, uint64_t address, void *out, size_t n)
{
	return p->source && p->source->read(p, address, out, n);
}

struct lh_peek_task *lh_peek_find(const struct lh_peek *p, pid_t inner)
{
	for (uint32_t i = 0; i < p->tasks; i++)
		if (p->task[i].own_tid == inner)
			return &p->task[i];
	return NULL;
}

const struct lh_peek_map *lh_peek_map_at(const struct lh_peek *p, uint64_t address)
{
	for (uint32_t i = 0; i < p->maps; i++)
		if (address >= p->map[i].start && address < p->map[i].end)
			return &p->map[i];
	return NULL;
}

const struct lh_peek_module *lh_peek_module_at(const struct lh_peek *p, uint64_t address)
{
	for (uint32_t i = 0; i < p->modules; i++)
		if (address >= p->module[i].start && address < p->module[i].end)
			return &p->module[i];
	return NULL;
}

struct lh_module lh_peek_module_row(const struct lh_peek_module *m, const char *path)
{
	struct lh_module row = {
		.start = m->start, .end = m->end, .base = m->base, .build_id_n = m->build_id_n};

	memcpy(row.build_id, m->build_id, sizeof(row.build_id));
	snprintf(row.path, sizeof(row.path), "%s", path);
	return row;
}

#if defined __x86_64__
/* In DWARF's register order; the 17th is the program counter. */
void lh_peek_registers(struct lh_peek_task *t, const void *set)
{
	const struct user_regs_struct *r = set;
	const uint64_t list[] = {r->rax, r->rdx, r->rcx, r->rbx, r->rsi, r->rdi,
				 r->rbp, r->rsp, r->r8,  r->r9,  r->r10, r->r11,
				 r->r12, r->r13, r->r14, r->r15, r->rip};

	memcpy(t->reg, list, sizeof(list));
	t->sp = r->rsp;
	t->pc = r->rip;
	t->registers = true;
}
#elif defined __aarch64__
void lh_peek_registers(struct lh_peek_task *t, const void *set)
{
	const struct user_regs_struct *r = set;

	memcpy(t->reg, r->regs, sizeof(r->regs));
	t->reg[31] = t->sp = r->sp;
	t->reg[32] = t->pc = r->pc;
	t->registers = true;
}
#else
#error "hang: the registers of this machine are not known; add them in peek.c and peek_unwind.c"
#endif
