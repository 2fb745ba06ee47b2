# shellcheck shell=bash
# lib.sh — sourced first by every runner: . "$(dirname "$0")/../lib.sh"
#
# A test must not depend on who starts it. So a runner starts itself once more with every signal at its
# default and none blocked (a shell without job control ignores SIGINT in what it leaves in the
# background, nohup ignores SIGHUP), and drops what changes the words and numbers of other programs.
# Does not set HOME or the current folder. TMPDIR is the caller's choice, and so is the place of the checkout, but
# not with a blank or a colon in it: LD_PRELOAD, which tests use by itself, cannot hold such a path.
#
# The functions below count checks, build and start programs, and wait. A runner calls `setup` first and `finish`
# last. tests/lib_check/run tests this file.
if [ -z "${started_neutral:-}" ]; then
	exec env --default-signal started_neutral=1 "$0" "$@"
fi
unset started_neutral
unset LD_PRELOAD LOCKHOUND_OPTIONS LOCKHOUND_LIB DEBUGINFOD_URLS ASAN_OPTIONS UBSAN_OPTIONS TSAN_OPTIONS
unset POSIXLY_CORRECT COLUMNS LANGUAGE CDPATH TZ GREP_OPTIONS PYTHONPATH PYTHONHOME
export LC_ALL=C.UTF-8
case ${TMPDIR:-} in *[[:space:]:]*) unset TMPDIR ;; esac
case $(cd "$(dirname "$0")" && pwd) in
*[[:space:]:]*)
	echo "tests: the path of this checkout has a blank or a colon, which LD_PRELOAD cannot hold; try another place" >&2
	exit 1
	;;
esac
umask 022
# Not the shell script of a version manager, which takes ten times as long to start and has not the modules of Debian's packages.
if [ -x /usr/bin/python3 ] && IFS= read -r -N 2 first_bytes < "$(command -v python3)" && [ "$first_bytes" = "#!" ]; then
	PATH=/usr/bin:$PATH
fi 2> /dev/null
unset first_bytes

# --- a runner: its places, its begin and its end --------------------------------------------------
# setup [NAME...]: sets the variables below and makes the folder `tmp`, which is removed when the runner ends.
# The names are the words that `wanted` compares. Afterwards the current folder is the top of the checkout.
#   suite      the name in the last line: that of the runner's folder
#   top, here  the checkout and the runner's folder
#   B          the build folder: the caller's B, or build in the checkout
#   lockhound  the command: the caller's LOCKHOUND, or the one in B
#   library    liblockhound.so beside the command
# A runner that must end processes or unmount something defines `at_exit`; it runs before `tmp` is removed.
# shellcheck disable=SC2034 # runners use these
setup() {
	words=("$@")
	B=$(realpath -m "${B:-$(dirname "${BASH_SOURCE[0]}")/../build}")
	lockhound=$(realpath -m "${LOCKHOUND:-$B/lockhound}") library=$(dirname "$lockhound")/liblockhound.so
	here=$(cd "$(dirname "$0")" && pwd) && cd "$(dirname "${BASH_SOURCE[0]}")/.." && top=$PWD || exit 2
	suite=$(basename "$here")
	export B CC=${CC:-cc} CXX=${CXX:-c++}
	tmp=$(mktemp -d "${TMPDIR:-/tmp}/$suite.XXXXXX") || exit 2
	trap remove_tmp EXIT
	# what a program needs in front of it to run with the library alone, without a report
	with_library=(env "LD_PRELOAD=$library" "LOCKHOUND_OPTIONS=report=none:ledger=$tmp")
	# a busy machine holds locks for long; a deadlocked program is ended at once
	no_time_rules=(--long-hold=0 --blocking=0 --deadlock-grace=0)
	# flags for clang++ that compile with LLVM's libc++, which `make setup-check` unpacks there
	libcxx="-nostdinc++ -isystem $B/libcxx/usr/lib/llvm-14/include/c++/v1 -nostdlib++ -l:libc++.so.1 -l:libc++abi.so.1"
	ulimit -S -c 0
}
# A misspelt function would be a check that is not made. (bash calls this in a subshell.)
command_not_found_handle() {
	echo "line ${BASH_LINENO[0]}: no command $1" >&2
	[ -z "${tmp:-}" ] || echo "line ${BASH_LINENO[0]}: no command $1" >> "$tmp/not_found"
	return 127
}
remove_tmp() {
	! declare -F at_exit > /dev/null || at_exit
	chmod -R u+w "$tmp" 2> /dev/null # a test may have made a folder that its owner cannot write
	rm -rf --one-file-system "$tmp"
}

