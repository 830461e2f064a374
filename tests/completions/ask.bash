#!/bin/bash
# What bash proposes at the end of a line. Usage: ask.bash FILE-OF-COMPLETIONS LINE
# Readline's part is played: the words as it breaks them, then the function that `complete` has registered.
set -u

# shellcheck disable=SC1090
source "$1" || exit 1
COMP_LINE=$2 COMP_POINT=${#2} COMP_WORDS=()
rest=$COMP_LINE
while [[ -n $rest ]]; do
  rest=${rest#"${rest%%[![:blank:]]*}"}
  word=${rest%%[[:blank:]]*}
  rest=${rest#"$word"}
  while [[ -n $word ]]; do
    if [[ $word == [=:]* ]]; then piece=${word:0:1}; else piece=${word%%[=:]*}; fi
    COMP_WORDS+=("$piece")
    word=${word#"$piece"}
  done
done
[[ $COMP_LINE != *[[:blank:]] ]] || COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
name=${COMP_WORDS[0]##*/}
"_$name" "$name" "${COMP_WORDS[COMP_CWORD]}" ""
((${#COMPREPLY[@]} == 0)) || printf '%s\n' "${COMPREPLY[@]}" | sort -u
