#!/bin/zsh -f
# What zsh proposes at the end of a line. Usage: ask.zsh FILE-OF-COMPLETIONS LINE
# The completion system runs in editors only, so one runs in a terminal of our own; each compadd tells what it would add.
emulate -R zsh
zmodload zsh/zpty || exit 1

inner='
PROMPT= ; unsetopt beep; zstyle ":completion:*" list-grouped false
autoload -Uz compinit && compinit -u -D
autoload -Uz +X _coppice
compadd() {
  if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)* ]]; then builtin compadd "$@"; return; fi
  local -a __hits
  builtin compadd -A __hits "$@"
  local __hit
  for __hit in $__hits; do print -r -- "<$__hit>" >>$FOUND; done
  builtin compadd "$@"
}
finish() { zle complete-word; print done >$DONE; exit 0 }
zle -N finish
bindkey "^I" finish
bindkey "^M" accept-line
'
work=$(mktemp -d) || exit 1
mkdir $work/functions && cp $1 $work/functions/_${${(z)2}[1]:t} && mkfifo $work/done || exit 1
: >$work/found
FOUND=$work/found DONE=$work/done fpath=($work/functions $fpath)
export FOUND DONE
zpty shell zsh -f -i
print -r -- "$inner" >$work/inner
zpty -w shell "FPATH=${(q)FPATH}; source $work/inner"
zpty -w -n shell "$2"$'\t'
# Read on, so that the terminal never fills.
while zpty -t shell && zpty -r shell line; do :; done &!
# Not before: the process behind zpty is a copy of this one, and would run it.
trap 'rm -rf $work' EXIT
read answer <$work/done
zpty -d shell
sed -n 's/^<\(.*\)>$/\1/p' $work/found | sort -u
