#!/bin/bash
# complete.bash FILE — completes lines of stdin with the completion in FILE, as bash does: prints LINE, a tab, and the
# words that are offered, sorted, without `./`. A line ends where TAB is pressed.
. /usr/share/bash-completion/bash_completion
# shellcheck source=/dev/null
. "$1"
compopt() { :; } # it exists only while readline completes

# Splits a line as readline does: at blanks, and at each = and : (COMP_WORDBREAKS).
split_line() {
	local word before
	COMP_WORDS=()
	for word in $1; do
		while [[ $word = *[=:]* ]]; do
			before=${word%%[=:]*}
			[ -z "$before" ] || COMP_WORDS+=("$before")
			COMP_WORDS+=("${word:${#before}:1}")
			word=${word#*[=:]}
		done
		[ -z "$word" ] || COMP_WORDS+=("$word")
	done
	[[ $1 != *' ' ]] || COMP_WORDS+=("")
}
while IFS= read -r line; do
	COMP_LINE=$line COMP_POINT=${#line} COMP_TYPE=9 COMP_KEY=9 COMPREPLY=()
	split_line "$line"
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	_lockhound lockhound "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" < /dev/null
	printf '%s\t%s\n' "$line" "$(printf '%s\n' "${COMPREPLY[@]}" | sed 's/[= ]*$//; s,^ *\(\./\)\?,,; /^$/d' | sort -u | paste -sd' ')"
done
