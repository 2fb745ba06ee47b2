# lockhound: see README.md. `make help` lists the targets.
PREFIX  ?= /usr/local
prefix  ?= $(PREFIX)
bindir  ?= $(prefix)/bin
libdir  ?= $(prefix)/lib
includedir ?= $(prefix)/include
DESTDIR ?=
CC      ?= cc
CFLAGS  ?= -O2 -g
B       ?= build
V       ?=
Q       := $(if $(V),,@)

# The version of everything: the command, reports, manual pages, packages. CHANGELOG.md has an entry for it.
VERSION  := 0.1.0
# A warning is an error with the compilers that the tests use; another version may warn about other things.
WERROR   ?= $(if $(filter 12 12.% 14.0.%,$(shell $(CC) -dumpversion 2> /dev/null)),-Werror)
WARN     := -Wall -Wextra -Wpedantic -Wshadow -Wmissing-prototypes -Wstrict-prototypes $(WERROR)
LANG_C   := -std=gnu11 -D_GNU_SOURCE -DLH_VERSION='"$(VERSION)"'
ALL      := $(LANG_C) $(WARN) -MMD -MP -I. $(CFLAGS) $(CPPFLAGS)
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer)
# clang would link a copy of the sanitizers into each program, whose functions hide those of libc from the tests; and does
# not define gcc's word for a program with them.
ifneq (,$(and $(findstring address,$(SAN)),$(findstring clang,$(CC))))
SANFLAGS += -D__SANITIZE_ADDRESS__
SAN_LIBS := -shared-libasan -Wl,-rpath,$(dir $(shell $(CC) -print-file-name=libclang_rt.asan-$(shell uname -m).so))
endif

# The library: nothing of it is visible but the intercepted names; unwind tables so that
# exceptions and cancellation pass through; no call through a lazily bound slot.
# On aarch64 gcc calls libgcc for atomics if it is not told otherwise, and the library links libc only.
# On x86-64 it leaves the upper halves of vector registers alone: interpose/lock_api.c.
# The compiler is asked when something is compiled, not when this file is read: setup may have to install it first.
MACHINE_FLAGS = $(eval MACHINE_FLAGS := $(if $(filter aarch64%,$(shell $(CC) -dumpmachine)),-mno-outline-atomics,-mno-avx))$(MACHINE_FLAGS)
LIB_FLAGS = $(ALL) $(MACHINE_FLAGS) -fPIC -fvisibility=hidden -fasynchronous-unwind-tables -fexceptions \
	-U_FORTIFY_SOURCE -ftls-model=initial-exec -fno-stack-protector -fno-plt -Wno-pedantic
sources  = $(sort $(shell find $1 -name '*.c'))
LIB_SRC  := $(call sources,libcheck)
TOOL_SRC := $(call sources,tools libcheck/order_graph libcheck/machine_code) libcheck/lock_api/rows.c
TOOL_LIBS := -ldw -lelf -ljansson -ldl -lm -lpthread
LIB_OBJ  := $(LIB_SRC:%.c=$B/%.o)
TOOL_OBJ := $(TOOL_SRC:%.c=$B/tool/%.o)
UNIT_SRC := $(sort $(shell find tests/unit -name 'test_*.c')) tests/faults/walk_damage.c
UNIT     := $(UNIT_SRC:tests/%.c=$B/%)

# Debian's names. The first list is all that a build and `make demo` need.
BUILD_PACKAGES := build-essential uthash-dev libunwind-dev libdw-dev libelf-dev libjansson-dev jq python3-minimal
# Compilers and what checks sources; what looks at processes and files; what a gate is driven by; what is watched.
# gcc-12-multilib and not gcc-multilib, which cannot be installed beside a cross compiler.
CHECK_PACKAGES := clang llvm lld mold dwz clang-format clang-tidy libclang-rt-dev shellcheck codespell musl-tools gcc-12-multilib \
	libc++1-14 libc++abi1-14 libomp-14-dev gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user \
	valgrind gdb strace procps iproute2 bubblewrap graphviz libxml2-utils python3 python3-jsonschema python3-yaml openssl perl \
	cmake meson ninja-build automake python3-pytest git \
	libpython3.11-testsuite python3-dev pybind11-dev libglib2.0-dev libjemalloc2 libgoogle-perftools4 libmimalloc2.0 libfuse3-dev \
	sqlite3 memcached redis-server redis-tools mariadb-server mariadb-client pbzip2 xz-utils openjdk-17-jre-headless \
	nginx-light haproxy unbound rsyslog rustc qtbase5-dev libabsl-dev pkg-config gstreamer1.0-tools gstreamer1.0-plugins-base \
	graphicsmagick imagemagick-6.q16 dbus dconf-cli dconf-service libglib2.0-bin
