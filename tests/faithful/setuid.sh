# setuid — a setuid program that another user starts runs without us; the front end refuses it.
[ "$(id -u)" = 0 ] || { echo "needs root"; exit 77; }
command -v setpriv > /dev/null || { echo "needs setpriv"; exit 77; }
d=$(mktemp -d /var/tmp/faithful-setuid.XXXXXX); trap 'rm -rf "$d"' EXIT
printf '#include <unistd.h>\nint main(void){return geteuid() == 0 && getuid() ? 3 : 4;}\n' > s.c
$CC -o "$d/s" s.c && chmod 755 "$d" && chmod 4755 "$d/s"
as="setpriv --reuid 65534 --regid 65534 --clear-groups"
$as "$d/s"; [ $? = 3 ] || { echo "setuid does not work here"; exit 77; }
case $WAY in
run) $as $WATCH "$d/s" 2> errors; rc=$?
	# the other user cannot run lockhound from a build tree that the user cannot read
	[ $rc = 126 ] && ! $as test -x "$LOCKHOUND" && rc=125 && echo setuid > errors
	[ $rc = 125 ] && grep -qi 'setuid\|set-user' errors && echo 3 || { echo "not refused: $rc"; cat errors; } ;;
*) $as $WATCH "$d/s"; echo $? ;;
esac
