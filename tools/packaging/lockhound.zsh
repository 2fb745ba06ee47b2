#compdef lockhound
# lockhound.zsh — completion of the command lockhound for zsh; installed as _lockhound.
# The functions of the commands follow the line TABLE; they are made from `lockhound COMMAND --help`.

# TABLE

_lockhound_program() { _alternative 'commands:command:_command_names -e' 'files:file:_files -g "*(-*)"' }
# All processes; _pids has only those of the terminal.
_lockhound_pids() {
	local -a found=(${${${(f)"$(ps -e -o pid= -o comm=)"}##[[:space:]]#}//:/_})
	found=(${found/[[:space:]]/:})
	_describe -t processes process found
}
_lockhound_runs() { _files -g '*.lh(-.)' }
_lockhound_json() { _files -g '*.(lh|json)(-.)' }

# Completes behind `--`, where a program and its arguments stand. Status 1: there is no `--`, or it belongs to a program.
_lockhound_behind_dashes() {
	local i
	for ((i = 2; i < CURRENT; i++)); do
		if [[ $words[i] = -- ]]; then
			shift $i words
			((CURRENT -= i))
			if ((CURRENT == 1)); then _lockhound_program; else _normal; fi
			return 0
		fi
		[[ $words[i] = -* || $words[i-1] = -* ]] || return 1
	done
	return 1
}

_lockhound() {
	if ((CURRENT == 2)) && [[ $words[2] != -* ]]; then
		_lockhound_commands || _alternative 'programs:program:_lockhound_program' 'files:run:_lockhound_runs'
	elif ((CURRENT == 2)); then
		_lockhound_run
	elif (($+functions[_lockhound_$words[2]])) && [[ -n $lockhound_commands[(r)$words[2]:*] ]]; then
		shift words
		((CURRENT--))
		[[ $words[1] = (run|check|confirm) ]] && _lockhound_behind_dashes || _lockhound_$words[1]
	elif [[ $words[2] = (-p|--core)* ]]; then
		_lockhound_hang
	else
		_lockhound_behind_dashes || _lockhound_run
	fi
}

_lockhound "$@"