# tests/cluster
CHECK_PACKAGES += openmpi-bin libopenmpi-dev
# Packages, pages and completions are tried with these.
CHECK_PACKAGES += mandoc zsh fish bash-completion pre-commit
# They open the profiles of the format pprof: by its description, and, for `make soak`, pprof itself.
CHECK_PACKAGES += protobuf-compiler python3-protobuf golang-github-google-pprof-dev
# Pages are opened in these; axe-core comes by npm, which may be another one than Debian's.
CHECK_PACKAGES += chromium firefox-esr $(if $(shell command -v npm),,npm ca-certificates)
# What `make deb` needs beside the packages of a build.
DEB_PACKAGES := dpkg-dev debhelper lintian
# Large ones, for `make soak` only.
SOAK_PACKAGES := apache2 nodejs postgresql-15 erlang-base qemu-system-x86 \
	golang-go mousepad xvfb xdotool gstreamer1.0-plugins-base-apps python3-gi gir1.2-gstreamer-1.0 gimp darktable ffmpeg

# Says how far a build is, in files that had no object when it began: [27 of 246].
WANTED_OBJ = $(sort $(LIB_OBJ) $(TOOL_OBJ) $(if $(filter unit,$(MAKECMDGOALS)),$(UNIT_OBJ)))
MISSING = $(eval MISSING := $(words $(filter-out $(wildcard $(WANTED_OBJ)),$(WANTED_OBJ))))$(MISSING)
so_far = $(if $(filter-out 0,$(MISSING)),$(eval BEGUN += $<) [$(words $(BEGUN)) of $(MISSING)])

all: $B/liblockhound.so $B/lockhound ## builds the command and the library

$B/liblockhound.so: $(LIB_OBJ) $B/exports.map
	@echo "  LINK  $@"
	$Q$(CC) -shared -o $@ $(LIB_OBJ) -Wl,--version-script=$B/exports.map -Wl,-z,now -Wl,-z,relro \
		-Wl,-z,nodelete -Wl,--as-needed -Wl,--hash-style=gnu $(LDFLAGS) -nodefaultlibs -lc
$B/exports.map: libcheck/calls.def tests/abi/names
	$Q mkdir -p $(@D)
	$Q{ echo '{ global:'; CC=$(CC) sh tests/abi/names | sed 's/$$/;/'; echo 'local: *; };'; } > $@
$B/lockhound: $(TOOL_OBJ)
	@echo "  LINK  $@"
	$Q$(CC) $(SANFLAGS) -o $@ $(TOOL_OBJ) $(SAN_LIBS) $(LDFLAGS) $(TOOL_LIBS)
$B/libcheck/%.o: libcheck/%.c
	@echo "  CC    $<$(so_far)"
	$Q mkdir -p $(@D)
	$Q$(CC) $(LIB_FLAGS) -c -o $@ $<
$B/tool/%.o: %.c
	@echo "  CC    $< (tool)$(so_far)"
	$Q mkdir -p $(@D)
	$Q$(CC) $(ALL) $(if $(filter tools/%,$<),,-Wno-pedantic) $(call test_flags,$<) $(SANFLAGS) -DLH_LIBRARY_DIR='"$(libdir)/lockhound"' -c -o $@ $<

$B/tool/tools/render/html_page.o: tools/render/html_page.css tools/render/html_page.js

# A test's own source, which is not what is tested, is compiled without optimization, in a third of the time; but not the
# sources that compute for seconds, and not those whose own stacks are walked.
OPTIMIZED_TESTS := $(addsuffix .c,test_walk% test_cfi test_dead_locks test_rounds test_order_graph_random test_steer_random \
	test_wait_cycle oracle simulator% sim_%)
test_flags = $(if $(filter tests/unit/%,$1),$(if $(filter $(OPTIMIZED_TESTS),$(notdir $1)),,-O0))

# A unit test says in a line `LINKS: a.c b.c` what it links: its folder and folders below, nothing above.
LINKED := $(UNIT_SRC) tests/bench/bench_order_graph.c tests/fuzz/replay.c
objects_of = $(patsubst %.c,$B/tool/%.o,$(wildcard $(shell tests/unit/links LINKS $1)))
$(foreach t,$(LINKED),$(eval $(t:tests/%.c=$B/%): $(call objects_of,$t)))
UNIT_OBJ = $(UNIT_SRC:%.c=$B/tool/%.o) $(foreach t,$(UNIT_SRC),$(call objects_of,$t))
$(LINKED:tests/%.c=$B/%): $B/%: $B/tool/tests/%.o
	@echo "  TEST  $@"
	$Q mkdir -p $(@D)
	$Q$(CC) $(SANFLAGS) -o $@ $^ $(SAN_LIBS) $(LDFLAGS) $(if $(findstring /unit/tools/,$@),$(TOOL_LIBS),$$(tests/unit/links LIBS $(@:$B/%=tests/%.c)))
