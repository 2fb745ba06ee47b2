# bash.awk — the table of lockhound.bash. See table.awk.
function print_table(    i, command_of, list, key, n) {
	printf "_lockhound_commands='%s'\n", words_of(commands, command_count)
	printf "_lockhound_topics='%s'\n\n", words_of(topics, topic_count)
	for (i = 1; i <= option_count; i++) {
		read_option(options[i])
		list[command] = list[command] (list[command] == "" ? "" : " ") "--" name (kind != "-" && !optional ? "=" : "") \
			(optional ? " --" name "=" : "") (negatable == 1 ? " --no-" name : "") (letter == "-" ? "" : " -" letter)
		if (kind == "-") continue
		key = (optional == 1 ? "optional " : "") kind (kind == "words" ? " " choices : "")
		if (!(key in keys)) kinds[++n] = key
		keys[key] = keys[key] (keys[key] == "" ? "" : " | ") command "/--" name
		if (letter != "-") keys[key] = keys[key] " | " command "/-" letter
	}
	print "_lockhound_options() { # COMMAND\n\tcase $1 in"
	for (i = 1; i <= command_count; i++) printf "\t%s) echo '%s' ;;\n", commands[i], list[commands[i]]
	print "\tesac\n}\n\n# Sets `value`: none, or what the value of the option is, behind the word optional if it may be left out."
	print "_lockhound_value() { # COMMAND OPTION\n\tcase $1/$2 in"
	for (i = 1; i <= n; i++) printf "\t%s) value='%s' ;;\n", keys[kinds[i]], kinds[i]
	print "\t*) value=none ;;\n\tesac\n}\n\n_lockhound_operands() { # COMMAND\n\tcase $1 in"
	for (i = 1; i <= command_count; i++) printf "\t%s) echo '%s' ;;\n", commands[i], substr(operands[commands[i]], 2)
	print "\tesac\n}"
}
function words_of(list, n,    i, text) {
	for (i = 1; i <= n; i++) text = text (i == 1 ? "" : " ") list[i]
	return text
}
