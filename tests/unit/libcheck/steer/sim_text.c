/* sim_text.c — programs as text: parsed for examples, printed for failures. */
#include "tests/unit/libcheck/steer/sim.h"

#include <ctype.h>

static const char *const name[OP_KINDS] = {
	"end", "lock", "try",  "unlock", "post",   "wait",  "timed",  "set",  "spin",  "push",
	"pop", "open", "pass", "shut",   "arrive", "leave", "create", "join", "sleep", "only"};

/* ---- parsing ---- */

struct parser {
	struct program *p;
	struct function *f;
	const char *at;
};

/* The next word; "" at the end. */
static void next_word(struct parser *x, char *word, size_t size)
{
	size_t n = 0;

	while (isspace((unsigned char)*x->at))
		x->at++;
	while (*x->at && !isspace((unsigned char)*x->at) && n + 1 < size)
		word[n++] = *x->at++;
	word[n] = '\0';
}

static unsigned next_number(struct parser *x)
{
	char word[16];

	next_word(x, word, sizeof(word));
	return (unsigned)atoi(word);
}

static enum op_kind kind_of(const char *word)
{
	for (unsigned k = 1; k < OP_KINDS; k++)
		if (!strcmp(word, name[k]))
			return (enum op_kind)k;
	fprintf(stderr, "sim: no operation %s\n", word);
	exit(2);
}

/* Operations up to the end, or to the brace that ends a block. */
static void parse_block(struct parser *x)
{
	char word[16];

	for (next_word(x, word, sizeof(word)); *word && *word != '}';
	     next_word(x, word, sizeof(word))) {
		bool shared = !strcmp(word, "rdlock");
		struct op *op;
		if (!strcmp(word, "rounds")) {
			x->f->rounds = (uint8_t)next_number(x);
			continue;
		}
		op = &x->f->op[x->f->n++];
		op->kind = (uint8_t)kind_of(shared ? "lock" : word);
		op->object = (uint8_t)next_number(x);
		op->shared = shared;
		if (op->kind == OP_TRY || op->kind == OP_TIMED || op->kind == OP_ONLY) {
			next_word(x, word, sizeof(word)); /* { */
			parse_block(x);
			op->target = x->f->n;
		}
		if (op->kind == OP_ARRIVE)
			x->f->op[x->f->n++] = (struct op){.kind = OP_LEAVE};
		if (op->kind == OP_CREATE)
			x->p->created |= (uint8_t)(1u << op->object);
	}
}

void program_parse(struct program *p, const char *const *thread, bool biased)
{
	memset(p, 0, sizeof(*p));
	p->locks = LOCKS;
	p->barrier = 2;
	p->biased = biased;
	memset(p->lock_kind, LOCK_RW, sizeof(p->lock_kind));
	for (unsigned t = 0; t < THREADS && thread[t]; t++) {
		unsigned f = 0;
		p->threads++;
		p->speed[t] = (uint8_t)t;
		while (f < t && thread[f] != thread[t])
			f++; /* the same text is the same function */
		p->runs[t] = f < t ? p->runs[f] : p->functions;
		if (f < t)
			continue;
		struct parser x = {.p = p, .f = &p->function[p->functions++], .at = thread[t]};
		x.f->rounds = 1;
		parse_block(&x);
	}
}

/* ---- printing ---- */

void program_print(const struct program *p)
{
	printf("%u locks (kinds", p->locks);
	for (unsigned l = 0; l < p->locks; l++)
		printf(" %u", p->lock_kind[l]);
	printf("), semaphores %u %u, barrier of %u, %s\n", p->sem[0], p->sem[1], p->barrier,
	       p->biased ? "biased" : "not biased");
	for (unsigned t = 0; t < p->threads; t++)
		printf("T%u runs f%u, shift %u, speed %u%s\n", t, p->runs[t], p->shift[t],
		       p->speed[t], p->created >> t & 1 ? ", created" : "");
	for (unsigned i = 0; i < p->functions; i++) {
		const struct function *f = &p->function[i];
		printf("f%u, %u rounds:", i, f->rounds);
		for (unsigned k = 0; k < f->n; k++) {
			const struct op *op = &f->op[k];
			printf(" %u:%s%s(%u)", k, op->shared ? "rd" : "", name[op->kind],
			       op->object);
			if (op->target)
				printf("else:%u", op->target);
		}
		printf("\n");
	}
}
