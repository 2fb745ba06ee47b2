# shellcheck shell=bash
# lockhound.bash — completion of the command lockhound for bash. It uses the functions of bash-completion.
# The lists of commands, options and values follow the line TABLE; they are made from `lockhound COMMAND --help`.

# TABLE

# Sets `value` to the kind of value that follows the option as a word of its own: none, or as _lockhound_value does.
# Letters may be joined, as in -bn 2; a letter that takes a value ends them.
_lockhound_next_value() { # OPTION
	local i
	_lockhound_value "$command" "$1"
	[[ $1 = -[!-]?* ]] || return
	for ((i = 1; i < ${#1}; i++)); do
		_lockhound_value "$command" "-${1:i:1}"
		[[ $value = none ]] || break
	done
	((i >= ${#1} - 1)) || value=none
}

# Sets `operand` to the number of the first word behind the word $1 that is no option, or of the word under the cursor.
_lockhound_operand() {
	local i=$1 value
	while ((++i < cword)); do
		case ${words[i]} in
		--) ((++i)) && break ;;
		-*=*) ;;
		-*)
			_lockhound_next_value "${words[i]}"
			[[ $value = none || $value = optional* ]] || ((++i))
			;;
		*) break ;;
		esac
	done
	((i < cword)) || i=$cword
	operand=$i
}

# The words that complete the value of an option.
_lockhound_complete_value() { # KIND
	case $1 in
	FILE) _filedir ;;
	RUN) _filedir lh ;;
	DIRECTORY) _filedir -d ;;
	PID) _pids ;;
	words\ *) mapfile -t COMPREPLY < <(compgen -W "${1#words }" -- "$cur") ;;
	esac
}

# The words that complete an operand of the command: if it has words of its own (learn, check), these come first.
_lockhound_complete_operand() {
	local kind kinds found=()
	kinds=$(_lockhound_operands "$command")
	local own=${kinds//[A-Z]/}
	if [[ $own = *[a-z]* ]] && ((operand == cword)); then
		mapfile -t COMPREPLY < <(compgen -W "$own" -- "$cur")
		return
	fi
	for kind in $kinds; do
		COMPREPLY=()
		case $kind in
		PROGRAM) compopt -o filenames && mapfile -t COMPREPLY < <(compgen -c -- "$cur" && compgen -d -- "$cur") ;;
		PID) _pids ;;
		RULE) mapfile -t COMPREPLY < <(compgen -W "$_lockhound_topics" -- "$cur") ;;
		JSON) _filedir '@(lh|json)' ;;
		FILE) _filedir lh ;;
		esac
		found+=("${COMPREPLY[@]}")
	done
	COMPREPLY=("${found[@]}")
}

_lockhound() {
	local cur prev words cword split command=run begin=0 operand value
	_init_completion -s || return
	if [[ $cword -gt 1 && " $_lockhound_commands " = *" ${words[1]} "* ]]; then
		command=${words[1]} begin=1
	elif [[ ${words[1]} = -p* || ${words[1]} = --core* ]]; then
		command=hang
	fi
	_lockhound_operand "$begin"
	case $command in
	run | check | confirm)
		((operand == cword)) || { _command_offset "$operand"; return; }
		[[ ${words[cword - 1]} != -- ]] || { _lockhound_complete_operand; return; }
		;;
	esac
	value=none
	[[ $prev != -* ]] || _lockhound_next_value "$prev"
	if $split; then
		_lockhound_complete_value "${value#optional }"
	elif [[ $prev = -* && $value != none && $value != optional* ]]; then
		_lockhound_complete_value "$value"
	elif [[ $cur = -* ]]; then
		local options
		options=$(_lockhound_options "$command")
		((cword > 1)) || options+=' --core= -p'
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
		[[ ${#COMPREPLY[@]} != 1 || ${COMPREPLY[0]} != *= ]] || compopt -o nospace
	elif ((cword == 1)) && [[ $cur != */* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$_lockhound_commands" -- "$cur")
		((${#COMPREPLY[@]})) || _lockhound_complete_operand
	else
		_lockhound_complete_operand
	fi
} && complete -F _lockhound lockhound
