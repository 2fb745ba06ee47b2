/* peek_python_thread.c — the name of a threading.Thread of CPython 3.11 in another process. */
#include "libcheck/stack/python_311.h"
#include "tools/process/peek_python.h"

#include <ctype.h>
#include <string.h>

enum { ATTRIBUTES_MAX = 512, UNICODE_ENTRY = 16, GENERAL_ENTRY = 24, WORD = 8 };

static uint64_t word_at(const struct lh_peek *p, uint64_t address)
{
	uint64_t v;

	return address >= 0x10000 && lh_peek_read(p, address, &v, sizeof(v)) ? v : 0;
}

static const char *text_at(const struct lh_peek *p, uint64_t object)
{
	return lh_peek_python_text(p, object, PY_TEXT_ASCII, PY_TEXT_COMPACT);
}

/* The value of the attribute; `values`: where values are, 0: beside their keys. 0: none. */
static uint64_t look_up(const struct lh_peek *p, uint64_t keys, uint64_t values, const char *name)
{
	unsigned char head[PY_KEYS_LOG_INDEX + 2];
	uint64_t n = word_at(p, keys + PY_KEYS_ENTRIES);

	if (n > ATTRIBUTES_MAX || !lh_peek_read(p, keys, head, sizeof(head)) ||
	    head[PY_KEYS_LOG_INDEX] > 16)
		return 0;
	bool general = head[PY_KEYS_LOG_INDEX + 1] == PY_KEYS_GENERAL;
	uint64_t size = general ? GENERAL_ENTRY : UNICODE_ENTRY;
	uint64_t key =
		keys + PY_KEYS_INDEXES + (1ull << head[PY_KEYS_LOG_INDEX]) + (general ? WORD : 0);

	for (uint64_t i = 0; i < n; i++, key += size) {
		const char *text = text_at(p, word_at(p, key));
		if (text && strcmp(text, name) == 0)
			return word_at(p, values ? values + i * WORD : key + WORD);
	}
	return 0;
}

static uint64_t attribute(const struct lh_peek *p, uint64_t object, const char *name)
{
	enum { MANAGED = 1 << 4 };
	uint64_t type = word_at(p, object + PY_OBJECT_TYPE);
	uint64_t values = word_at(p, object - PY_OBJECT_VALUES);
	uint64_t dictionary = word_at(p, object - PY_OBJECT_DICTIONARY);

	if (!(word_at(p, type + PY_TYPE_FLAGS) & MANAGED))
		return 0;
	if (values)
		return look_up(p, word_at(p, type + PY_TYPE_KEYS), values, name);
	return look_up(p, word_at(p, dictionary + PY_DICTIONARY_KEYS),
		       word_at(p, dictionary + PY_DICTIONARY_VALUES), name);
}

const char *lh_peek_python_thread_name(const struct lh_peek *p, uint64_t thread)
{
	static const char made_up[] = "Thread-";
	const char *name = thread ? text_at(p, attribute(p, thread, "_name")) : NULL;
	size_t n = sizeof(made_up) - 1;

	if (!name || (strncmp(name, made_up, n) == 0 && isdigit((unsigned char)name[n])))
		return NULL;
	return name;
}
