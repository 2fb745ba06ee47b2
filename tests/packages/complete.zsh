#!/bin/zsh -f
# complete.zsh FOLDER TMP — completes lines of stdin with the completion _lockhound in FOLDER, in an interactive zsh on
# a terminal of its own: prints LINE, a tab, and the words that are offered, sorted. A line ends where TAB is pressed.
zmodload zsh/zpty
export FOUND=$2/found ZDOTDIR=$2
cat > $2/.zshrc <<-SETUP
	PS1='> '
	fpath=($1 \$fpath)
	autoload -Uz compinit
	compinit -u -D
	setopt no_beep no_auto_list
	# what the functions of zsh offer comes here
	compadd() {
		local -a hits
		if (( \${@[(I)-[a-zA-Z]#[OAD]]} )) { builtin compadd "\$@"; return }
		builtin compadd -A hits "\$@"
		print -rl -- \$hits >> \$FOUND
		builtin compadd "\$@"
	}
	end_of_line() { print END >> \$FOUND; zle kill-whole-line }
	zle -N end_of_line
	bindkey '^]' end_of_line
SETUP
zpty -b terminal zsh -d -i
while IFS= read -r line; do
	: > $FOUND
	zpty -wn terminal "$line"$'\t\x1d'
	repeat 500; do
		while zpty -rt terminal output; do :; done
		[[ $(tail -n 1 $FOUND) = END ]] && break
		sleep 0.01
	done
	print -r -- "$line"$'\t'"${(j: :)${(uof)"$(grep -v '^END$' $FOUND)"}}"
done
zpty -d terminal
