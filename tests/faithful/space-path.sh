# space-path — program and library are in a folder with a space and a colon in its name, which a
# preload path cannot contain; the front end avoids that path, or refuses with the reason.
mkdir 'a b:c'
printf '#include <stdio.h>\nint main(int n,char**v){puts(v[0]);return 3;}\n' > 'a b:c/p.c'
$CC -o 'a b:c/p' 'a b:c/p.c' || exit 1
$WATCH "./a b:c/p"; echo $?
if [ "$WAY" = run ]; then
	cp "$LOCKHOUND" "$LIB" 'a b:c/'
	"./a b:c/lockhound" run -- "./a b:c/p" > out 2> errors; rc=$?
	# 3 and no loader error, or refused with the reason
	if [ $rc = 3 ] && ! grep -q 'cannot be preloaded' errors; then echo fine
	elif [ $rc = 125 ] && grep -qi 'space\|colon' errors; then echo fine
	else echo "status $rc"; cat errors; fi
else
	echo fine
fi
