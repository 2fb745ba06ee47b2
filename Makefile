# lockhound: see README.md. `make help` lists the targets.
PREFIX  ?= /usr/local
prefix  ?= $(PREFIX)
bindir  ?= $(prefix)/bin
libdir  ?= $(prefix)/lib
includedir ?= $(prefix)/include
mandir  ?= $(prefix)/share/man
DESTDIR ?=
CC      ?= cc
CFLAGS  ?= -O2 -g
B       ?= build
V       ?=
Q       := $(if $(V),,@)

VERSION  := 0.1.0
WARN     := -Wall -Wextra -Wpedantic -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Werror
LANG_C   := -std=gnu11 -D_GNU_SOURCE -DLH_VERSION='"$(VERSION)"'
ALL      := $(LANG_C) $(WARN) -MMD -MP -Ilibcheck $(CFLAGS) $(CPPFLAGS)
SANFLAGS := $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer)

# The library: nothing of it is visible but the intercepted names; unwind tables so that
# exceptions and cancellation pass through; no call through a lazily bound slot.
LIB_FLAGS := $(ALL) -fPIC -fvisibility=hidden -fasynchronous-unwind-tables -fexceptions \
	-ftls-model=initial-exec -fno-stack-protector -fno-plt -Wno-pedantic
JUDGE_SRC := $(if $(wildcard libcheck/judge.c),$(sort $(wildcard libcheck/judge*.c)))
LIB_SRC := $(addprefix libcheck/,sys.c text.c real.c book.c options.c walk.c walk_cfi.c unwind.c stack.c lock.c \
	thread.c node.c check.c plain.c track.c cond.c wait.c track_judge.c track_wait.c track_life.c init.c) \
	$(JUDGE_SRC) \
	$(addprefix libcheck/interpose/,uniform.c cond.c object.c life.c once.c guard.c sem.c c11.c loader.c)
TOOL_SRC := $(sort $(wildcard tools/*.c)) $(JUDGE_SRC)
TOOL_LIBS := -ldw -lelf -ljansson -ldl -lpthread
LIB_OBJ  := $(LIB_SRC:%.c=$B/%.o)
TOOL_OBJ := $(TOOL_SRC:%.c=$B/tool/%.o)
UNIT     := $(patsubst tests/unit/%.c,$B/unit/%,$(wildcard tests/unit/test_*.c))

all: $B/liblockhound.so $B/lockhound

$B/liblockhound.so: $(LIB_OBJ) $B/exports.map
	@echo "  LINK  $@"
	$Q$(CC) -shared -o $@ $(LIB_OBJ) -Wl,--version-script=$B/exports.map -Wl,-z,now -Wl,-z,relro \
		-Wl,-z,nodelete -Wl,--as-needed -Wl,--hash-style=gnu $(LDFLAGS) -nodefaultlibs -lc
$B/exports.map: libcheck/calls.def tests/abi/names
	$Q mkdir -p $(@D)
	$Q{ echo '{ global:'; CC=$(CC) sh tests/abi/names | sed 's/$$/;/'; echo 'local: *; };'; } > $@
$B/lockhound: $(TOOL_OBJ)
	@echo "  LINK  $@"
	$Q$(CC) $(SANFLAGS) -o $@ $(TOOL_OBJ) $(LDFLAGS) $(TOOL_LIBS)
$B/libcheck/%.o: libcheck/%.c
	@echo "  CC    $<"
	$Q mkdir -p $(@D)
	$Q$(CC) $(LIB_FLAGS) -c -o $@ $<
$B/tool/%.o: %.c
	@echo "  CC    $< (tool)"
	$Q mkdir -p $(@D)
	$Q$(CC) $(ALL) $(SANFLAGS) -Itools -c -o $@ $<

# A unit test says in a line `LINKS: a.c b.c` what it links: its room and rooms below, nothing above.
$B/unit/%: tests/unit/%.c $(wildcard libcheck/*.[ch] tools/*.[ch] tests/unit/*.h)
	@echo "  UNIT  $@"
	$Q mkdir -p $(@D)
	$Q$(CC) $(ALL) $(SANFLAGS) -Wno-pedantic -Itools -Itests/unit -o $@ $< $$(sed -n 's/^.*LINKS: *//p' $< | sed 's/\*\///') \
		$(LDFLAGS) $$(sed -n 's/^.*LIBS: *//p' $< | sed 's/\*\///')
-include $(LIB_OBJ:.o=.d) $(TOOL_OBJ:.o=.d)
clean:
	rm -rf $B
.PHONY: all clean
