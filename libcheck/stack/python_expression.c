/* python_expression.c — follows a value through the instructions of CPython 3.11. */
#include "libcheck/stack/python_expression.h"
#include "libcheck/base/text.h"
#include "libcheck/stack/python_internal.h"

/* ---- instructions ---- */

uint8_t lh_python_base_op(uint8_t op)
{
	static const uint8_t base[256] = PY_BASE_OPS;

	return base[op] ? base[op] : op;
}

unsigned lh_python_caches(uint8_t op)
{
	static const uint8_t caches[256] = PY_CACHES;

	return caches[op];
}

struct instruction {
	size_t at;   /* its unit, behind its prefixes */
	size_t next; /* the unit of the next one */
	uint8_t op;  /* not specialized */
	uint32_t argument;
};

static bool read_instruction(const struct lh_python_expression *e, size_t at, struct instruction *i)
{
	const uint8_t *unit = (const uint8_t *)(e->code + PY_CODE_BYTES);

	for (i->argument = 0; at < e->units; at++) {
		i->op = lh_python_base_op(unit[2 * at]);
		i->argument = i->argument << 8 | unit[2 * at + 1];
		if (i->op == PY_OP_EXTENDED_ARG)
			continue;
		i->at = at;
		i->next = at + 1 + lh_python_caches(i->op);
		return true;
	}
	return false;
}

/* ---- texts ---- */

const char *lh_python_last(const char *text)
{
	const char *last = text;

	for (; *text; text++)
		if (*text == '.')
			last = text + 1;
	return last;
}

static void add_text(char *to, size_t capacity, const char *more)
{
	size_t n = lh_text_length(to);

	lh_text_copy(to + n, capacity - n, more);
}

/* Item `i` of a tuple of texts; "" if there is none. */
static void copy_name(uintptr_t tuple, size_t i, char *to, size_t capacity)
{
	to[0] = 0;
	if (!is_a(tuple, lh_py.PyTuple_Type) || i >= read_word(tuple, PY_VAR_SIZE) ||
	    !lh_python_copy_text(read_word(tuple, PY_TUPLE_ITEMS + i * sizeof(uintptr_t)), to,
				 capacity))
		to[0] = 0;
}

static void global_name(const struct lh_python_expression *e, size_t i, char *to)
{
	copy_name(read_word(e->code, PY_CODE_NAMES), i, to, LH_PYTHON_TEXT);
}

static void local_name(const struct lh_python_expression *e, size_t i, char *to)
{
	copy_name(read_word(e->code, PY_CODE_LOCALS), i, to, LH_PYTHON_TEXT);
}

/* ---- the stack ---- */

/* Item `i` from the top; an unknown one if the stack is not known that deep. */
static struct lh_python_item *top(struct lh_python_expression *e, unsigned i)
{
	static struct lh_python_item unknown; /* under the internal lock */

	if (i < e->n)
		return &e->item[e->n - 1 - i];
	unknown = (struct lh_python_item){0};
	return &unknown;
}

static void pop(struct lh_python_expression *e, unsigned n)
{
	e->n = n < e->n ? e->n - n : 0;
}

static struct lh_python_item *push(struct lh_python_expression *e)
{
	if (e->n == LH_PYTHON_ITEMS) {
		__builtin_memmove(e->item, e->item + 1, sizeof(e->item) - sizeof(e->item[0]));
		e->n--;
	}
	e->item[e->n] = (struct lh_python_item){0};
	return &e->item[e->n++];
}

/* The index from the top of the item with the value among the first `n`; n: none. */
static unsigned find_value(struct lh_python_expression *e, unsigned n)
{
	unsigned i = 0;

	while (i < n && i < e->n && !top(e, i)->value)
		i++;
	return i < e->n ? i : n;
}

static enum lh_python_fate name_is(struct lh_python_expression *e, const char *text, bool local)
{
	lh_text_copy(e->name, sizeof(e->name), text);
	e->local = local;
	return text[0] ? LH_PYTHON_NAMED : LH_PYTHON_LOST;
}

/* ---- what the instructions do ---- */

