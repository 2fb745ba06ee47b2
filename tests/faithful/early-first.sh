# early-first — the program `early` with its library marked initfirst (initialized before any other
# library, without an environment), and with other allocators preloaded before and after us.
d=$BIN/early-first.d
mkdir -p "$d"
$CC -std=gnu11 -D_GNU_SOURCE -w -I"$HERE" -DPLUGIN -fPIC -shared -Wl,-z,initfirst -Wl,-soname,early.so \
	-o "$d/early.so" "$HERE/early.c" || exit 1
$CC -std=gnu11 -D_GNU_SOURCE -w -I"$HERE" -o "$d/early" "$HERE/early.c" -Wl,--no-as-needed \
	"$d/early.so" -Wl,-rpath,"$d" || exit 1
$WATCH "$d/early"
echo "initfirst: $?"
for so in libjemalloc.so.2 libtcmalloc_minimal.so.4 libmimalloc.so.2.0; do
	a=/usr/lib/x86_64-linux-gnu/$so
	[ -e "$a" ] || continue
	case $WAY in
	bare) env LD_PRELOAD="$a" "$d/early"; echo "$so $?"
		env LD_PRELOAD="$a" "$d/early"; echo "$so $?" ;;
	plain) LOCKHOUND_OPTIONS=$QUIET; export LOCKHOUND_OPTIONS
		env LD_PRELOAD="$a:$LIB" "$d/early"; echo "$so $?"
		env LD_PRELOAD="$LIB:$a" "$d/early"; echo "$so $?" ;;
	run) LD_PRELOAD="$a" $WATCH "$d/early"; echo "$so $?"
		LD_PRELOAD="$a" $WATCH "$d/early"; echo "$so $?" ;;
	esac
done
