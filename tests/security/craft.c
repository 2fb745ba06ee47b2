/*
 * craft.c — writes ledgers that no program made.
 *
 *   craft findings N FILE          N different findings: lock orders of N pairs of locks
 *   craft sparse FILE              GBs of zeros behind a head that says that all of them are rows
 *   craft names FILE               each text as long as its field, with bytes that a terminal obeys
 *   craft damage SEED FROM TO      a copy of a file, with some bytes changed
 *   craft source PATH LINE FILE    a frame of a script, at this line of any file
 */
#include "tests/unit/ledger_builder.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct lh_ledger *ledger;

/* Maps a new file with room for this number of rows in each table. */
static void begin(const char *file, uint32_t rows)
{
	struct lh_ledger head = {.magic = LH_LEDGER_MAGIC,
				 .version = LH_LEDGER_VERSION,
				 .header = sizeof(head),
				 .state = LH_LEDGER_ENDED,
				 .end = LH_END_EXIT,
				 .pid = 4711,
				 .exe = "/opt/crafted",
				 .command = "crafted",
				 .comm = "crafted"};
	int fd = open(file, O_RDWR | O_CREAT | O_TRUNC, 0644);

	build_tables(&head, rows, rows);
	if (fd < 0 || ftruncate(fd, (off_t)head.total))
		exit(2);
	ledger = mmap(NULL, head.total, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ledger == MAP_FAILED)
		exit(2);
	*ledger = head;
	close(fd);
}

static void *add(enum lh_table_name t, uint32_t *id)
{
	struct lh_table *table = &ledger->table[t];

	if (table->used == table->rows)
		exit(3);
	*id = table->used++;
	return (char *)ledger + table->offset + (size_t)*id * table->row;
}

static lh_stack_id stack(uint32_t module, uint64_t pc)
{
	uint32_t frame, id;

	*(uint64_t *)add(LH_T_FRAME, &frame) = LH_FRAME(module, pc);
	*(struct lh_stack *)add(LH_T_STACK, &id) = (struct lh_stack){.frame = frame, .n = 1};
	return id;
}

static lh_lock_id lock(uint64_t address)
{
	uint32_t id;
	struct lh_lock *l = add(LH_T_LOCK, &id);

	*l = (struct lh_lock){.kind = LH_MUTEX, .gen = 1, .acquired = 2, .address = address};
	return LH_LOCK_ID(id, 1);
}

static void step(lh_thread_id thread, lh_lock_id of, lh_stack_id at, enum lh_action action)
{
	uint32_t id;

	*(struct lh_step *)add(LH_T_STEP, &id) =
		(struct lh_step){.thread = thread,
				 .lock = of,
				 .action = action,
				 .site = LH_SITE(at, LH_BLOCKING, LH_EXCLUSIVE)};
}

/* Lock a, then b in one thread and b, then a in the other; all at places of their own. */
static void order(uint32_t module, uint64_t pc, lh_lock_id a, lh_lock_id b)
{
	uint32_t id;
	struct lh_finding *f = add(LH_T_FINDING, &id);

	*f = (struct lh_finding){.rule = LH_RULE_LOCK_ORDER,
				 .severity = LH_ERROR,
				 .steps = 4,
				 .thread = 1,
				 .step = ledger->table[LH_T_STEP].used,
				 .key = pc,
				 .count = 1};
	step(1, a, stack(module, pc), LH_HOLDS);
	step(1, b, stack(module, pc + 4), LH_WANTS);
	step(2, b, stack(module, pc + 8), LH_HOLDS);
	step(2, a, stack(module, pc + 12), LH_WANTS);
}

static void two_threads(const char *name)
{
	uint32_t id;

	for (int i = 1; i < 3; i++) {
		struct lh_thread *t = add(LH_T_THREAD, &id);
		t->tid = 4711 + i;
		memcpy(t->name, name, strnlen(name, sizeof(t->name)));
	}
}

static uint32_t module(const char *path, uint32_t flags)
{
	uint32_t id;
	struct lh_module *m = add(LH_T_MODULE, &id);

	m->start = m->base = 0x1000;
	m->end = 1ull << 40;
	m->flags = flags;
	memcpy(m->path, path, strnlen(path, sizeof(m->path)));
	return id;
}

static void findings(uint32_t n, const char *file)
{
	begin(file, 4 * n + 8);
	two_threads("worker");
	uint32_t m = module("/opt/crafted", 0);
	for (uint32_t i = 0; i < n; i++)
		order(m, 0x2000 + 64ull * i, lock(0x10000000 + 128ull * i),
		      lock(0x10000040 + 128ull * i));
}

static void sparse(const char *file)
{
	begin(file, 1 << 20);
	for (int t = 1; t < LH_TABLES; t++)
		ledger->table[t].used = ledger->table[t].rows;
}

/* No text has its final zero. */
static void names(const char *file)
{
	static const char evil[] =
		"\033[2J\033]0;x\007\r\n::error::x\xff\xe2\x80\xae<script>'\"`|%0A&&";
	char text[4096];
	uint32_t id;

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = evil[i % (sizeof(evil) - 1)];
	begin(file, 16);
	memcpy(ledger->exe, text, sizeof(ledger->exe));
	memcpy(ledger->command, text, sizeof(ledger->command));
	memcpy(ledger->comm, text, sizeof(ledger->comm));
	two_threads(text);
	lh_lock_id a = lock(0x10000000), b = lock(0x20000000);
	for (int i = 1; i < 3; i++) {
		struct lh_lock *l = (void *)((char *)ledger + ledger->table[LH_T_LOCK].offset);
		struct lh_lock_stats *s = add(LH_T_LOCK_STATS, &id);
		memcpy(s->name, text + i, sizeof(s->name));
		l[i].stats = id;
		l[i].flags = LH_LOCK_NAMED;
	}
	order(module(text, 0), 0x2000, a, b);
}

static void source(const char *path, uint32_t line, const char *file)
{
	begin(file, 16);
	two_threads("worker");
	order(module(path, LH_MODULE_SCRIPT), LH_SCRIPT_PC(line, 1), lock(0x10000000),
	      lock(0x20000000));
}

static void damage(uint64_t seed, const char *from, const char *to)
{
	static unsigned char bytes[16 << 20];
	FILE *f = fopen(from, "r"), *g = fopen(to, "w");
	size_t n = f ? fread(bytes, 1, sizeof(bytes), f) : 0;

	for (int i = 0; n && i < 60; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		size_t head = i % 3 ? n : 2048; /* headers and notes more often than the rest */
		bytes[64 + (seed >> 33) % (head - 64)] = (unsigned char)(seed >> 25);
	}
	if (!n || !g || fwrite(bytes, 1, n, g) != n || fclose(g))
		exit(2);
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";

	if (!strcmp(what, "findings") && argc == 4)
		findings((uint32_t)atoi(argv[2]), argv[3]);
	else if (!strcmp(what, "sparse"))
		sparse(argv[2]);
	else if (!strcmp(what, "names"))
		names(argv[2]);
	else if (!strcmp(what, "damage") && argc == 5)
		damage(strtoull(argv[2], NULL, 10), argv[3], argv[4]);
	else if (!strcmp(what, "source") && argc == 5)
		source(argv[2], (uint32_t)atoi(argv[3]), argv[4]);
	else
		return 2;
	return 0;
}