static void load_local(struct lh_python_expression *e, uint32_t i)
{
	struct lh_python_item *x = push(e);

	x->local = i || !e->class[0] || !read_half(e->code, PY_CODE_ARGUMENTS);
	if (x->local)
		local_name(e, i, x->text);
	else
		lh_text_copy(x->text, sizeof(x->text), e->class);
}

static void load_global(struct lh_python_expression *e, uint32_t argument)
{
	if (argument & 1)
		push(e)->null = true;
	global_name(e, argument >> 1, push(e)->text);
}

/* The attribute of the object on top, which becomes the text of the item. */
static void add_attribute(const struct lh_python_expression *e, struct lh_python_item *x,
			  uint32_t i)
{
	char attribute[LH_PYTHON_TEXT];

	x->local = x->value = false;
	if (!x->text[0])
		return;
	global_name(e, i, attribute);
	add_text(x->text, sizeof(x->text), ".");
	add_text(x->text, sizeof(x->text), attribute);
}

static void load_method(struct lh_python_expression *e, uint32_t i)
{
	struct lh_python_item self = *top(e, 0);

	pop(e, 1);
	struct lh_python_item *method = push(e);
	*method = self;
	add_attribute(e, method, i);
	*push(e) = self;
}

static bool load(struct lh_python_expression *e, const struct instruction *i)
{
	switch (i->op) {
	case PY_OP_LOAD_FAST:
	case PY_OP_LOAD_CLOSURE:
	case PY_OP_LOAD_DEREF:
	case PY_OP_LOAD_CLASSDEREF:
		load_local(e, i->argument);
		return true;
	case PY_OP_LOAD_NAME:
		global_name(e, i->argument, push(e)->text);
		return true;
	case PY_OP_LOAD_GLOBAL:
		load_global(e, i->argument);
		return true;
	case PY_OP_LOAD_CONST:
	case PY_OP_LOAD_BUILD_CLASS:
		push(e);
		return true;
	case PY_OP_PUSH_NULL:
		push(e)->null = true;
		return true;
	case PY_OP_LOAD_ATTR:
		add_attribute(e, top(e, 0), i->argument);
		return true;
	case PY_OP_LOAD_METHOD:
		load_method(e, i->argument);
		return true;
	default:
		return false;
	}
}

static void swap(struct lh_python_expression *e, unsigned i)
{
	struct lh_python_item a = *top(e, 0), b = *top(e, i - 1);

	if (!i || i > e->n)
		return;
	*top(e, 0) = b;
	*top(e, i - 1) = a;
}

/* Of a tuple that contains the value, only the value's element is the value. */
static void unpack(struct lh_python_expression *e, uint32_t n)
{
	struct lh_python_item tuple = *top(e, 0);

	pop(e, 1);
	for (uint32_t i = n < LH_PYTHON_ITEMS ? n : LH_PYTHON_ITEMS; i > 0; i--)
		push(e)->value = tuple.value && tuple.element == i;
}

/* `n` items become one. */
static void combine(struct lh_python_expression *e, uint32_t n, bool container)
{
	unsigned at = find_value(e, n);
	bool has = at < n;

	pop(e, n);
	struct lh_python_item *x = push(e);
	x->value = has && container;
	x->element = has ? (uint16_t)(n - at) : 0;
}

static bool build(struct lh_python_expression *e, const struct instruction *i)
{
	uint32_t n = i->argument;

	switch (i->op) {
	case PY_OP_BUILD_TUPLE:
	case PY_OP_BUILD_LIST:
	case PY_OP_BUILD_SET:
		combine(e, n, true);
		return true;
	case PY_OP_BUILD_MAP:
		combine(e, 2 * n, true);
		return true;
	case PY_OP_BUILD_CONST_KEY_MAP:
		combine(e, n + 1, true);
		return true;
	case PY_OP_BUILD_STRING:
	case PY_OP_BUILD_SLICE:
		combine(e, n, false);
		return true;
	case PY_OP_MAKE_FUNCTION:
		combine(e, 1 + (n & 1) + (n >> 1 & 1) + (n >> 2 & 1) + (n >> 3 & 1), false);
		return true;
	case PY_OP_FORMAT_VALUE:
		combine(e, n & 4 ? 2 : 1, false);
		return true;
	case PY_OP_BINARY_OP:
	case PY_OP_COMPARE_OP:
	case PY_OP_IS_OP:
	case PY_OP_CONTAINS_OP:
		combine(e, 2, false);
		return true;
	case PY_OP_GET_ITER:
		combine(e, 1, false);
		return true;
	default:
		return false;
	}
}

