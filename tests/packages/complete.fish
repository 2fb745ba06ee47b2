#!/usr/bin/fish
# complete.fish FILE — completes lines of stdin with the completion in FILE: prints LINE, a tab, and the words that are
# offered, sorted, without `./`. A line ends where TAB is pressed.
source $argv[1]
while read -l line
    set -l words (complete -C "$line" | string replace -r '\t.*' '' | string replace -r '^--[a-z-]*=(.)' '$1' | string trim -r -c /= | string replace -r '^\./' '' | sort -u)
    printf '%s\t%s\n' "$line" "$words"
end
