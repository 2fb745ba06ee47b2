/* folded.cc — two equal functions that compilers and linkers merge, and a constructor, which has two symbols. */
#include <mutex>

static std::mutex lock;
static int sum;

struct Taken {
	Taken();
	int taken;
};

__attribute__((noinline)) Taken::Taken() : taken(sum)
{
	std::lock_guard guard(lock);
	sum += 2;
}

extern "C" __attribute__((noinline)) void equal_one(int n)
{
	std::lock_guard guard(lock);
	sum += n;
}

extern "C" __attribute__((noinline)) void equal_two(int n)
{
	std::lock_guard guard(lock);
	sum += n;
}

extern "C" __attribute__((noinline)) void different(int n)
{
	std::lock_guard guard(lock);
	sum -= n;
}

/* gcc gives the code of functions two names only if nobody compares their addresses, as of virtual ones */
struct Base {
	virtual void one(int n);
	virtual void two(int n);
};
void Base::one(int n)
{
	std::lock_guard guard(lock);
	sum += 3 * n;
}
void Base::two(int n)
{
	std::lock_guard guard(lock);
	sum += 3 * n;
}

int main(int argc, char **)
{
	Base *base = new Base;

	equal_one(argc), equal_two(argc), different(argc), base->one(argc), base->two(argc);
	return Taken().taken > 5;
}