/* Instructions that the stack does not feel, and those that only move its items. */
static bool move(struct lh_python_expression *e, const struct instruction *i)
{
	struct lh_python_item copy;

	switch (i->op) {
	case PY_OP_CACHE:
	case PY_OP_NOP:
	case PY_OP_RESUME:
	case PY_OP_PRECALL:
	case PY_OP_KW_NAMES:
	case PY_OP_MAKE_CELL:
	case PY_OP_COPY_FREE_VARS:
	case PY_OP_SETUP_ANNOTATIONS:
		return true;
	case PY_OP_LIST_EXTEND:
	case PY_OP_SET_UPDATE:
	case PY_OP_DICT_MERGE:
	case PY_OP_DICT_UPDATE:
	case PY_OP_POP_TOP:
		pop(e, 1);
		return true;
	case PY_OP_COPY:
		copy = *top(e, i->argument - 1);
		*push(e) = copy;
		return true;
	case PY_OP_SWAP:
		swap(e, i->argument);
		return true;
	case PY_OP_UNPACK_SEQUENCE:
		unpack(e, i->argument);
		return true;
	default:
		return false;
	}
}

/* ---- stores ---- */

/* In the body of a class a name is a member of the class. */
static enum lh_python_fate store_name(struct lh_python_expression *e, uint32_t i)
{
	char text[LH_PYTHON_TEXT] = "", name[LH_PYTHON_TEXT];

	global_name(e, i, name);
	if (e->function[0] && e->function[0] != '<') {
		add_text(text, sizeof(text), e->function);
		add_text(text, sizeof(text), ".");
	}
	add_text(text, sizeof(text), name);
	return name_is(e, text, false);
}

/* The value below the object on top becomes its attribute. */
static enum lh_python_fate store_attribute(struct lh_python_expression *e, uint32_t i)
{
	struct lh_python_item *object = top(e, 0);
	bool is_value = top(e, 1)->value;

	e->element = top(e, 1)->element;
	if (is_value)
		add_attribute(e, object, i);
	pop(e, 2);
	return is_value ? name_is(e, object->text, false) : LH_PYTHON_GOES_ON;
}

static enum lh_python_fate store(struct lh_python_expression *e, const struct instruction *i)
{
	char text[LH_PYTHON_TEXT];
	struct lh_python_item x = *top(e, 0), *container;

	switch (i->op) {
	case PY_OP_STORE_ATTR:
		return store_attribute(e, i->argument);
	case PY_OP_STORE_SUBSCR:
		container = top(e, 1);
		e->element = true;
		x.value = top(e, 2)->value;
		pop(e, 3);
		return x.value ? name_is(e, container->text, container->local) : LH_PYTHON_GOES_ON;
	default:
		pop(e, 1);
		if (!x.value)
			return LH_PYTHON_GOES_ON;
	}
	e->element = x.element;
	if (i->op == PY_OP_STORE_NAME)
		return store_name(e, i->argument);
	if (i->op == PY_OP_STORE_GLOBAL)
		global_name(e, i->argument, text);
	else
		local_name(e, i->argument, text);
	return name_is(e, text, i->op != PY_OP_STORE_GLOBAL);
}

static bool is_store(uint8_t op)
{
	return op == PY_OP_STORE_FAST || op == PY_OP_STORE_DEREF || op == PY_OP_STORE_NAME ||
	       op == PY_OP_STORE_GLOBAL || op == PY_OP_STORE_ATTR || op == PY_OP_STORE_SUBSCR;
}

/* The container that a comprehension makes is what its function returns. */
static enum lh_python_fate add_to_container(struct lh_python_expression *e)
{
	static const char makers[] = "<listcomp>,<setcomp>,<dictcomp>,<genexpr>";

	e->element = true;
	return top(e, 0)->value && lh_text_match(makers, lh_python_last(e->function))
		       ? LH_PYTHON_RETURNED
		       : LH_PYTHON_LOST;
}

/* ---- calls ---- */

static bool is_one_of(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (lh_text_equal(name, *list))
			return true;
	return false;
}

