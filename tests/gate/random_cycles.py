"""random_cycles.py: writes a random C++ program with cycles of two locks each, in code that looks alike.

Usage: random_cycles.py SEED FOLDER. Writes FOLDER/main.cc and for some cycles FOLDER/dN/x.cc. Prints the number
of cycles and the sources. Two threads close each cycle in turn.
"""

import os
import random
import sys

HEAD = '''
#include <atomic>
#include <functional>
#include <mutex>
#include <pthread.h>
#include <sched.h>
#define KEEP __attribute__((noinline))
struct guard {
	std::mutex &m;
	explicit guard(std::mutex &m) : m(m) { m.lock(); }
	~guard() { m.unlock(); }
};
class wrapped {
	std::mutex m;
public:
	void lock() { m.lock(); }
	void unlock() { m.unlock(); }
};
template <int> struct tag {};
extern std::atomic<int> done;
void mark(int n);
void both(std::function<void()> a, std::function<void()> b);
static inline void enter(pthread_mutex_t *m) { pthread_mutex_lock(m); }
'''

MAIN = '''
std::atomic<int> done;
static std::atomic<int> turn;
static int marks;
KEEP void mark(int n) { marks += n; __asm__ volatile(""); } // no two lambdas have the same code
struct job {
	std::function<void()> work;
	int turn;
};
static void *run(void *p)
{
	job *j = static_cast<job *>(p);
	while (turn != j->turn)
		sched_yield();
	j->work();
	turn++;
	return nullptr;
}
void both(std::function<void()> a, std::function<void()> b)
{
	job j[2] = {{a, 0}, {b, 1}};
	pthread_t t[2];
	turn = 0;
	for (int i = 0; i < 2; i++)
		pthread_create(&t[i], nullptr, run, &j[i]);
	for (pthread_t x : t)
		pthread_join(x, nullptr);
}
'''

# Two statements that acquire X and then Y, and what releases both.
WAYS = [
    ('std::mutex', 'std::lock_guard a(X); std::lock_guard b(Y);', ''),
    ('std::mutex', 'std::scoped_lock a(X); std::scoped_lock b(Y);', ''),
    ('std::mutex', 'std::unique_lock a(X, std::defer_lock); a.lock(); std::unique_lock b(Y);', ''),
    ('std::mutex', 'guard a(X); guard b(Y);', ''),
    ('std::mutex', 'X.lock(); Y.lock();', 'Y.unlock(); X.unlock();'),
    ('wrapped', 'X.lock(); Y.lock();', 'Y.unlock(); X.unlock();'),
    ('pthread_mutex_t', 'enter(&X); enter(&Y);', 'pthread_mutex_unlock(&Y); pthread_mutex_unlock(&X);'),
]