# wanted NAME: whether the caller named no test, or a part of this one's name.
wanted() {
	local word
	[ ${#words[@]} -gt 0 ] || return 0
	for word in "${words[@]}"; do [[ $1 != *"$word"* ]] || return 0; done
	return 1
}

# have COMMAND-OR-FILE...: whether all of them are on this machine; `missing` is the first that is not.
have() {
	for missing; do [ -e "$missing" ] || command -v "$missing" > /dev/null || return 1; done
}

# each_case FUNCTION ENDING...: calls FUNCTION with the source of each case in the runner's folder, or of the cases
# that the caller named. Ends the runner when there is no such case.
each_case() {
	local function=$1 ending name source list=("${words[@]}")
	shift
	if [ ${#list[@]} = 0 ]; then
		for ending; do list+=("$here"/*".$ending"); done
	fi
	for name in "${list[@]}"; do
		for source in "$name" "${@/#/$here/$name.}"; do
			[ ! -f "$source" ] || { "$function" "$source"; continue 2; }
		done
		echo "$0: no case $name" >&2
		exit 2
	done
}

# field SOURCE WORD: the text after each "WORD:" in the comment at the top of a case. Starts no process: cases are many.
field() {
	local line number=0 text
	while [ $((number += 1)) -le 40 ] && IFS= read -r line; do
		[[ $line == *"$2:"* && ${line%"$2:"*} =~ [*#\ /]$ ]] || continue
		text=${line##*"$2:"}
		text=${text%%\*/*}
		text=${text#"${text%%[! ]*}"}
		printf '%s\n' "${text%"${text##*[! ]}"}"
	done < "$1"
}

# finish: prints the count and ends the runner; the status is 0 if a check passed or was skipped and none failed.
finish() {
	[ ! -e "$tmp/not_found" ] || bad "$(sort -u "$tmp/not_found" | head -1)" "$(cat "$tmp/not_found")"
	echo "$suite: $passed passed, $failed failed, $skipped skipped${failures:+: $(IFS=';' && echo "${failures[*]}")}"
	[ "$failed" = 0 ] && [ $((passed + skipped)) -gt 0 ]
	exit
}

# --- counting -------------------------------------------------------------------------------------
# `shown` names files that belong to a failure: `bad` prints how they begin. With `verbose` set, `ok` prints as well. In
# a background job `results` names the file that the results go to; `count_results` adds them later.
passed=0 failed=0 skipped=0 failures=() shown=() verbose='' results=''

# ok [WHAT]: a check passed.
ok() {
	passed=$((passed + 1))
	[ -z "$verbose$results" ] || echo "ok: ${1:-}" | result
}

# bad WHAT [DETAIL...]: a check failed.
bad() {
	local file
	failed=$((failed + 1)) failures+=("${1%%$'\n'*}")
	{
		printf 'FAILED: %s\n' "$1"
		shift
		[ $# = 0 ] || printf '%s\n' "$@" | sed '/^$/d; s/^/    /' | head -45
		for file in "${shown[@]}"; do
			[ ! -s "$file" ] || { echo "    ${file##*/}:"; sed 's/^/      /' "$file" | head -30; }
		done
	} | result
	return 1
}

# skip WHAT WHY: a check cannot be made here.
skip() {
	skipped=$((skipped + 1))
	echo "skipped: $1: $2" | result
}

# result: its stdin goes to stdout or to the file `results`.
result() {
	if [ -n "$results" ]; then cat >> "$results"; else cat; fi
}

# check STATUS WHAT [DETAIL...]: passes if STATUS is 0.
check() {
	if [ "$1" = 0 ]; then ok "$2"; else bad "${@:2}"; fi
}

# expect WHAT COMMAND...: passes if COMMAND ends with 0.
# expect WHAT ! COMMAND...: passes if COMMAND ends with 1, which for grep, cmp and test is the answer no.
# COMMAND runs in a subshell; its output is shown when the check fails.
expect() {
	local name=$1 expected=0 seen output
	shift
	[ "$1" != ! ] || { expected=1; shift; }
	output=$("$@" 2>&1)
	seen=$?
	if [ $seen = $expected ]; then ok "$name"; else bad "$name" "status $seen, expected $expected, of: $*" "$output"; fi
}

# equal WHAT SEEN EXPECTED
equal() {
	if [ "$2" = "$3" ]; then ok "$1"; else bad "$1: '$2', expected '$3'"; fi
}

# jq_true WHAT FILE EXPRESSION: passes if the jq expression is true of the JSON in FILE.
jq_true() {
	local answer
	answer=$(jq "$3" "$2" 2>&1)
	if [ "$answer" = true ]; then ok "$1"; else bad "$1: ${2##*/}: expected true of: $3" "jq: $answer"; fi
}

# count_results FILE...: adds what other programs counted: lines that begin with "ok", "skipped: " and "FAILED: ".
count_results() {
	local line
	while IFS= read -r line; do
		case $line in
		ok*) passed=$((passed + 1)) ;;
		skipped:*) skipped=$((skipped + 1)) && echo "$line" ;;
		FAILED:*) failed=$((failed + 1)) failures+=("${line#FAILED: }") && echo "$line" ;;
		*) echo "$line" ;;
		esac
	done < <(cat "$@")
}

# --- a command and its output ---------------------------------------------------------------------
# exits STATUS WHAT COMMAND...: COMMAND ends with STATUS within a minute. Its streams are then in the files out and err
# of `tmp`. WHAT stays in `what`, the beginning of the messages of the checks below.
exits() {
	local expected=$1
	what=$2
	shift 2
	timeout 60 "$@" > "$tmp/out" 2> "$tmp/err" < /dev/null
	equal "$what: status" $? "$expected"
}
what=''
is() { equal "$what" "$1" "$2"; } # SEEN EXPECTED
has() { local pattern; for pattern in "${@:2}"; do expect "$what: $1 has no '$pattern'" grep -Eq -- "$pattern" "$tmp/${1#std}"; done; }
lacks() { local pattern; for pattern in "${@:2}"; do expect "$what: $1 has '$pattern'" ! grep -Eq -- "$pattern" "$tmp/${1#std}"; done; }
lines() { equal "$what: lines on $1" "$(wc -l < "$tmp/${1#std}")" "$2"; }
# each PATTERN is a check
out_has() { has stdout "$@"; }
err_has() { has stderr "$@"; }
out_lacks() { lacks stdout "$@"; }
err_lacks() { lacks stderr "$@"; }
out_lines() { lines stdout "$1"; } # NUMBER
err_lines() { lines stderr "$1"; } # NUMBER
out_empty() { equal "$what: bytes on stdout" "$(stat -c %s "$tmp/out")" 0; }

# json FILE EXPRESSION: passes if the Python expression is true of the JSON in FILE, whose name there is d.
json() {
	expect "$what: in $1 not: $2" python3 -c "import json, sys; d = json.load(open(sys.argv[1])); sys.exit(not ($2))" "$1"
}

# --- programs -------------------------------------------------------------------------------------
# build PROGRAM SOURCE [FLAG...]: compiles a C or C++ source for debugging and with threads; a later flag wins.
build_flags=(-D_GNU_SOURCE -O1 -g -Wall -Wextra -pthread)
build() {
	local compiler=("$CC" -std=gnu11)
	case $2 in *.cc) compiler=("$CXX" -std=gnu++20) ;; esac
	"${compiler[@]}" "${build_flags[@]}" -o "$1" "$2" "${@:3}"
}

# build_as CONFIGURATION PROGRAM SOURCE [FLAG...]: the same for C++, in one of the configurations COMPILER-OPTION, with
# the library's headers compiled in advance where that can be done.
# shellcheck disable=SC2034 # runners use it
cxx_configurations=({gcc,clang}-{O0,O1,O2,O3,flto})
build_as() {
	local CXX=g++ as="-${1#*-}"
	case $1 in clang-*) CXX=clang++ ;; esac
	case $1 in
	gcc-flto) as="-O2 -flto" ;;
	clang-flto) as="-O2 -flto -fuse-ld=lld" ;;
	*-libc++) as="-O2 $libcxx" ;;
	esac
	# shellcheck disable=SC2086 # options
	[[ " $* " != *' -fPIC '* && " $* " != *' -std='* ]] && compiled_headers "$1" ${as%-nostdlib*} && build "$2" "$3" $as "${headers[@]}" "${@:4}" ||
		build "$2" "$3" $as "${@:4}"
}
# compiled_headers CONFIGURATION FLAG...: makes them, by CXX and once for all suites; `headers` are the words to use them.
compiled_headers() {
	local source=$top/tests/cxx_headers.h copy=$B/headers/$1/cxx_headers.h made
	made=$copy.gch headers=(-include "$copy")
	# clang would otherwise instantiate the same templates in each program again
	case $CXX in clang*) made=$copy.pch headers=(-include-pch "$made") && set -- "$@" -fpch-instantiate-templates ;; esac
	mkdir -p "${copy%/*}" || return
	{
		flock 9
		[ "$made" -nt "$source" ] && [ "$made" -nt "$(command -v "$CXX")" ] || {
			cp "$source" "$copy" &&
				"$CXX" -std=gnu++20 "${build_flags[@]}" "${@:2}" -Wno-unused-command-line-argument -o "$made" -x c++-header "$copy"
		}
	} 9> "$copy.lock"
}

