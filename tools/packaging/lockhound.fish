# lockhound.fish — completion of the command lockhound for fish.
# The lists of commands, options and values follow the line TABLE; they are made from `lockhound COMMAND --help`.

# Whether the word is an option whose value is the next word: a letter, or a long name without "=".
function __lockhound_takes_value # COMMAND OPTION
    string match -qr -- '=' $argv[2]; and return 1
    contains -- "$argv[1] $argv[2]" $__lockhound_values
end

# Prints the words before the cursor: the command (run if none is named), and from the program or the first file on, the
# operands.
function __lockhound_words
    set -l words (commandline -opc)[2..]
    set -l command run
    if contains -- "$words[1]" $__lockhound_commands
        set command $words[1]
        set -e words[1]
    else if string match -qr -- '^(-p|--core)' "$words[1]"
        set command hang
    end
    echo $command
    while set -q words[1]
        if test "$words[1]" = --
            echo -- --
            set -e words[1]
            break
        else if not string match -q -- '-*' $words[1]
            break
        else if __lockhound_takes_value $command $words[1]
            set -e words[1]
        end
        set -e words[1]
    end
    string join -- \n $words
end

# Whether this command is completed, and no program has been named. COMMAND...
function __lockhound_is
    set -l words (__lockhound_words)
    contains -- $words[1] $argv; or return 1
    not contains -- $words[1] run check confirm; or not set -q words[2]
end
function __lockhound_first
    test (count (commandline -opc)) = 1
end
# Whether an operand of this command is completed. As the first word, a command comes before programs.
function __lockhound_operand
    set -l token (commandline -ct)
    string match -q -- '-*' $token; and return 1
    __lockhound_is $argv; or return 1
    not __lockhound_first; or not string match -q -- "$token*" $__lockhound_commands
end
# The value so far of an option that is written with "=", or the word itself.
function __lockhound_value
    commandline -ct | string replace -r -- '^--[a-z-]*=' ''
end
# Whether an operand of a program, or the program behind --, is completed.
function __lockhound_in_program
    set -l words (__lockhound_words)
    contains -- $words[1] run check confirm; and set -q words[2]
end
function __lockhound_program
    set -l words (__lockhound_words)[2..]
    test "$words[1]" = --; and set -e words[1]
    complete -C (string join ' ' -- (string escape -- $words) (commandline -ct))
end
# Whether the first operand is completed.
function __lockhound_no_operand
    test (count (__lockhound_words)) = 1
end

complete -c lockhound -f
complete -c lockhound -n __lockhound_in_program -a '(__lockhound_program)'

# TABLE
