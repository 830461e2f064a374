#!/usr/bin/env fish
# What fish proposes at the end of a line. Usage: ask.fish FILE-OF-COMPLETIONS LINE
source $argv[1]; or exit 1
complete -C "$argv[2]" | string replace -r '\t.*' '' | sort -u