class Program:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.top, self.body, self.files, self.marks = [], [], {}, 0
        self.lines, self.members, self.once = [], [], set()

    def locks(self, way, i, x, y):
        """Statements that acquire and release x and y in this order."""
        return ' '.join(w.replace('X', x).replace('Y', y) for w in WAYS[way][1:]) + ' done += 0;'

    def both(self, there, back, capture='&'):
        self.marks += 2
        self.body.append(f'both([{capture}] {{ mark({self.marks - 1}); {there} done += 0; }},')
        self.body.append(f'     [{capture}] {{ mark({self.marks}); {back} done += 0; }});')

    def way(self):
        return self.random.randrange(len(WAYS))

    def declare(self, way, i):
        """Local locks of main; returns their names."""
        x, y = f'x{i}', f'y{i}'
        zero = ' = PTHREAD_MUTEX_INITIALIZER' if WAYS[way][0] == 'pthread_mutex_t' else ''
        self.body.append(f'{WAYS[way][0]} {x}{zero}, {y}{zero};')
        return x, y

    # ---- shapes: each makes one cycle ----

    def lambdas(self, i):
        way = self.way()
        x, y = self.declare(way, i)
        self.both(self.locks(way, i, x, y), self.locks(way, i, y, x))

    def nested(self, i):
        x, y = self.declare(0, i)
        code = 'auto out = [&] {{ std::lock_guard a({0}); auto in = [&] {{ std::lock_guard b({1}); done += 0; }}; in(); }}; out();'
        self.both(code.format(x, y), code.format(y, x))

    def generic(self, i):
        if 'generic' not in self.once:
            self.top.append('static auto any = [](auto t, std::mutex &x, std::mutex &y) {'
                            ' (void)t; std::lock_guard a(x); std::lock_guard b(y); done += 0; };')
        self.once.add('generic')
        x, y = self.declare(0, i)
        self.both(f'any(tag<{2 * i}>(), {x}, {y});', f'any(tag<{2 * i + 1}>(), {y}, {x});')

    def template(self, i):
        if 'template' not in self.once:
            self.top.append('template <int N> KEEP static void take(std::mutex &x, std::mutex &y)\n'
                            '{ std::lock_guard a(x); std::lock_guard b(y); done += 0; }')
        self.once.add('template')
        x, y = self.declare(0, i)
        self.both(f'take<{2 * i}>({x}, {y});', f'take<{2 * i + 1}>({y}, {x});')

    def functions(self, i):
        way, keep = self.way(), self.random.choice(['', 'KEEP '])
        x, y = f'x{i}', f'y{i}'
        if self.random.random() < 0.5:
            self.top.append(f'static {WAYS[way][0]} {x}, {y};')
        else:
            self.top.append(f'static struct box{i} {{ int n; {WAYS[way][0]} x, y; }} *box{i} = new struct box{i}();')
            x, y = f'box{i}->x', f'box{i}->y'
        self.top.append(f'static {keep}void f{i}()\n{{\n{self.locks(way, i, x, y)}\n}}')
        self.top.append(f'static {keep}void g{i}()\n{{\n{self.locks(way, i, y, x)}\n}}')
        self.both(f'f{i}();', f'g{i}();', '')

    def same_code(self, i):
        """The compiler or linker may keep one of these functions."""
        x, y = self.declare(0, i)
        for name in f'f{i}', f'g{i}':
            self.top.append(f'KEEP void {name}(std::mutex &x, std::mutex &y)\n'
                            '{ std::lock_guard a(x); std::lock_guard b(y); }')
        self.both(f'f{i}({x}, {y});', f'g{i}({y}, {x});')

    def method(self, i):
        self.top.append(f'struct c{i} {{ std::mutex x, y;\nvoid f() {{ {self.locks(0, i, "x", "y")} }}\n'
                        f'void g() {{ {self.locks(0, i, "y", "x")} }} }};')
        self.body.append(f'c{i} o{i};')
        self.both(f'o{i}.f();', f'o{i}.g();')

    def member(self, i):
        """One class has all of these."""
        self.members.append(i)
        self.both(f'book.f{i}();', f'book.g{i}();', '')

    def line(self, i):
        """One pair of functions has all of these."""
        self.lines.append(i)
        self.body.append(f'static std::mutex *l{i} = new std::mutex[2];')
        self.both(f'there({i}, l{i}[0], l{i}[1]);', f'back({i}, l{i}[1], l{i}[0]);', '')

    def file(self, i):
        """The same names in files of one name."""
        self.files[f'd{i}/x.cc'] = HEAD + f'''
static std::mutex outer, inner;
static KEEP void there() {{ outer.lock(); inner.lock(); inner.unlock(); outer.unlock(); done += 0; }}
static KEEP void back() {{ inner.lock(); outer.lock(); outer.unlock(); inner.unlock(); done += 0; }}
void file{i}() {{ both([] {{ there(); done += 0; }}, [] {{ back(); done += 0; }}); }}
'''
        self.top.append(f'void file{i}();')
        self.body.append(f'file{i}();')

    def deep(self, i):
        """The locks are acquired many calls below the function that makes the order."""
        depth = self.random.randint(1, 6)
        self.top.append(f'static std::mutex *q{i} = new std::mutex[2];')
        for name, lock in ('a', 0), ('b', 1):
            self.top.append(f'static KEEP void {name}{i}_0() {{ q{i}[{lock}].lock(); done += 0; }}')
            for k in range(1, depth):
                self.top.append(f'static KEEP void {name}{i}_{k}() {{ {name}{i}_{k - 1}(); done += 0; }}')
        a, b, end = f'a{i}_{depth - 1}();', f'b{i}_{depth - 1}();', f'q{i}[0].unlock(); q{i}[1].unlock();'
        self.both(f'{a} {b} {end}', f'{b} {a} {end}', '')

    # ---- the program ----

    def make(self):
        shapes = [self.lambdas, self.nested, self.generic, self.template, self.functions, self.same_code,
                  self.method, self.member, self.line, self.file, self.deep]
        cycles = self.random.randint(6, 14)
        for i in range(cycles):
            self.random.choice(shapes)(i)
        for name in 'there', 'back':
            branches = '\n'.join(f'if (n == {i}) {{\ndone += {i};\nstd::lock_guard a(x);\nstd::lock_guard b(y);\ndone += {i};\n}}'
                                 for i in self.lines)
            self.top.append(f'KEEP void {name}(int n, std::mutex &x, std::mutex &y)\n{{\n(void)n, (void)x, (void)y;\n{branches}\n}}')
        methods = '\n'.join(f'std::mutex x{i}, y{i};\nvoid f{i}() {{ {self.locks(0, i, f"x{i}", f"y{i}")} }}\n'
                            f'void g{i}() {{ {self.locks(0, i, f"y{i}", f"x{i}")} }}' for i in self.members)
        self.top.append(f'struct library {{\n{methods}\n}};\nlibrary &book = *new library;')
        self.files['main.cc'] = HEAD + MAIN + '\n'.join(self.top) + '\nint main()\n{\n' + '\n'.join(self.body) + '\n}\n'
        return cycles


def main():
    program, folder = Program(int(sys.argv[1])), sys.argv[2]
    cycles = program.make()
    for path, text in program.files.items():
        os.makedirs(os.path.dirname(f'{folder}/{path}'), exist_ok=True)
        with open(f'{folder}/{path}', 'w', encoding='ascii') as file:
            file.write(text)
    print(cycles, *sorted(program.files))


main()