# make_sanitized [VARIABLE=VALUE] TARGET...: builds in the folder B/san with the sanitizers, one suite at a time. -O0 compiles
# in a third of the time and hides nothing from the sanitizers; by clang, whose warnings are to be seen as well.
make_sanitized() {
	local by=${CC:-cc}
	! have clang || by=clang
	mkdir -p "$B/san" && flock "$B/san/lock" \
		make --no-print-directory -s -j"$(nproc)" B="$B/san" CC="$by" SAN=address,undefined 'CFLAGS=-O0 -g' "$@"
}

# build_views PROGRAM: tests/formats/views.c, with the objects of the build; what prints a version is compiled with another one.
build_views() {
	local file words=()
	# shellcheck disable=SC2046 # a list of words
	for file in $(cd "$top" && echo $(tests/unit/links LINKS tests/formats/views.c)); do
		if grep -q LH_VERSION "$file"; then words+=("$file"); else words+=("$B/tool/${file%.c}.o"); fi
	done
	build "$1" tests/formats/views.c -DLH_VERSION='"0.0"' -O0 -w -I. "${words[@]}" -ljansson -lm
}

# must_build: as build; ends the runner with a failure when the compiler fails.
must_build() {
	build "$@" || { bad "$2 does not compile"; finish; }
}