static bool is_class(const char *name)
{
	while (*name == '_')
		name++;
	return *name >= 'A' && *name <= 'Z';
}

/* The value is an argument: of a method that adds it to a container, or of a class. */
static enum lh_python_fate pass(struct lh_python_expression *e, unsigned n, unsigned at)
{
	static const char *const adds[] = {"append", "appendleft", "add",        "insert",
					   "put",    "setdefault", "put_nowait", NULL};
	static const char *const makes[] = {"list",      "tuple", "set", "dict",
					    "frozenset", "deque", NULL};
	const struct lh_python_item *self = top(e, n), *method = top(e, n + 1);
	const char *name = lh_python_last((method->null ? self : method)->text);
	uint16_t element = top(e, at)->element;

	if (!method->null && is_one_of(name, adds)) {
		e->element = true;
		return name_is(e, self->text, self->local);
	}
	bool container = element && is_one_of(name, makes);
	if (!container && (element || !is_class(name)))
		return LH_PYTHON_LOST;
	pop(e, n + 2);
	struct lh_python_item *result = push(e);
	result->value = true;
	result->element = container;
	return LH_PYTHON_GOES_ON;
}

static enum lh_python_fate call(struct lh_python_expression *e, uint32_t n)
{
	const struct lh_python_item *method = top(e, n + 1);
	unsigned at = find_value(e, n + 2);
	char text[LH_PYTHON_TEXT];

	if (at < n)
		return pass(e, n, at);
	lh_text_copy(text, sizeof(text), (method->null ? top(e, n) : method)->text);
	pop(e, n + 2);
	if (text[0])
		add_text(text, sizeof(text), "()");
	lh_text_copy(push(e)->text, LH_PYTHON_TEXT, text);
	return at < n + 2 ? LH_PYTHON_LOST : LH_PYTHON_GOES_ON;
}

/* A call with arguments in a tuple, and perhaps in a dictionary. */
static void call_with_tuple(struct lh_python_expression *e, bool names)
{
	unsigned n = names ? 2 : 1;

	pop(e, n + 2);
	push(e);
}

static void subscript(struct lh_python_expression *e)
{
	struct lh_python_item container = *top(e, 1);

	pop(e, 2);
	container.value = false;
	if (container.text[0])
		add_text(container.text, sizeof(container.text), "[]");
	*push(e) = container;
}

/* __enter__ of most objects returns the object, below which lies its __exit__. */
static void enter(struct lh_python_expression *e)
{
	bool value = top(e, 0)->value;

	pop(e, 1);
	push(e);
	push(e)->value = value;
}

/* ---- following ---- */

static enum lh_python_fate step(struct lh_python_expression *e, const struct instruction *i)
{
	if (load(e, i) || move(e, i) || build(e, i))
		return LH_PYTHON_GOES_ON;
	if (is_store(i->op))
		return store(e, i);
	switch (i->op) {
	case PY_OP_CALL:
		return call(e, i->argument < LH_PYTHON_ITEMS ? i->argument : LH_PYTHON_ITEMS);
	case PY_OP_CALL_FUNCTION_EX:
		call_with_tuple(e, i->argument & 1);
		return LH_PYTHON_GOES_ON;
	case PY_OP_BINARY_SUBSCR:
		subscript(e);
		return LH_PYTHON_GOES_ON;
	case PY_OP_BEFORE_WITH:
		enter(e);
		return LH_PYTHON_GOES_ON;
	case PY_OP_LIST_APPEND:
	case PY_OP_SET_ADD:
	case PY_OP_MAP_ADD:
	case PY_OP_YIELD_VALUE:
		return add_to_container(e);
	case PY_OP_RETURN_VALUE:
		e->element = top(e, 0)->element;
		return top(e, 0)->value ? LH_PYTHON_RETURNED : LH_PYTHON_LOST;
	default:
		return LH_PYTHON_LOST;
	}
}

