/*
 * names.cc — functions whose names are hard. names.names has the name of each in the normal form
 * (tools/symbols/symbols.h), which is the same with every compiler and at every level.
 */
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#define APART __attribute__((noinline)) /* has code of its own at every level */
#define TAKE std::lock_guard guard(lock) /* code that is not removed */

static std::mutex lock;
static long sum;

/* ---- functions of one file, which have no linkage name in gcc's debug information ---- */

enum Color { red, green };
enum class Mode : unsigned char { on, off };
typedef struct {
	int a;
} Named;

static APART void text(const std::string &s, unsigned long n, const int k, const char *const *c)
{
	TAKE;
	sum += s.size() + n + k + (c != nullptr);
}
static APART void text(const std::string &s, long n) { TAKE; sum += s.size() + n; }
static APART void numbers(unsigned char, signed char, unsigned short, long long, unsigned long long, __int128, bool,
	double, wchar_t, std::nullptr_t, volatile int *, Named *)
{
	TAKE;
}
static APART void functions(std::function<void(int)> f, std::function<void()> g, void (*p)(int, ...), int (&)[3],
	std::pair<int, long> &&)
{
	TAKE;
	f(1), g(), p(1);
}
static APART void lists(const std::vector<std::vector<int>> &v) { TAKE; sum += v.size(); }

namespace {
template <Color C> APART void paint(int x) { TAKE; sum += C + x; }
template <Mode M, bool B, char C, unsigned long N, int I> APART void values()
{
	TAKE;
	sum += (int)M + B + C + N + I;
}
int one(int x) { return x + 1; }
template <int (*F)(int)> APART void pointer() { TAKE; sum += F(3); }
class Hidden {
public:
	Hidden(int x) { TAKE; sum += x; }
	~Hidden() { TAKE; sum++; }
	APART int get() const { TAKE; return 1; }
	APART int move() && { TAKE; return 1; }
	APART operator std::string() const { TAKE; return "x"; }
	APART bool operator<(const Hidden &) const { TAKE; return false; }
	APART void operator()(int) { TAKE; }
	template <class T> APART void operator<<(T) { TAKE; }
	static APART void all(Hidden **) { TAKE; }
};
} // namespace

template <class... A> static APART void pack(A... a) { TAKE; sum += (0 + ... + a); }
template <template <class, class> class C, class T> static APART void container(C<T, std::allocator<T>> &c)
{
	TAKE;
	sum += c.size();
}

/* ---- classes, partial and full specializations, namespaces ---- */

struct Outer {
	int value = 0;
	int part(long) const { return 1; }
	struct Inner {
		APART void members(Outer *, const Inner &, int Outer::*, int (Outer::*)(long) const) { TAKE; }
	};
	std::function<int(int)> member = [](int x) { TAKE; return x; };
	APART void defaults(int x = [] { TAKE; return 4; }()) { TAKE; value = x; }
};
template <class T> struct Box {
	T value;
	APART void go()
	{
		auto generic = [this](auto x) { TAKE; return value + x; };

		sum += generic(1) + generic(2L);
		[&] {
			[&] { TAKE; sum++; }();
			TAKE;
			sum++;
		}();
	}
};
template <> struct Box<char> {
	APART void go() { TAKE; }
};
template <class T> struct Box<T *> {
	APART void go(T *) { TAKE; }
};
namespace outer {
inline namespace v1 {
static APART void function(int) { TAKE; }
static auto lambda = [](int x) { TAKE; return x + 1; };
} // namespace v1
} // namespace outer
extern "C" {
APART void plain_c(int) { TAKE; }
static APART void static_c(int) { TAKE; }
}

/* ---- lambdas ---- */

static auto global = [](int x) { TAKE; return x + 1; };
static auto generic_global = [](auto x) { TAKE; return x + 1; };
template <class F> static APART void run(F f) { TAKE; f(); }

template <class F> static inline void within(F f) { TAKE; f(1); }
template <class F> static APART void outside(F f) { TAKE; f(1); }

/* clang writes no columns of lambdas, and at -O2 not in this order */
static void one_line()
{
	outside([](auto x) { TAKE; sum += x; }), within([](int x) { TAKE; sum += 2 * x; }), outside([](int x) { TAKE; sum += 3 * x; });
}

static void lambdas(int n)
{
	run([&] { sum += n; }), run([&] { sum -= n; });
	auto any = [&](auto... x) { TAKE; return (0 + ... + x); };
	sum += any(1, 2) + any(1L) + any();
	auto self = [&](auto f, int d) -> int { TAKE; return d ? f(f, d - 1) : 0; };
	sum += self(self, 2);
	auto pointer = +[](int x) { TAKE; return x; };
	sum += pointer(n);
	if (n > 5) {
		auto rare = [&] { TAKE; return 3; };
		sum += rare();
	}
	functions([](int) { TAKE; }, [] { TAKE; }, nullptr, *(int (*)[3])&sum, {});
}

int main(int argc, char **argv)
{
	struct Local {
		APART void go(Local *) { TAKE; }
	} local;
	Hidden hidden(1), *all = &hidden;
	Outer object;
	Outer::Inner inner;
	std::vector<std::vector<int>> list;

	text("", 1, 2, argv), text("", 1L), numbers(1, 2, 3, 4, 5, 6, true, 7, 'x', nullptr, nullptr, nullptr), lists(list);
	paint<red>(1), paint<green>(2), values<Mode::off, true, 'c', 5, -3>(), values<Mode::on, false, 'd', 6, 200>();
	pointer<one>(), hidden.get(), std::move(hidden).move(), text(hidden, 1L), (void)(hidden < hidden), hidden(3);
	hidden << 3, hidden << all, Hidden::all(&all), pack(1, 2L, 'c'), pack(), container(list), local.go(&local);
	inner.members(&object, inner, &Outer::value, &Outer::part), object.member(1), object.defaults();
	Box<int>{1}.go(), Box<long>{1}.go(), Box<char>{}.go(), Box<int *>{}.go(nullptr);
	outer::function(1), outer::lambda(argc), plain_c(1), static_c(1), global(argc), generic_global(argc);
	generic_global(1.5), lambdas(argc), one_line();
}
