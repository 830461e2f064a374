# Completion of @PROGRAM@ for bash. Made from its options; jobs and slices are asked from the daemon, if one runs.
# Locals of _@PROGRAM@ are seen by what it calls: words, starts, socket, command, expects, current, first.

# Candidates: those that begin as `current` does are taken.
@_words() {
  local each
  for each in "$@"; do [[ $each != "$current"* ]] || COMPREPLY+=("$each"); done
}

@_lines() {
  local line
  while IFS= read -r line; do @_words "${line%%$'\t'*}"; done
}

@_files() {
  compopt -o filenames 2>/dev/null
  @_lines < <(compgen -f -- "$current")
}

@_directories() {
  compopt -o filenames 2>/dev/null
  @_lines < <(compgen -d -- "$current")
}

@_users() { @_lines < <(compgen -u -- "$current"); }
@_groups() { @_lines < <(compgen -g -- "$current"); }

# A hidden command of coppice, which never starts a daemon.
@_ask() { @_lines < <("${words[0]/#\~\//$HOME/}" "${socket[@]}" __complete "$1" -- "$current" 2>/dev/null); }

@_options() {
  case $1 in
    '') @_words @OWN_OPTIONS@ ;;
@OPTION_LISTS@
  esac
}

# Of "COMMAND OPTION".
@_value() {
  case $1 in
@OPTION_VALUES@
  esac
}

# Of "COMMAND NUMBER-OF-THE-WORD".
@_argument() {
  case $1 in
@WORDS@
    *) ;;
  esac
}

@_runs_program() { [[ " @MAKERS@ " == *" $1 "* ]]; }

@_takes_value() {
  case $1 in
    @VALUED@) ;;
    *) return 1 ;;
  esac
}

# The words as they are: readline breaks them at = and : as well. `starts`: which of its words each begins with.
@_split() {
  local line=${COMP_LINE:0:COMP_POINT} each index
  for ((index = 0; index <= COMP_CWORD; index++)); do
    each=${COMP_WORDS[index]}
    if ((${#words[@]} > 0)) && [[ -n $line && $line != [[:blank:]]* ]]; then
      words[-1]+=$each
    else
      words+=("$each")
      starts+=("$index")
      line=${line#"${line%%[![:blank:]]*}"}
    fi
    line=${line#"$each"}
  done
}

# What stands before the word at the cursor.
@_look_back() {
  local index each
  for ((index = 1; index < ${#words[@]} - 1; index++)); do
    each=${words[index]}
    if [[ -n $expects ]]; then
      [[ $expects != --socket ]] || socket=(--socket "$each")
      expects=
    elif [[ $each == -- ]]; then
      ((first >= 0)) || first=$((index + 1))
      marked=1
      return
    elif [[ $each == --socket=* ]]; then
      socket=("$each")
    elif [[ $each == -* ]]; then
      ! @_takes_value "$command $each" || expects=$each
    elif [[ -z $command && -n "@COMMANDS@" ]]; then
      command=$each
    elif ((first < 0)); then
      first=$index
      ! @_runs_program "$command" || return 0
    fi
  done
}

# The program of a job and its own words.
@_program() {
  if declare -F _command_offset >/dev/null; then
    _command_offset "${starts[first]}"
  elif ((first == ${#words[@]} - 1)); then
    @_lines < <(compgen -c -- "$current")
  else
    @_files
  fi
}

@_complete() {
  if [[ -n $expects ]]; then
    @_value "$command $expects"
  elif @_runs_program "$command" && ((first >= 0)); then
    @_program
  elif [[ $current == --*=* && -z $marked ]]; then
    local option=${current%%=*} current=${current#*=}
    @_value "$command $option"
  elif [[ $current == -* && -z $marked ]]; then
    @_options "$command"
  elif [[ -z $command ]]; then
    @_words @COMMANDS@
  elif @_runs_program "$command"; then
    first=$((${#words[@]} - 1))
    @_program
  else
    ((first >= 0)) || first=$((${#words[@]} - 1))
    @_argument "$command $((${#words[@]} - 1 - first))"
  fi
}

_@PROGRAM@() {
  local -a words=() starts=() socket=()
  local command= expects= marked= current first=-1 last
  COMPREPLY=()
  @_split
  @_look_back
  current=${words[-1]}
  @_complete
  # What readline takes for the word is less than ours.
  last=${COMP_WORDS[COMP_CWORD]}
  [[ $last != [=:] ]] || last=
  @_trim "${words[-1]%"$last"}"
  return 0
}

# `--slice=` has been typed and stays; a candidate of a value does not begin with it.
@_trim() {
  local typed=$1 each
  [[ -n $typed ]] || return 0
  [[ $typed != --*=* ]] || typed=${typed#*=}
  for each in "${!COMPREPLY[@]}"; do COMPREPLY[each]=${COMPREPLY[each]#"$typed"}; done
}

complete -F _@PROGRAM@ @PROGRAM@
