#compdef @PROGRAM@
# Completion of @PROGRAM@ for zsh. Made from its options; jobs and slices are asked from the daemon, if one runs.
# Locals of _@PROGRAM@ are seen by what it calls: program, socket.

# A hidden command of coppice, which never starts a daemon. Its lines: a word, a tab, what to show beside it.
@_ask() {
  local line
  local -a found
  for line in "${(@f)$(${~program} $socket __complete $1 -- "$PREFIX" 2>/dev/null)}"; do
    [[ -n $line ]] || continue
    if [[ $line == *$'\t'* ]]; then
      found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    else
      found+=("${line//:/\\:}")
    fi
  done
  _describe -t "$1" "$1" found
}

@_words_or_files() {
  _alternative "words:word:($*)" 'files:file:_files'
}

# The socket that stands in the line.
@_socket() {
  local -i index
  for ((index = 2; index < CURRENT; index++)); do
    case $words[index] in
      --) return ;;
      --socket=*) socket=($words[index]) ;;
      --socket) ((index + 1 < CURRENT)) && socket=(--socket $words[index+1]) ;;
    esac
  done
}

_@PROGRAM@() {
  local context state state_descr line program=$words[1] curcontext=$curcontext
  typeset -A opt_args
  local -a socket commands
  commands=(
@COMMANDS@
  )
  @_socket
  _arguments -C \
    @OPTIONS@ \
    '(-): :->command' '*:: :->words' && return
  case $state in
    command) _describe -t commands '@PROGRAM@ command' commands && return ;;
    words) ;;
    *) return 1 ;;
  esac
  curcontext=${curcontext%:*}-$line[1]:
  case $line[1] in
@CASES@
    *) return 1 ;;
  esac
}

_@PROGRAM@ "$@"
