# Completion of @PROGRAM@ for fish. Made from its options; jobs and slices are asked from the daemon, if one runs.

# Whether option $argv[2] of command $argv[1] takes a value.
function @_takes_value
    switch $argv[1]
        case ''
            test "$argv[2]" = --socket
@VALUED@
        case '*'
            false
    end
end

# What stands before the cursor: the command, the words behind it that are no options, one a line.
function @_line
    set -l tokens (commandline -opc)
    set -l command ''
    set -l words
    set -l expects false
    set -l marked false
    for token in $tokens[2..-1]
        if test $expects = true
            set expects false
        else if test $marked = true
            set -a words $token
        else if test "$token" = --
            set marked true
        else if string match -q -- '-*' "$token"
            @_takes_value "$command" "$token"; and set expects true
        else if test -z "$command"
            set command $token
        else
            set -a words $token
            contains -- $command @MAKERS@; and set marked true
        end
    end
    printf '%s\n' "$command" $words
end

# Whether the command is $argv[1], and the word at the cursor has $argv[2] to $argv[3] words before it.
function @_at
    set -l line (@_line)
    set -l before (math (count $line) - 1)
    test "$line[1]" = "$argv[1]" -a $before -ge $argv[2] -a $before -le $argv[3]
end

# Whether the first word behind the command is that one.
function @_first
    set -l line (@_line)
    test "$line[2]" = "$argv[1]"
end

# A hidden command of coppice, which never starts a daemon.
function @_ask
    set -l tokens (commandline -opc)
    set -l socket
    for index in (seq 2 (count $tokens))
        test "$tokens[$index]" = --; and break
        string match -q -- '--socket=*' $tokens[$index]; and set socket $tokens[$index]
        test "$tokens[$index]" = --socket; and set socket --socket $tokens[(math $index + 1)]
    end
    # Of --slice=c only the value counts.
    set -l beginning (commandline -ct | string replace -r -- '^--[^=]*=' '')
    $tokens[1] $socket __complete $argv[1] -- "$beginning" 2>/dev/null
end

# The program of a job and its own words.
function @_program
    set -l line (@_line)
    set -l before (math (count $line) - 1)
    if test $before -eq 0
        __fish_complete_command
        return
    end
    set -l rest (string escape -- $line[2..-1])
    complete -C "$rest "(commandline -ct)
end

complete -c @PROGRAM@ -f
@LINES@
