/*
 * peek_unwind.c — unwinds copied stacks with libdwfl.
 *
 * Function names come from the objects' own symbol tables, never from separate debug files: whether
 * a function of the C library is recognized must not depend on its debug package. The report gets
 * its names and lines from symbols/symbols.h.
 */
#include "tools/process/peek_internal.h"

#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct lh_peek_unwinder {
	Dwfl *dwfl;
	struct lh_peek *peek;
	struct lh_peek_task *task; /* the task being unwound */
	bool given;                /* libdwfl has got the task */
};

/* ---- objects ---- */

static int find_elf(Dwfl_Module *m, void **user, const char *name, Dwarf_Addr base, char **file,
		    Elf **elf)
{
	const struct lh_peek_module *o = *user;

	(void)m;
	(void)name;
	(void)base;
	(void)elf;
	*file = NULL;
	return o && o->file ? open(o->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;
}

static int no_debuginfo(Dwfl_Module *m, void **user, const char *name, Dwarf_Addr base,
			const char *file, const char *link, GElf_Word crc, char **found)
{
	(void)m;
	(void)user;
	(void)name;
	(void)base;
	(void)file;
	(void)link;
	(void)crc;
	(void)found;
	return -1;
}

static const Dwfl_Callbacks callbacks = {.find_elf = find_elf, .find_debuginfo = no_debuginfo};

static void add_module(struct lh_peek_unwinder *u, const struct lh_peek_module *o)
{
	Dwfl_Module *m = dwfl_report_module(u->dwfl, o->path, o->start, o->end);
	void **user = NULL;

	if (!m)
		return;
	if (o->build_id_n)
		dwfl_module_report_build_id(m, o->build_id, o->build_id_n, 0);
	dwfl_module_info(m, &user, NULL, NULL, NULL, NULL, NULL, NULL);
	*user = (void *)(uintptr_t)o;
}

/* ---- the one thread, which libdwfl gets once ---- */

static pid_t next_thread(Dwfl *dwfl, void *arg, void **thread_arg)
{
	struct lh_peek_unwinder *u = arg;

	(void)dwfl;
	if (u->given)
		return 0;
	u->given = true;
	*thread_arg = u;
	return u->task->tid;
}

static bool get_thread(Dwfl *dwfl, pid_t tid, void *arg, void **thread_arg)
{
	(void)dwfl;
	*thread_arg = arg;
	return tid == ((struct lh_peek_unwinder *)arg)->task->tid;
}

static bool read_word(Dwfl *dwfl, Dwarf_Addr at, Dwarf_Word *out, void *arg)
{
	const struct lh_peek_unwinder *u = arg;
	const struct lh_peek_task *t = u->task;

	(void)dwfl;
	if (at >= t->stack_at && at - t->stack_at + sizeof(*out) <= t->stack_n) {
		memcpy(out, t->stack + (at - t->stack_at), sizeof(*out));
		return true;
	}
	return lh_peek_read(u->peek, at, out, sizeof(*out));
}

#if defined __x86_64__
enum { GENERAL = 16, SP = 7 };
static bool set_pc(Dwfl_Thread *thread, const struct lh_peek_task *t)
{
	Dwarf_Word pc = t->pc;

	return dwfl_thread_state_registers(thread, 16, 1, &pc);
}
#else
enum { GENERAL = 32, SP = 31 };
static bool set_pc(Dwfl_Thread *thread, const struct lh_peek_task *t)
{
	dwfl_thread_state_register_pc(thread, t->pc);
	return true;
}
#endif

static bool set_registers(Dwfl_Thread *thread, void *arg)
{
	const struct lh_peek_task *t = ((struct lh_peek_unwinder *)arg)->task;
	Dwarf_Word sp = t->sp;

	if (t->registers)
		return dwfl_thread_state_registers(thread, 0, GENERAL, t->reg) && set_pc(thread, t);
	return dwfl_thread_state_registers(thread, SP, 1, &sp) && set_pc(thread, t);
}

static const Dwfl_Thread_Callbacks threads = {.next_thread = next_thread,
					      .get_thread = get_thread,
					      .memory_read = read_word,
					      .set_initial_registers = set_registers};

static struct lh_peek_unwinder *unwinder_of(struct lh_peek *p, struct lh_peek_task *t)
{
	struct lh_peek_unwinder *u = p->unwinder;

	if (u)
		return u;
	u = p->unwinder = lh_arena_alloc(p->arena, sizeof(*u));
	u->peek = p;
	u->task = t;
	u->dwfl = dwfl_begin(&callbacks);
	if (!u->dwfl)
		return u;
	dwfl_report_begin(u->dwfl);
	for (uint32_t i = 0; i < p->modules; i++)
		add_module(u, &p->module[i]);
	dwfl_report_end(u->dwfl, NULL, NULL);
	/* No Elf: libdwfl opens the first object and takes the machine from it. */
	if (!dwfl_attach_state(u->dwfl, NULL, p->pid, &threads, u)) {
		dwfl_end(u->dwfl);
		u->dwfl = NULL;
	}
	return u;
}

void lh_peek_unwinder_free(struct lh_peek_unwinder *u)
{
	if (u && u->dwfl)
		dwfl_end(u->dwfl);
}

/* ---- frames ---- */

static void name_frame(struct lh_peek_unwinder *u, struct lh_peek_frame *f)
{
	Dwarf_Addr at = f->exact ? f->pc : f->pc - 1;
	Dwfl_Module *m = dwfl_addrmodule(u->dwfl, at);
	const char *name = NULL;
	GElf_Off into;
	GElf_Sym sym;

	f->module = lh_peek_module_at(u->peek, at);
	if (m && !u->peek->no_names)
		name = dwfl_module_addrinfo(m, at, &into, &sym, NULL, NULL, NULL);
	/* A symbol that ends before this address is not the function. */
	if (!name || into >= sym.st_size)
		return;
	f->name = name;
	f->function = at - into;
}

static int on_frame(Dwfl_Frame *state, void *arg)
{
	struct lh_peek_unwinder *u = arg;
	struct lh_peek_task *t = u->task;
	struct lh_peek_frame f = {0};
	Dwarf_Addr pc;
	Dwarf_Word sp;

	if (!dwfl_frame_pc(state, &pc, &f.exact))
		return DWARF_CB_ABORT;
	if (t->frames == LH_PEEK_FRAMES) {
		t->cut = true;
		return DWARF_CB_ABORT;
	}
	f.pc = pc;
	if (t->frames && dwfl_frame_reg(state, SP, &sp) == 0)
		t->frame[t->frames - 1].cfa = sp;
	name_frame(u, &f);
	LH_PUSH(u->peek->arena, t->frame, t->frames, f);
	return DWARF_CB_OK;
}

static int has_symbol(Dwfl_Module *m, void **user, const char *module, Dwarf_Addr base, void *arg)
{
	const char **name = arg;
	int n = dwfl_module_getsymtab(m);
	GElf_Sym sym;

	(void)user;
	(void)module;
	(void)base;
	for (int i = 1; i < n; i++) {
		const char *found = dwfl_module_getsym(m, i, &sym, NULL);

		if (found && strcmp(found, *name) == 0) {
			*name = NULL;
			return DWARF_CB_ABORT;
		}
	}
	return DWARF_CB_OK;
}

bool lh_peek_has_symbol(struct lh_peek *p, const char *name)
{
	struct lh_peek_unwinder *u = unwinder_of(p, NULL);

	if (u->dwfl)
		dwfl_getmodules(u->dwfl, has_symbol, &name, 0);
	return !name;
}

uint64_t lh_peek_symbol(struct lh_peek *p, const struct lh_peek_module *m, const char *name)
{
	struct lh_peek_unwinder *u = unwinder_of(p, NULL);
	Dwfl_Module *module = u->dwfl ? dwfl_addrmodule(u->dwfl, m->start) : NULL;
	int n = module ? dwfl_module_getsymtab(module) : 0;
	GElf_Sym sym;

	for (int i = 1; i < n; i++) {
		const char *found = dwfl_module_getsym(module, i, &sym, NULL);

		if (found && sym.st_shndx != SHN_UNDEF && strcmp(found, name) == 0)
			return sym.st_value;
	}
	return 0;
}

bool lh_peek_unwind(struct lh_peek *p, struct lh_peek_task *t)
{
	struct lh_peek_unwinder *u;
	int rc;

	if (t->unwound)
		return t->frames > 0;
	t->unwound = true;
	lh_peek_objects(p);
	if (!t->stack_n && !lh_peek_copy(p, t))
		return false;
	u = unwinder_of(p, t);
	u->task = t;
	u->given = false;
	if (!u->dwfl)
		return false;
	rc = dwfl_getthread_frames(u->dwfl, t->tid, on_frame, u);
	t->cut |= rc != 0;
	return t->frames > 0;
}
