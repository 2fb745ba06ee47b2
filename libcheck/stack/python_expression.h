/*
 * python_expression.h — which expressions of the source the instructions of CPython 3.11 compute,
 * as far as names go: a bounded stack of texts that follows loads, calls and stores in code without
 * branches. An instruction that it does not know makes the stack unknown, never wrong.
 *
 * Finds where the source puts one value: what it calls the value, or that the function returns it.
 */
#ifndef LH_STACK_PYTHON_EXPRESSION_H
#define LH_STACK_PYTHON_EXPRESSION_H

#include "libcheck/stack/python.h"

enum {
	LH_PYTHON_ITEMS = 24,  /* of the stack; deeper ones are unknown */
	LH_PYTHON_TEXT = 96,   /* bytes of an expression */
	LH_PYTHON_BEFORE = 64, /* instructions that are followed before the value's, and after it */
	LH_PYTHON_UNITS = 1 << 16 /* code that is longer is not read */
};

struct lh_python_item {
	char text[LH_PYTHON_TEXT]; /* "self.queue" with the class in place of self; "" not known */
	bool value;                /* the value, or a container of the value */
	bool null;                 /* what PUSH_NULL pushes */
	bool local;                /* a variable of the function */
	uint16_t element;          /* of a tuple that contains the value: 1 + the value's index */
};

enum lh_python_fate { LH_PYTHON_GOES_ON, LH_PYTHON_NAMED, LH_PYTHON_RETURNED, LH_PYTHON_LOST };

struct lh_python_expression {
	uintptr_t code;
	size_t units;
	char file[LH_PYTHON_FILE];
	char function[LH_PYTHON_FUNCTION]; /* without what is around it: "Pool.__init__" */
	char class[LH_PYTHON_FUNCTION];    /* of a method: "Pool", otherwise "" */
	struct lh_python_item item[LH_PYTHON_ITEMS];
	unsigned n;
	char called[LH_PYTHON_TEXT]; /* what the value's instruction calls: "threading.Lock" */
	char name[LH_PYTHON_TEXT];   /* LH_PYTHON_NAMED: what the value is stored as */
	bool local;                  /* the name is that of a local variable */
	bool element;                /* what is named or returned is a container of the value */
};

/* False: the code object cannot be read. */
bool lh_python_open(struct lh_python_expression *e, uintptr_t code);
/* Follows the value of the instruction at this address. */
enum lh_python_fate lh_python_follow(struct lh_python_expression *e, uintptr_t instruction);

/* The part behind the last dot. */
const char *lh_python_last(const char *text);

/* The base of a specialized instruction; and how many units of cache follow it. */
uint8_t lh_python_base_op(uint8_t op);
unsigned lh_python_caches(uint8_t op);

#endif
