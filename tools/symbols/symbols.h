/*
 * symbols.h — maps an address in an object file to function, file and line.
 *
 * Opens the object at the path in the ledger, only if it is a regular file, and uses it only if its
 * build id is that of the loaded object: no name is better than a wrong one. Separate debug files
 * are found as the debugger finds them; the network is queried only if `debuginfod` is set.
 *
 * Does not know processes or where modules were mapped: it takes offsets only.
 *
 * - Returned text lives as long as struct lh_symbols.
 * - Answers are cached: a repeated query is cheap.
 */
#ifndef LH_SYMBOLS_SYMBOLS_H
#define LH_SYMBOLS_SYMBOLS_H

#include "libcheck/ledger.h"

#include <stdbool.h>

struct lh_symbols *lh_symbols_new(bool debuginfod);
void lh_symbols_free(struct lh_symbols *);

/*
 * One function and the line in it; inlined functions precede the functions that contain them.
 *
 * `function` is the function's full name in one normal form. g++ and clang++ give the same text, at
 * every level of optimisation, inlined or not, and shifted lines do not change it:
 *
 *   trading::Book::match(trading::Order const&)   scopes, parameter types, " const" of a member
 *   main, lock_all                                main, functions of C and of extern "C": the name
 *   run<int, 3ul>(int)                            a template's instance, without its return type
 *   (anonymous namespace)::take(unsigned long)    types as the demangler writes them
 *   main::{lambda#2}                              the call of the second lambda that main declares
 *   main::{lambda#2}<int>                         of a generic lambda, the instance for int
 *   main::{lambda#2}::{lambda#1}                  a lambda in it; so too inside a class or
 * namespace
 *
 * A lambda's number counts the lambdas of one scope in the order of declaration. The name has no
 * " [clone .cold]" and no "[abi:cxx11]". What debug information leaves out is missing here too:
 *
 * - without debug information, a lambda's number is the compiler's, which g++ and clang++ count
 *   differently; a lambda that a compiler has removed whole is not counted;
 * - with -g1, inlined functions have their bare names ("take"), and calls of lambdas are
 *   "{operator()#2}", counted in the file;
 * - g++ leaves default arguments of function templates out, which clang++ does not always mark.
 */
struct lh_symbol {
	const char *function, *file;
	uint32_t line, column;
	bool inlined;
	bool one_call; /* does nothing but the call at this offset; see symbols/one_call.h */
	/* The symbol table gives this code the names of several functions: the compiler or linker
	 * has merged equal functions, or one is an alias, and `function` may be any of them. */
	bool folded;
	/* As versions named it that had no normal form: for fingerprints of those. NULL: the same.
	 */
	const char *former;
};

/*
 * The functions at `offset` of the module, innermost first. `after`: the offset is a return
 * address, and the call before it is meant. Returns how many; 0: unknown.
 */
uint32_t lh_symbol_lines(struct lh_symbols *, const struct lh_module *, uint64_t offset, bool after,
			 const struct lh_symbol **line);
/* Only the function's name, without debug information. NULL: unknown. */
const char *lh_symbol_name(struct lh_symbols *, const struct lh_module *, uint64_t offset,
			   bool after);

/*
 * Several calls of one function in another: how many lines with such a call precede that of the
 * call that returns to `offset`. 0: none, or not known.
 */
uint32_t lh_symbol_call_number(struct lh_symbols *, const struct lh_module *, uint64_t offset);

/* The variable at `offset`; *into: the offset in it. NULL: none. */
const char *lh_symbol_data(struct lh_symbols *, const struct lh_module *, uint64_t offset,
			   uint64_t *into);

/*
 * The lock in a variable, as the source writes it: "shard[17].lock", "main::s.sessions"; without
 * debug information "shard+0x1dd0". A variable of size `own` has no members; 0: how large the
 * lock is is not known, so it is all that begins there. NULL: no variable.
 */
const char *lh_symbol_variable(struct lh_symbols *, const struct lh_module *, uint64_t offset,
			       uint64_t own);

/* A return address in a module. */
struct lh_symbol_frame {
	const struct lh_module *module;
	uint64_t offset;
};

/* How good a name is: of several, the best is taken. */
enum lh_name_rank {
	LH_NAME_NONE,
	LH_NAME_POINTER, /* a function's pointer to the lock; a type that is little more than a lock
			  */
	LH_NAME_GLOBAL,  /* another variable that points to the lock: "current" */
	LH_NAME_LIKELY,  /* the only lock in the types of the function's variables */
	LH_NAME_LOCAL,   /* a variable of a function: "main::a" */
	LH_NAME_MEMBER   /* the type that has the lock, and the member: "Book::mutex_" */
};

struct lh_lock_name {
	const char *text; /* NULL: none */
	enum lh_name_rank rank;
};

/*
 * The name of the lock that a call gets as its first argument, from debug information and the code
 * before the call. `frame`: the stack of the call, the innermost frame first. The answer depends on
 * nothing else. kind: enum lh_kind.
 */
struct lh_lock_name lh_symbol_lock_of_call(struct lh_symbols *, unsigned kind,
					   const struct lh_symbol_frame *frame, uint32_t n);

/*
 * The variable at `offset` and the member in it, from debug information; all elements of an array
 * have one name: "accounts[].lock". NULL: unknown.
 */
const char *lh_symbol_member(struct lh_symbols *, const struct lh_module *, uint64_t offset);

/*
 * The member path from the variable to `offset`, the same for each element of an array:
 * ".shards.lock". "" if it is unknown, and if `offset` is the start of a variable of size `own`.
 */
const char *lh_symbol_member_path(struct lh_symbols *, const struct lh_module *, uint64_t offset,
				  uint64_t own);

/*
 * True if the frame at this offset is a signal frame: the next frame's address is exact, not a
 * return address.
 */
bool lh_symbol_signal(struct lh_symbols *, const struct lh_module *, uint64_t offset);

/* The problems with objects, one sentence each. */
uint32_t lh_symbols_problems(const struct lh_symbols *);
const char *lh_symbols_problem(const struct lh_symbols *, uint32_t);

#endif