# end_process ID...: kills processes, by their ids alone, and waits for those that are children.
end_process() {
	local id
	for id; do { kill -9 "$id" && wait "$id"; } 2> /dev/null; done
	return 0
}

# option_rows: prints each row of both tables of options as the preprocessor reads it, so whatever makes a page or a
# completion can be compared with the tables: NAME LETTER TYPE | COMMAND | COMMAND ... |
option_rows() {
	"$CC" -E -P -I"$top" -x c - <<-'END' | tr -d "\"'"
		#define LIBRARY RUN | CHECK | CONFIRM | ENV
		#define OPTION(name, type, preset, accepted, where, help) name 0 type | where |
		#define FRONT(name, letter, type, preset, accepted, where, help) name letter type | where |
		#define SAME_NAME(id, name, letter, type, preset, accepted, where, help) name letter type | where |
		#include "libcheck/options.def"
		#include "tools/options.def"
	END
}

# is_listed COMMAND NAME WHERE: whether the help of the command lists this row, by its columns NAME and COMMAND...
is_listed() {
	[[ $2 != help && $3 = *"| ${1^^} |"* ]] && [[ $3 != *'| ALONE |'* || $1 = env ]]
}

# --- waiting --------------------------------------------------------------------------------------
# wait_until SECONDS COMMAND...: calls COMMAND until it ends with 0; status 1 when the time is over.
wait_until() {
	local end=$((SECONDS + $1))
	shift
	until "$@" 2> /dev/null; do
		[ $SECONDS -le $end ] || return 1
		sleep 0.02
	done
}

# wait_for FILE PATTERN: waits until a line of FILE has PATTERN; ends the runner when none has after a minute.
wait_for() {
	wait_until 60 grep -Eq -- "$2" "$1" || { bad "${what:-$suite}: no line '$2' in $1 after a minute" "$(tail -20 "$1")"; finish; }
}

# is_named ID NAME: whether the process has become this program.
is_named() { [ "$(cat "/proc/$1/comm")" = "$2" ]; }

# waits_forever PID: whether all threads of a process are in a futex call without a time limit, which nothing outside can end.
waits_forever() {
	local file nr limit futex before after
	case $(uname -m) in x86_64) futex=202 ;; *) futex=98 ;; esac
	for file in /proc/"$1"/task/*/syscall; do
		read -r nr _ _ _ limit _ < "$file" 2> /dev/null || return 1
		[ "$nr" = $futex ] && [ "$limit" = 0x0 ] || return 1
	done
	before=$(cat /proc/"$1"/task/*/syscall 2> /dev/null)
	sleep 0.05
	after=$(cat /proc/"$1"/task/*/syscall 2> /dev/null)
	[ -n "$before" ] && [ "$before" = "$after" ]
}
