"""Completion for zsh."""

import pathlib

HERE = pathlib.Path(__file__).resolve().parent

ACTIONS = {"FILE": "_files", "PATH": "_files", "SOCKET": "_files", "ADDRESS": "_files", "DIR": "_files -/", "USER": "_users",
           "GROUP": "_groups", "PID": "_pids", "SLICE": " @_ask slices", "SIGNAL": " @_ask signals",
           "OUTCOME": " @_ask outcomes"}


def single(text):
    return "'" + text.replace("'", "'\\''") + "'"


def escaped(text):
    """For the brackets and colons of _arguments."""
    for character in "\\:[]":
        text = text.replace(character, "\\" + character)
    return text


def action_of_value(option):
    literals = " ".join(option.literals())
    known = [ACTIONS[kind] for kind in option.kinds() if kind in ACTIONS]
    if literals and known:
        return " @_words_or_files " + literals
    return f"({literals})" if literals else (known or [" "])[0]


def spec_of(option):
    names = option.names
    value = "" if option.is_flag else f":{escaped(option.value)}:{action_of_value(option)}"
    exclusive = "*" if option.repeatable else f"({' '.join(names)})" if len(names) > 1 else ""
    # With `=`: the value may be in the same word or in the next one.
    spelled = [name + ("" if option.is_flag else "=" if name.startswith("--") else "+") for name in names]
    return [single(f"{exclusive}{name}[{escaped(option.help)}]{value}") for name in spelled]


def action_of(kind, command):
    return " @_ask " + command.jobs() if kind == "JOB" else ACTIONS.get(kind, " ")


def words_of(command):
    words = command.words
    if words.program:
        return ["'(-): :_command_names -e'", "'*:: :_normal'"]
    if words.choices:
        found = [single(f"1:what:({' '.join(words.choices)})")]
        kinds = [kinds[0] for kinds in words.choices.values() if kinds]
        return found + ([single(f"2:{kinds[0].lower()}:{action_of(kinds[0], command)}")] if kinds else [])
    found = []
    for at, kind in enumerate(words.kinds):
        last = words.many and at + 1 == len(words.kinds)
        found.append(single(f"{'*' if last else at + 1}:{kind.lower()}:{action_of(kind, command)}"))
    return found


def arguments(specs, indent):
    return (" \\\n" + " " * (indent + 2)).join(["_arguments -s -S", *specs])


def specs_of(command):
    return [spec for option in command.options for spec in spec_of(option)]


def completion(program):
    if not program.commands:
        text = f"#compdef {program.name}\n# Made from the options of {program.name}.\n\n{arguments(specs_of(program), 0)}\n"
        return text.replace("@_", f"_{program.name}_")
    text = (HERE / "completion.zsh").read_text(encoding="utf-8")
    commands = "\n".join("    " + single(f"{command.name}:{escaped(command.summary)}") for command in program.commands)
    cases = "\n".join(f"    {command.name})\n      {arguments(specs_of(command) + words_of(command), 6)}\n      ;;"
                      for command in program.commands)
    values = {"@OPTIONS@": " \\\n    ".join(specs_of(program)), "@COMMANDS@": commands, "@CASES@": cases,
              "@PROGRAM@": program.name, "@_": f"_{program.name}_"}
    for name, value in values.items():
        text = text.replace(name, value)
    return text
