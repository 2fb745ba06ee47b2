# zsh.awk — the table of lockhound.zsh. See table.awk.
# In the specification of an option, a bracket in the description and a colon in a list of words need a backslash.
function quoted(text) { gsub(/'/, "'\\''", text); return "'" text "'" }
function described(text) { gsub(/[][\\]/, "\\\\&", text); return "[" text "]" }
function action(kind,    list) {
	if (kind == "FILE") return ":file:_files"
	if (kind == "RUN") return ":run:_lockhound_runs"
	if (kind == "DIRECTORY") return ":directory:_files -/"
	if (kind == "PID") return ":process:_lockhound_pids"
	if (kind == "words") { list = choices; return ":word:(" list ")" }
	return ":value: "
}
# The forms of an option exclude each other, unless it may be repeated.
function specification(    all, form, n, i, text, end) {
	n = 0
	if (letter != "-") form[++n] = "-" letter
	form[++n] = "--" name
	if (negatable == 1) form[++n] = "--no-" name
	for (i = 1; i <= n; i++) all = all (i == 1 ? "" : " ") form[i]
	text = ""
	for (i = 1; i <= n; i++) {
		end = kind == "-" ? "" : form[i] !~ /^--/ ? "+" : optional ? "=-" : "="
		text = text "\n\t\t" quoted((repeated ? "*" : "(" all ")") form[i] end described(form[i] ~ /^--no-/ ? "off: " help : help) \
			(kind == "-" ? "" : (optional ? ":" : "") action(kind)))
	}
	return text
}
function operand_action(command,    n, i, word, text, own) {
	n = split(operands[command], word, " ")
	for (i = 1; i <= n; i++) {
		if (word[i] == "PROGRAM" && n == 1) return "\n\t\t'(-)1:program:_lockhound_program' '*::argument:_normal'"
		if (word[i] ~ /^[a-z]/) { own = own " " word[i]; continue }
		text = text (text == "" ? "" : " ") quoted(tolower(word[i]) "s:" tolower(word[i]) ":" (word[i] == "PROGRAM" ? "_lockhound_program" : \
			word[i] == "PID" ? "_lockhound_pids" : word[i] == "JSON" ? "_lockhound_json" : word[i] == "RULE" ? "_lockhound_topics" : "_lockhound_runs"))
	}
	if (own != "") return "\n\t\t" quoted("1:command:(" substr(own, 2) ")") "\n\t\t" quoted("*:run:_lockhound_runs")
	if (text == "") return ""
	gsub(/'/, "\"", text)
	return "\n\t\t" quoted("*: :_alternative " text)
}
function print_list(name, list, about, n,    i, text) {
	printf "typeset -ga %s=(\n", name
	for (i = 1; i <= n; i++) {
		text = about[list[i]]
		gsub(/:/, "\\:", text)
		print "\t" quoted(list[i] ":" text)
	}
	print ")"
}
function print_table(    i, text, ends) {
	print_list("lockhound_commands", commands, purpose, command_count)
	print "_lockhound_commands() { _describe -t commands command lockhound_commands }"
	print_list("lockhound_topics", topics, meaning, topic_count)
	print "_lockhound_topics() { _describe -t topics 'rule or verdict' lockhound_topics }\n"
	for (i = 1; i <= option_count; i++) {
		read_option(options[i])
		text[command] = text[command] specification()
	}
	for (i = 1; i <= command_count; i++) {
		ends = operands[commands[i]] == " PROGRAM" ? "-A '-*' " : ""
		printf "_lockhound_%s() {\n\tlocal context curcontext=$curcontext state line\n\ttypeset -A opt_args\n\tlocal -a specs=(%s%s\n\t)\n\t_arguments -s -S %s: $specs\n}\n", commands[i], text[commands[i]], operand_action(commands[i]), ends
	}
}
