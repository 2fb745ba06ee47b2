# manual.awk — writes the manual page of one command, or of lockhound.conf, in mdoc.
#
#   awk -f manual.awk -v command=check -v version=0.1.0 -v date="November 30, 2026" TABLE docs/man/check.mdoc
#   awk -f manual.awk -v command=conf  -v version=0.1.0 -v date="November 30, 2026" TABLE docs/man/lockhound.conf.5
#
# TABLE is the output of tools/packaging/describe. What a table cannot say comes from the second file: the
# description of the command, or the page of lockhound.conf, where the line `.\" KEYS` stands for the list of keys.
BEGIN { FS = "\t" }

# Text that roff takes literally: no backslash, no dot or quote at the beginning of a line; a sentence begins a line.
function plain(text) {
	gsub(/\\/, "\\e", text)
	gsub(/[.] /, ".\n", text)
	gsub(/\n'/, "\n\\\\\\&'", text)
	if (text ~ /^[.']/) text = "\\&" text
	return text
}
function sentence(text) { return plain(toupper(substr(text, 1, 1)) substr(text, 2)) (text ~ /[.]$/ ? "" : ".") }

# auto, always or never, in the type of commands
function one_of(choices,    word, n, i, text) {
	n = split(choices, word, " ")
	text = ".Cm " word[1]
	for (i = 2; i <= n; i++) text = text (i == n ? "\nor\n.Cm " : " , ") word[i]
	return text " ."
}

# Remembers the rows of the command. A key of lockhound.conf is an option of any command that reads the file.
FNR == NR && $1 == "command" { purpose[$2] = $3; order[++commands] = $2 }
FNR == NR && command == "conf" && $1 == "option" && $2 ~ /^(run|check|confirm|env)$/ && $5 !~ /^(help|version|config)$/ && $3 != "report" && !($5 in known) {
	known[$5] = 1
	options[++count] = $0
}
FNR == NR && $2 != command { next }
FNR == NR && $1 == "usage" { usage[++usages] = $3 }
FNR == NR && $1 == "option" { options[++count] = $0 }
FNR == NR && $1 == "format" { format[++formats] = $3; meaning[formats] = $4 }
FNR == NR && $1 == "topic" { topic[++topics] = $3; meaning[topics] = $4 }
FNR == NR && $1 == "text" { text[$3] = text[$3] $4 "\n" }
FNR == NR { next }

# [OPTION...] [--] PROGRAM as macros of one line
function synopsis(words,    n, i, word, line) {
	gsub(/\[/, " Oo ", words)
	gsub(/\]/, " Oc ", words)
	gsub(/\|/, " | ", words)
	gsub(/[.][.][.]/, " ...", words)
	n = split(words, word, " +")
	line = ""
	for (i = 1; i <= n; i++) {
		if (word[i] ~ /^[A-Z]+$/) word[i] = "Ar " tolower(word[i])
		else if (word[i] ~ /^-/) word[i] = "Fl " (length(word[i]) == 2 && word[i] != "--" ? substr(word[i], 2) : "\\-" substr(word[i], 3))
		else if (word[i] ~ /^[a-z]+$/) word[i] = "Cm " word[i]
		if (word[i] != "") line = line " " word[i]
	}
	sub(/^ /, ".", line)
	return line
}

function heading(title) { print ".Sh " title }
function value_of(name, optional) {
	if (name == "-") return ""
	return optional ? " Ns Oo = Ns Ar " tolower(name) " Oc" : " Ns = Ns Ar " tolower(name)
}
# One option: `.It` with its names, then what it does, what it accepts and what holds without it.
function print_option(row,    c) {
	split(row, c, "\t")
	if (command == "conf") {
		gsub(/-/, "_", c[5])
		print ".It Cm " c[5]
	} else
		print ".It " (c[4] == "-" ? "" : "Fl " c[4] " , ") "Fl \\-" c[5] (c[6] == 1 ? " , Fl \\-no-" c[5] : value_of(c[7], c[8]))
	print sentence(c[12] (c[10] == "-" ? "" : " (" c[10] ")"))
	if (c[9] != "-") printf "The value is\n%s\n", one_of(c[9])
	if (c[11] == "on") print "On by default."
	else if (c[11] != "-") printf "The default is\n.Cm %s .\n", c[11]
	if (command == "conf" && c[7] == "-") print "The value is 0 or 1."
}
function print_options(group,    i, c) {
	for (i = 1; i <= count; i++) {
		split(options[i], c, "\t")
		if (group == "" || c[3] == group) print_option(options[i])
	}
}
function options_of(group, title,    i, c) {
	for (i = 1; i <= count; i++) {
		split(options[i], c, "\t")
		if (c[3] == group) {
			if (title != "") print ".Ss " title
			print ".Bl -tag -width Ds"
			print_options(group)
			print ".El"
			return
		}
	}
}
function names(title, name, n,    i) {
	if (!n) return
	print title
	print ".Bl -tag -width contradicted"
	for (i = 1; i <= n; i++) printf ".It Cm %s\n%s\n", name[i], sentence(meaning[i])
	print ".El"
}

FNR == 1 && command == "conf" { gsub(/^[.]Dd.*/, ".Dd " date) }
command == "conf" && /^[.]Os/ { print ".Os \"lockhound " version "\""; next }
command == "conf" && /^[.]\\" KEYS/ { print ".Bl -tag -width Ds"; print_options(""); print ".El"; next }
command == "conf" { print; next }
FNR == 1 {
	print ".\\\" Made from the --help of the command and docs/man/" command ".mdoc."
	print ".Dd " date
	print ".Dt LOCKHOUND-" toupper(command) " 1"
	print ".Os \"lockhound " version "\""
	heading("NAME")
	print ".Nm lockhound-" command
	print ".Nd " purpose[command]
	heading("SYNOPSIS")
	for (i = 1; i <= usages; i++) printf ".Nm \"lockhound %s\"\n%s\n", command, synopsis(usage[i])
	heading("DESCRIPTION")
}
{ print }

END {
	if (command == "conf") exit
	heading("OPTIONS")
	options_of("own", "")
	if (text["time"] != "") printf ".Pp\n%s", sentence(substr(text["time"], 1, length(text["time"]) - 1)) "\n"
	names(".Ss Formats", format, formats)
	if (topics) names(".Ss Rules and verdicts", topic, topics)
	options_of("report", "Reports, in any combination")
	options_of("library", "Options of the library in the program")
	heading("EXIT STATUS")
	gsub(/\n  /, "\n", text["status"])
	sub(/^  /, "", text["status"])
	printf "%s", plain(text["status"])
	heading("EXAMPLES")
	print ".Bd -literal"
	gsub(/\\/, "\\e", text["examples"])
	gsub(/\n  /, "\n", text["examples"])
	sub(/^  /, "", text["examples"])
	printf "%s", text["examples"]
	print ".Ed"
	heading("SEE ALSO")
	printf ".Xr lockhound 1"
	for (i = 2; i <= commands; i++) # in the order of the alphabet
		for (j = i; j > 1 && order[j] < order[j - 1]; j--) { swap = order[j]; order[j] = order[j - 1]; order[j - 1] = swap }
	for (i = 1; i <= commands; i++) if (order[i] != command) printf " ,\n.Xr lockhound-%s 1", order[i]
	print " ,\n.Xr lockhound.conf 5"
}
