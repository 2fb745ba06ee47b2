/* cycles_file.cc — a cycle of static locks in static functions. tests/gate/fingerprints compiles it
 * twice, from two folders: -DNAME=file1 and -DNAME=file2. */
#include "cycles.h"

static std::mutex outer, inner;

KEEP static void there(void *)
{
	outer.lock();
	inner.lock();
	inner.unlock();
	outer.unlock();
	done++;
}

KEEP static void back(void *)
{
	inner.lock();
	outer.lock();
	outer.unlock();
	inner.unlock();
	done++;
}

void NAME()
{
	both(there, back, nullptr);
}
