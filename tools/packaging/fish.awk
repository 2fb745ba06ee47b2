# fish.awk — the table of lockhound.fish. See table.awk.
function quoted(text) { gsub(/[\\']/, "\\\\&", text); return "'" text "'" }
function action() {
	if (kind == "FILE") return "-F"
	if (kind == "RUN") return "-fa '(__fish_complete_suffix (__lockhound_value) .lh)'"
	if (kind == "DIRECTORY") return "-fa '(__fish_complete_directories (__lockhound_value))'"
	if (kind == "PID") return "-fa '(__fish_complete_pids)'"
	if (kind == "words") return "-fa " quoted(choices)
	return "-f"
}
function operand_action(word) {
	if (word == "PROGRAM") return "(__fish_complete_command)"
	if (word == "PID") return "(__fish_complete_pids)"
	if (word == "JSON") return "(__fish_complete_suffix .json) (__fish_complete_suffix .lh)"
	if (word == "RULE") return "$__lockhound_topics"
	if (word == "FILE") return "(__fish_complete_suffix .lh)"
	return word
}
function print_options(    i, k, row, n, of, names) {
	for (i = 1; i <= option_count; i++) { # an option that several commands have in common is one row
		read_option(options[i])
		row = (letter == "-" ? "" : "-s " letter " ") "-l " name " " (kind == "-" ? "" : (optional == 1 ? "" : "-r ") action() " ") "-d " quoted(help)
		if (!(row in of)) names[++n] = row
		of[row] = of[row] " " command
		if (negatable == 1) {
			row = "-l no-" name " -d " quoted("off: " help)
			if (!(row in of)) names[++n] = row
			of[row] = of[row] " " command
		}
	}
	for (k = 1; k <= n; k++) printf "complete -c lockhound -n '__lockhound_is%s' %s\n", of[names[k]], names[k]
}
function print_table(    i, n, word, j) {
	printf "set -g __lockhound_commands"
	for (i = 1; i <= command_count; i++) printf " %s", commands[i]
	printf "\nset -g __lockhound_topics"
	for (i = 1; i <= topic_count; i++) printf " %s", topics[i]
	print "\n# Options whose value may be the next word."
	printf "set -g __lockhound_values"
	for (i = 1; i <= option_count; i++) {
		read_option(options[i])
		if (kind == "-" || optional == 1) continue
		printf " \\\n    '%s --%s'", command, name
		if (letter != "-") printf " '%s -%s'", command, letter
	}
	print "\n"
	for (i = 1; i <= command_count; i++)
		printf "complete -c lockhound -n __lockhound_first -a %s -d %s\n", commands[i], quoted(purpose[commands[i]])
	print "complete -c lockhound -n __lockhound_first -s p -x -a '(__fish_complete_pids)' -d 'show why a process hangs'"
	print_options()
	for (i = 1; i <= command_count; i++) {
		n = split(operands[commands[i]], word, " ")
		own = operands[commands[i]] ~ /[a-z]/
		for (j = 1; j <= n; j++)
			printf "complete -c lockhound -n '__lockhound_operand %s%s' %s-a %s\n", commands[i], \
				word[j] ~ /^[a-z]/ ? "; and __lockhound_no_operand" : own ? "; and not __lockhound_no_operand" : "", \
				word[j] ~ /^(FILE|JSON)$/ ? "-k " : "", quoted(operand_action(word[j]))
	}
}
