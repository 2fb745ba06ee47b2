# table.awk — what the three completions have in common: reads the table of tools/packaging/describe, then copies the
# file of the shell and calls `print_table` at its line TABLE. Each shell has a file with that function.
#
#   awk -f table.awk -f bash.awk TABLE lockhound.bash
BEGIN { FS = "\t" }
FNR == NR && $1 == "command" { commands[++command_count] = $2; purpose[$2] = $3 }
FNR == NR && $1 == "usage" { operands[$2] = operands[$2] operand_kinds($2, $3) }
FNR == NR && $1 == "option" { options[++option_count] = $0 }
FNR == NR && $1 == "format" { formats[$2] = formats[$2] (formats[$2] == "" ? "" : " ") $3 }
FNR == NR && $1 == "topic" { topics[++topic_count] = $3; meaning[$3] = $4 }
FNR == NR { next }
/^# TABLE$/ { print_table(); next }
{ print }

# The operands of a usage line: PROGRAM, PID, RULE, FILE (a recorded run), JSON (or a JSON report), or words of the
# command. The word behind an option is its value.
function operand_kinds(command, usage,    n, i, word, kind, list) {
	gsub(/[][|.]/, " ", usage)
	n = split(usage, word, " +")
	for (i = 1; i <= n; i++) {
		kind = word[i]
		if (kind ~ /^-./ && kind != "--") { i++; continue }
		if (kind ~ /^(OPTION|ARGUMENT|VERDICT|--)?$/) continue
		if (kind ~ /^(OLD|NEW)$/) kind = "JSON"
		else if (kind !~ /^(PROGRAM|PID|RULE)$/ && kind ~ /^[A-Z]/) kind = "FILE"
		if (index(" " operands[command] " " list " ", " " kind " ") == 0) list = list " " kind
	}
	return list
}

# Splits an option into the variables of its columns; `kind` says what its value is.
function read_option(row,    c) {
	split(row, c, "\t")
	command = c[2]; letter = c[4]; name = c[5]; negatable = c[6]; optional = c[8]; choices = c[9]; help = c[12]
	kind = c[7]
	repeated = c[10] ~ /may be repeated/
	if (kind == "FILE" && name == "from") kind = "RUN"
	if (kind == "FORMAT") choices = formats[command]
	if (choices != "-") kind = "words"
	else if (kind !~ /^(-|FILE|RUN|DIRECTORY|PID)$/) kind = "text"
}
