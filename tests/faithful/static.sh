# static — programs that ignore LD_PRELOAD: static, static-pie. With it they run as without; the
# front end refuses to start them (125), because it could not watch them.
printf 'int main(void){return 3;}\n' > s.c
for how in -static -static-pie; do
	$CC $how -o s s.c || { echo "cannot link $how"; exit 77; }
	if [ "$WAY" = run ]; then
		$WATCH ./s 2> errors; [ $? = 125 ] && grep -q static errors && echo 3 || { echo "not refused"; cat errors; }
	else
		$WATCH ./s; echo $?
	fi
done
