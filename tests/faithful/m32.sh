# m32 — a 32-bit child of a watched shell: the loader prints one line about us, the program runs.
echo 'int main(void){return 3;}' > m.c
$CC -m32 -o m m.c 2> /dev/null || { echo "no 32-bit compiler and libc here"; exit 77; }
$WATCH sh -c './m; echo $?' 2> errors; echo $?
grep -v 'wrong ELF class\|^lockhound' errors
true