/* Follows the last instructions before the one at `unit`, which is stored in *at. */
static bool run_up_to(struct lh_python_expression *e, size_t unit, struct instruction *at)
{
	static uint32_t starts[LH_PYTHON_BEFORE]; /* under the internal lock */
	size_t n = 0, next = 0;

	for (; read_instruction(e, next, at) && at->next <= unit; n++) {
		starts[n % LH_PYTHON_BEFORE] = (uint32_t)next;
		next = at->next;
	}
	for (size_t i = n > LH_PYTHON_BEFORE ? n - LH_PYTHON_BEFORE : 0; i < n; i++)
		if (read_instruction(e, starts[i % LH_PYTHON_BEFORE], at) &&
		    step(e, at) != LH_PYTHON_GOES_ON)
			e->n = 0;
	return read_instruction(e, next, at) && at->at <= unit;
}

/* The instruction's result is the value. */
static void begin_value(struct lh_python_expression *e, const struct instruction *i)
{
	const struct lh_python_item *x;

	if (i->op == PY_OP_CALL && i->argument + 2 <= e->n) {
		x = top(e, i->argument + 1);
		x = x->null ? top(e, i->argument) : x;
		lh_text_copy(e->called, sizeof(e->called), x->text);
	} else if (i->op == PY_OP_CALL_FUNCTION_EX) {
		x = top(e, i->argument & 1 ? 2 : 1);
		lh_text_copy(e->called, sizeof(e->called), x->text);
	}
	if (step(e, i) != LH_PYTHON_GOES_ON)
		e->n = 0;
	x = top(e, 0);
	if (!e->n)
		push(e);
	top(e, 0)->value = true;
	top(e, 0)->local = i->op == PY_OP_BINARY_SUBSCR && x->local;
}

static bool has_value(struct lh_python_expression *e)
{
	return find_value(e, e->n) < e->n;
}

enum lh_python_fate lh_python_follow(struct lh_python_expression *e, uintptr_t instruction)
{
	size_t unit = (instruction - (e->code + PY_CODE_BYTES)) / 2;
	enum lh_python_fate fate = LH_PYTHON_GOES_ON;
	struct instruction i;

	e->n = 0;
	e->name[0] = e->called[0] = 0;
	if (unit >= e->units || !run_up_to(e, unit, &i))
		return LH_PYTHON_LOST;
	begin_value(e, &i);
	e->element = false;
	if (i.op == PY_OP_BINARY_SUBSCR) /* a container that makes its elements */
		return name_is(e, top(e, 0)->text, top(e, 0)->local);
	if (i.op != PY_OP_CALL && i.op != PY_OP_CALL_FUNCTION_EX)
		return LH_PYTHON_LOST;
	for (unsigned n = 0; n < LH_PYTHON_BEFORE && fate == LH_PYTHON_GOES_ON; n++) {
		size_t next = i.next;
		if (!has_value(e) || !read_instruction(e, next, &i))
			return LH_PYTHON_LOST;
		if (i.op == PY_OP_JUMP_FORWARD)
			i.next += i.argument;
		else
			fate = step(e, &i);
	}
	return fate == LH_PYTHON_GOES_ON ? LH_PYTHON_LOST : fate;
}

/* ---- opening ---- */

/* "make.<locals>.Pool.__init__": the function is "Pool.__init__", its class is "Pool". */
static void split_function(struct lh_python_expression *e, const char *qualified)
{
	static const char locals[] = "<locals>.";
	const char *from = qualified;

	for (const char *at = qualified; *at; at++)
		if (lh_text_begins(at, locals))
			from = at + sizeof(locals) - 1;
	lh_text_copy(e->function, sizeof(e->function), from);
	lh_text_copy(e->class, sizeof(e->class), from);
	size_t n = (size_t)(lh_python_last(e->class) - e->class);
	e->class[n ? n - 1 : 0] = 0;
}

bool lh_python_open(struct lh_python_expression *e, uintptr_t code)
{
	char qualified[LH_PYTHON_FUNCTION];

	if (!is_a(code, lh_py.PyCode_Type) || read_word(code, PY_VAR_SIZE) > LH_PYTHON_UNITS ||
	    !lh_python_copy_text(read_word(code, PY_CODE_FILE), e->file, sizeof(e->file)) ||
	    !lh_python_copy_text(read_word(code, PY_CODE_QUALIFIED), qualified, sizeof(qualified)))
		return false;
	e->code = code;
	e->units = read_word(code, PY_VAR_SIZE);
	split_function(e, qualified);
	return true;
}
