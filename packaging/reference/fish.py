"""Completion for fish."""

import pathlib

HERE = pathlib.Path(__file__).resolve().parent

ACTIONS = {"USER": "(__fish_complete_users)", "GROUP": "(__fish_complete_groups)", "PID": "(__fish_complete_pids)",
           "SLICE": "(@_ask slices)", "SIGNAL": "(@_ask signals)", "OUTCOME": "(@_ask outcomes)",
           "DIR": "(__fish_complete_directories)"}
FILES = ("FILE", "PATH", "SOCKET", "ADDRESS")


def single(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def switches(option):
    """-s f -l follow, and what completes the value."""
    found = [f"-s {name[1:]}" if not name.startswith("--") else f"-l {name[2:]}" for name in option.names]
    if option.is_flag:
        return found
    files = any(kind in FILES for kind in option.kinds())
    proposals = option.literals() + [ACTIONS[kind] for kind in option.kinds() if kind in ACTIONS]
    found.append("-r -F" if files else "-x")
    return found + ([f"-a {single(' '.join(proposals))}"] if proposals else [])


def line(program, condition, words):
    return " ".join(["complete", "-c", program.name, *(["-n", single(condition)] if condition else []), *words])


def option_lines(program, condition, options):
    return [line(program, condition, [*switches(option), "-d", single(option.help)]) for option in options]


def valued_names(command):
    return [name for option in command.options if not option.is_flag for name in option.names]


def action_of(kind, command):
    return f"(@_ask {command.jobs()})" if kind == "JOB" else ACTIONS.get(kind, "")


def word_lines(program, command):
    words = command.words
    if words.program:
        return [line(program, f"@_at {command.name} 0 999", ["-a", single("(@_program)")])]
    found = []
    for word, kinds in words.choices.items():
        found.append(line(program, f"@_at {command.name} 0 0", ["-a", word]))
        if kinds:
            found.append(line(program, f"@_at {command.name} 1 1; and @_first {word}", ["-a", single(action_of(kinds[0], command))]))
    for at, kind in enumerate(words.kinds):
        until = 999 if words.many and at + 1 == len(words.kinds) else at
        action = action_of(kind, command)
        if action:
            found.append(line(program, f"@_at {command.name} {at} {until}", ["-a", single(action)]))
    return found


def command_lines(program, command):
    most = 0 if command.words.program else 999
    return [line(program, "@_at '' 0 0", ["-a", command.name, "-d", single(command.summary)]),
            *option_lines(program, f"@_at {command.name} 0 {most}", command.options),
            *word_lines(program, command)]


def completion(program):
    if not program.commands:
        lines = [f"# Made from the options of {program.name}.", line(program, "", ["-f"])]
        return "\n".join([*lines, *option_lines(program, "", program.options)]) + "\n"
    text = (HERE / "completion.fish").read_text(encoding="utf-8")
    lines = option_lines(program, "@_at '' 0 0", program.options)
    for command in program.commands:
        lines += command_lines(program, command)
    cases = "\n".join(f"        case {command.name}\n            contains -- $argv[2] {' '.join(valued_names(command))}"
                      for command in program.commands)
    makers = " ".join(command.name for command in program.commands if command.words.program)
    values = {"@VALUED@": cases, "@MAKERS@": makers, "@LINES@": "\n".join(lines), "@PROGRAM@": program.name,
              "@_": f"__{program.name}_"}
    for name, value in values.items():
        text = text.replace(name, value)
    return text
