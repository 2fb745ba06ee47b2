/*
 * template_text.h — a template's name with its arguments, from what a compiler writes of them.
 *
 * clang has all arguments as entries. gcc has some twice, leaves some out, and of a partial
 * specialization has the parameters of the specialization; its text of the name is complete, but
 * calls every lambda "<lambda()>". So each argument in the text is matched with an entry.
 */
#ifndef LH_SYMBOLS_TEMPLATE_TEXT_H
#define LH_SYMBOLS_TEMPLATE_TEXT_H

#include "tools/util/arena.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * `name` as the compiler writes it, with or without "<...>"; `entry`: the texts of n entries.
 * `cut`: the entries are those that count, whatever the name has besides.
 */
const char *lh_template_text(struct lh_arena *, const char *name, const char *const *entry,
			     uint32_t n, bool cut);

#endif