# A test that stands between these files and the memory: the compiler calls it before each access. The test's threads are
# coroutines, whose stacks are copied, so no other sanitizer sees
# them; unoptimized code leaves so much on them that equal states differ.
WAITS := $B/unit/libcheck/rules/test_wait_cycle
WAITS_OBJ := $B/tool/tests/unit/libcheck/rules/test_wait_cycle.o $(call objects_of,tests/unit/libcheck/rules/test_wait_cycle.c)
WAITS_SEEN := $(filter %/sim_threads.o $B/tool/libcheck/%,$(WAITS_OBJ))
$(WAITS) $(WAITS_OBJ): SANFLAGS := -O2
$(WAITS_SEEN): SANFLAGS := -O2 -fsanitize=thread $(if $(findstring clang,$(CC)),,-Wno-tsan)
# These files contain the version.
$(patsubst %.c,$B/tool/%.o,$(shell grep -rl LH_VERSION --include='*.c' tools)): Makefile
-include $(LIB_OBJ:.o=.d) $(TOOL_OBJ:.o=.d) $(UNIT_OBJ:.o=.d) $(LINKED:%.c=$B/tool/%.d)

unit: $(UNIT) ## builds the unit tests; `make check` runs them

setup: ## installs the packages that a build needs (as root, or by sudo without a password)
	@sh tests/packages/install $(BUILD_PACKAGES)
setup-check: ## and those that the tests need
	@sh tests/packages/install $(BUILD_PACKAGES) $(CHECK_PACKAGES)
	@sh tests/packages/libcxx $B/libcxx
	@sh tests/packages/axe $B/axe

# Most of the packages are installed while the build runs, which needs the first list alone.
check: ## everything that must hold: builds, runs every suite, counts; under ten minutes
	@sh tests/packages/install --ask $(BUILD_PACKAGES) $(CHECK_PACKAGES)
	@sh tests/packages/install $(BUILD_PACKAGES)
	@$(MAKE) --no-print-directory -j$$(($$(nproc) + 1)) setup-check all unit
	@B=$B CC=$(CC) tests/check $(SUITES)

bare: ## both commands of the README in a minimal Debian 12 of their own (as root, or by sudo without a password)
	@tests/bare

setup-soak: ## and those that only `make soak` needs
	@sh tests/packages/install $(BUILD_PACKAGES) $(CHECK_PACKAGES) $(SOAK_PACKAGES)

soak: setup-soak ## the suites that look for rare things, many times over, and large programs of Debian
	@$(MAKE) --no-print-directory -j$$(nproc) all unit
	@B=$B CC=$(CC) tests/check --soak $(SUITES)

lint: ## floors, rules and their docs, format, clang-tidy, shellcheck, spelling
	@B=$B CC=$(CC) tests/lint

fuzz: ## looks for bytes that the reader cannot stand, SECONDS long
	@B=$B CC=$(CC) tests/fuzz/run $(or $(SECONDS),600)

bench: all $B/bench/bench_order_graph ## what everything costs, next to the peers; writes docs/performance.md
	@B=$B CC=$(CC) tests/bench/run --page docs/performance.md
	@B=$B CC=$(CC) tests/bench/deadlock_delay 5
	@$(if $(filter-out 0,$(QUICK)),:,$B/bench/bench_order_graph && B=$B CC=$(CC) tests/bench/watch && B=$B CC=$(CC) tests/bench/suite 3 40 && \
		B=$B CC=$(CC) tests/bench/shake 12 && \
		B=$B CC=$(CC) tests/confirm/rates -n 4 --page docs/performance.md)

demo: setup ## builds, and shows a deadlock, its report and its cure
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@B=$B CC=$(CC) tests/programs/demo

include tools/packaging/install.mk

clean: ## removes the build folder
	rm -rf $B
distclean: clean
help: ## lists the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' Makefile tools/packaging/install.mk
	@echo 'Variables: B (build folder), CC, CFLAGS, SAN=address,undefined, PREFIX, DESTDIR, V=1 (show commands)'
.PHONY: all unit setup setup-check setup-soak check bare soak lint fuzz bench demo clean distclean help
