/* python_name.c — names a lock after the variable or member that holds it. */
#include "libcheck/stack/python_name.h"
#include "libcheck/base/text.h"
#include "libcheck/stack/python_expression.h"
#include "libcheck/stack/python_internal.h"

/*
 * The search goes outwards from the function that makes the lock. A function of Python's own
 * library that returns the lock, or is the __init__ of the object that holds the lock, leaves the
 * name to its caller: `self.jobs = Queue()` in a Pool names the queue's lock "Pool.jobs.mutex".
 */
struct search {
	struct lh_python_expression e;
	char members[LH_PYTHON_FUNCTION]; /* the way from the object to the lock: ".mutex" */
	char made[LH_PYTHON_FUNCTION];    /* the class of the object, "" if it is the lock itself */
	char maker[LH_PYTHON_FUNCTION];   /* the first function of the program that returns it */
	bool in_init;                     /* the function before was the object's __init__ */
};

static bool is_library(const char *file)
{
	static const char folder[] = "/lib/python";

	if (lh_text_begins(file, "<frozen "))
		return true;
	if (lh_text_match("*-packages/*", file))
		return false;
	for (; *file; file++)
		if (lh_text_begins(file, folder) && file[sizeof(folder) - 1] >= '0' &&
		    file[sizeof(folder) - 1] <= '9')
			return true;
	return false;
}

static void add(char to[LH_PYTHON_FUNCTION], const char *more)
{
	size_t n = lh_text_length(to);

	lh_text_copy(to + n, LH_PYTHON_FUNCTION - n, more);
}

static void prepend(char to[LH_PYTHON_FUNCTION], const char *more)
{
	char rest[LH_PYTHON_FUNCTION];

	lh_text_copy(rest, sizeof(rest), to);
	to[0] = 0;
	add(to, more);
	add(to, rest);
}

static const char *kind_of(const struct lh_python_expression *e)
{
	const char *called = lh_python_last(e->called);

	while (*called == '_')
		called++;
	if (lh_text_equal(called, "RLock") || lh_text_equal(called, "CRLock") ||
	    lh_text_equal(e->function, "RLock"))
		return "RLock";
	return lh_text_equal(called, "Lock") || lh_text_equal(called, "allocate_lock") ||
			       lh_text_equal(called, "LockType")
		       ? "lock"
		       : "";
}

/* "threading" of "/usr/lib/python3.11/threading.py", before a name of Python's own library. */
static void add_module(char to[LH_PYTHON_FUNCTION], const char *file)
{
	char name[LH_PYTHON_FUNCTION];
	const char *from = lh_text_base(file);

	if (lh_text_begins(from, "__init__.") && from > file) /* a package: its folder names it */
		for (from--; from > file && from[-1] != '/';)
			from--;
	lh_text_copy(name, sizeof(name), from);
	for (char *at = name; *at; at++)
		if (*at == '.' || *at == '/')
			*at = 0;
	if (name[0] && name[0] != '<') {
		add(to, name);
		add(to, ".");
	}
}

static bool is_init(const struct lh_python_expression *e)
{
	return lh_text_equal(lh_python_last(e->function), "__init__");
}

/* Is the name a member of the object that the function belongs to? */
static bool is_member(const struct lh_python_expression *e)
{
	size_t n = lh_text_length(e->class);

	return n && lh_text_begins(e->name, e->class) && e->name[n] == '.';
}

static void finish(const struct search *s, bool library, struct lh_python_name *out)
{
	const struct lh_python_expression *e = &s->e;

	if (e->local && e->function[0] != '<') {
		add(out->name, e->function);
		add(out->name, ".");
	} else if (library && !is_member(e)) {
		add_module(out->name, e->file);
	}
	add(out->name, e->name);
	add(out->name, s->members);
}

/* The function is the __init__ of the object that holds the lock. Users know the objects of
 * threading by their own name, and not by the lock in them. */
static void enter_object(struct search *s)
{
	const char *member = s->e.name + lh_text_length(s->e.class);

	if (is_member(&s->e) && !lh_text_equal(member, "._cond") &&
	    !lh_text_equal(member, "._lock") && !lh_text_equal(member, "._block"))
		prepend(s->members, member);
	lh_text_copy(s->made, sizeof(s->made), s->e.class);
	s->in_init = true;
}

/* A dataclass has an __init__ without a class: the caller names the class. */
static bool is_generated(const struct lh_python_expression *e)
{
	return lh_text_equal(e->function, "__init__") && lh_text_begins(e->name, "self.");
}

/* One frame. True: the search has ended. */
static bool look(struct search *s, enum lh_python_fate fate, struct lh_python_name *out)
{
	const struct lh_python_expression *e = &s->e;
	bool library = is_library(e->file);
	bool init_of_base = s->in_init && lh_text_equal(lh_python_last(e->called), "__init__");

	if (s->in_init && !s->made[0]) { /* a dataclass */
		add(out->name, lh_python_last(e->called));
		add(out->name, out->name[0] ? s->members : "");
		return true;
	}
	if (init_of_base && e->class[0]) {
		lh_text_copy(s->made, sizeof(s->made), e->class);
		return !library;
	}
	if (fate == LH_PYTHON_LOST)
		return true;
	if (e->element)
		prepend(s->members, "[]");
	s->in_init = false;
	if (fate == LH_PYTHON_RETURNED) {
		if (!library && !s->maker[0] && e->function[0] != '<')
			lh_text_copy(s->maker, sizeof(s->maker), e->function);
		return false;
	}
	if (library && s->maker[0]) /* what the library does with it says nothing */
		return true;
	if (is_generated(e)) {
		s->made[0] = 0;
		prepend(s->members, e->name + sizeof("self") - 1);
		s->in_init = true;
		return false;
	}
	if (library && is_init(e)) {
		enter_object(s);
		return false;
	}
	if (!library || e->name[0] == 0 || is_member(e) || !s->made[0])
		finish(s, library, out);
	return true;
}

/* No variable or member is known that keeps the object. */
static void name_by_maker(const struct search *s, struct lh_python_name *out)
{
	bool member = s->made[0] && s->members[0];

	if (out->name[0] || (!member && !s->maker[0]))
		return;
	add(out->name, s->maker[0] ? s->maker : s->made);
	add(out->name, s->maker[0] ? "()" : "");
	add(out->name, s->members);
}

void lh_python_name_lock(const struct lh_python_chain *c, struct lh_python_name *out)
{
	static struct search s; /* under the internal lock; a hook must use little stack */
	bool ended = false;

	*out = (struct lh_python_name){"", ""};
	s.members[0] = s.made[0] = s.maker[0] = 0;
	s.in_init = false;
	for (unsigned i = 0; i < c->n && !ended; i++) {
		if (!lh_python_open(&s.e, c->at[i].code))
			return;
		enum lh_python_fate fate = lh_python_follow(&s.e, c->at[i].instruction);
		if (i == 0)
			out->kind = kind_of(&s.e);
		ended = look(&s, fate, out);
	}
	name_by_maker(&s, out);
}
