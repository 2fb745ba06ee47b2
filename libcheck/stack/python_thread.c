/* python_thread.c — the name of the threading.Thread that the calling thread starts. */
#include "libcheck/stack/python_internal.h"

enum { ATTRIBUTES_MAX = 512, UNICODE_ENTRY = 16, GENERAL_ENTRY = 24 };

/* Where a dictionary, or an object without one, keeps an attribute. */
struct keys {
	uintptr_t entries; /* of a key and perhaps its value */
	size_t n, size;    /* entries, and bytes of each */
	uintptr_t key;     /* offset of the key in an entry */
};

static bool open_keys(uintptr_t at, struct keys *k)
{
	if (!is_plausible(at))
		return false;
	unsigned index_log = read_byte(at, PY_KEYS_LOG_INDEX);
	bool general = read_byte(at, PY_KEYS_LOG_INDEX + 1) == PY_KEYS_GENERAL;

	k->n = read_word(at, PY_KEYS_ENTRIES);
	k->size = general ? GENERAL_ENTRY : UNICODE_ENTRY;
	k->key = general ? sizeof(uintptr_t) : 0;
	k->entries = at + PY_KEYS_INDEXES + ((uintptr_t)1 << (index_log & 31));
	return k->n <= ATTRIBUTES_MAX && index_log < 16;
}

/* The index of the key; n: there is none. */
static size_t find_key(const struct keys *k, const char *name)
{
	size_t i = 0;

	while (i < k->n && !lh_python_text_is(read_word(k->entries + i * k->size, k->key), name))
		i++;
	return i;
}

/* `values`: where the values are, 0: in the entries. */
static uintptr_t look_up(uintptr_t keys, uintptr_t values, const char *name)
{
	struct keys k;
	size_t i = open_keys(keys, &k) ? find_key(&k, name) : ATTRIBUTES_MAX + 1;

	if (i >= ATTRIBUTES_MAX || i >= k.n)
		return 0;
	if (values)
		return read_word(values, i * sizeof(uintptr_t));
	return read_word(k.entries + i * k.size, k.key + sizeof(uintptr_t));
}

/* An attribute of an instance of a class without __slots__; 0: not known. */
static uintptr_t attribute(uintptr_t object, const char *name)
{
	enum { HEAP_TYPE = 1 << 9, MANAGED = 1 << 4 };
	uintptr_t type = is_plausible(object) ? read_word(object, PY_OBJECT_TYPE) : 0;

	if (!is_a(type, lh_py.PyType_Type) ||
	    (read_word(type, PY_TYPE_FLAGS) & (HEAP_TYPE | MANAGED)) != (HEAP_TYPE | MANAGED))
		return 0;
	uintptr_t values = read_word(object - PY_OBJECT_VALUES, 0);
	uintptr_t dictionary = read_word(object - PY_OBJECT_DICTIONARY, 0);
	if (is_plausible(values))
		return look_up(read_word(type, PY_TYPE_KEYS), values, name);
	if (!is_a(dictionary, lh_py.PyDict_Type))
		return 0;
	return look_up(read_word(dictionary, PY_DICTIONARY_KEYS),
		       read_word(dictionary, PY_DICTIONARY_VALUES), name);
}

/* "Thread-4 (work)": the program has given no name. */
static bool is_made_up(const char *name)
{
	static const char prefix[] = "Thread-";

	return __builtin_strncmp(name, prefix, sizeof(prefix) - 1) == 0 &&
	       name[sizeof(prefix) - 1] >= '0' && name[sizeof(prefix) - 1] <= '9';
}

bool lh_python_thread_name(char *to, size_t capacity)
{
	uintptr_t frame = lh_python.on ? lh_python_frame() : 0;
	uintptr_t code = frame ? read_word(frame, PY_FRAME_CODE) : 0;

	if (!is_a(code, lh_py.PyCode_Type) ||
	    !lh_python_text_is(read_word(code, PY_CODE_QUALIFIED), "Thread.start"))
		return false;
	uintptr_t name = attribute(read_word(frame, PY_FRAME_VARIABLES), "_name");
	char whole[LH_PYTHON_FUNCTION];
	return lh_python_copy_text(name, whole, sizeof(whole)) && !is_made_up(whole) &&
	       lh_python_copy_text(name, to, capacity);
}
