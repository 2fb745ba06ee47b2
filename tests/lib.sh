# shellcheck shell=sh
# lib.sh — sourced first by every runner: . "$(dirname "$0")/../lib.sh"
#
# A test must not depend on who starts it. So a runner starts itself once more with every signal at its
# default and none blocked (a shell without job control ignores SIGINT in what it leaves in the
# background, nohup ignores SIGHUP), and drops what changes the words and numbers of other programs.
# Does not set HOME or the current folder. TMPDIR is the caller's choice, and so is the place of the checkout, but
# not with a blank or a colon in it: LD_PRELOAD, which tests use by itself, cannot hold such a path.
if [ -z "${started_neutral:-}" ]; then
	exec env --default-signal started_neutral=1 "$0" "$@"
fi
unset started_neutral
unset LD_PRELOAD LOCKHOUND_OPTIONS LOCKHOUND_LIB DEBUGINFOD_URLS ASAN_OPTIONS UBSAN_OPTIONS TSAN_OPTIONS
unset POSIXLY_CORRECT LANGUAGE CDPATH TZ GREP_OPTIONS PYTHONPATH PYTHONHOME
export LC_ALL=C.UTF-8
case ${TMPDIR:-} in *[[:space:]:]*) unset TMPDIR ;; esac
case $(cd "$(dirname "$0")" && pwd) in
*[[:space:]:]*)
	echo "tests: the path of this checkout has a blank or a colon, which LD_PRELOAD cannot hold; try another place" >&2
	exit 1
	;;
esac
umask 022
