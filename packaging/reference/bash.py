"""Completion for bash."""

import pathlib

HERE = pathlib.Path(__file__).resolve().parent

# What a name in a usage line is completed to: functions of completion.bash, there with the program in their names.
ACTIONS = {"FILE": "@_files", "PATH": "@_files", "SOCKET": "@_files", "ADDRESS": "@_files", "DIR": "@_directories",
           "USER": "@_users", "GROUP": "@_groups", "SLICE": "@_ask slices", "SIGNAL": "@_ask signals",
           "OUTCOME": "@_ask outcomes"}


def actions(option):
    found = ["@_words " + " ".join(option.literals())] if option.literals() else []
    found += [ACTIONS[kind] for kind in option.kinds() if kind in ACTIONS]
    return "; ".join(found) or ":"


def action_of(kind, command):
    return "@_ask " + command.jobs() if kind == "JOB" else ACTIONS.get(kind, ":")


def valued(program):
    """action → the `'command --option'` of which it completes the value. A flag has none."""
    cases = {}
    for command in [program, *program.commands]:
        name = "" if command is program else command.name
        for option in command.options:
            if not option.is_flag:
                cases.setdefault(actions(option), []).extend(f"'{name} {word}'" for word in option.names)
    return cases


def arguments(command):
    """Patterns of `command place`, with what completes the word there."""
    words = command.words
    if words.choices:
        inner = " ".join(f"{word}) {action_of(kinds[0], command)} ;;" for word, kinds in words.choices.items() if kinds)
        found = [f"'{command.name} 0') @_words {' '.join(words.choices)} ;;"]
        return found + ([f"'{command.name} 1') case ${{words[first]}} in {inner} esac ;;"] if inner else [])
    found = [f"'{command.name} {at}') {action_of(kind, command)} ;;" for at, kind in enumerate(words.kinds)]
    if words.kinds and words.many:
        found.append(f"'{command.name} '*) {action_of(words.kinds[-1], command)} ;;")
    return found


def names_of(command):
    return " ".join(name for option in command.options for name in option.names)


def completion(program):
    text = (HERE / "completion.bash").read_text(encoding="utf-8")
    cases = valued(program)
    lists = "".join(f"    {command.name}) @_words {names_of(command)} ;;\n" for command in program.commands)
    values = {"@OWN_OPTIONS@": names_of(program),
              "@COMMANDS@": " ".join(command.name for command in program.commands),
              "@OPTION_LISTS@\n": lists,
              "@VALUED@": "|".join(pattern for patterns in cases.values() for pattern in patterns),
              "@OPTION_VALUES@\n": "".join(f"    {'|'.join(patterns)}) {action} ;;\n" for action, patterns in cases.items()),
              "@WORDS@\n": "".join(f"    {line}\n" for command in program.commands for line in arguments(command)),
              "@MAKERS@": " ".join(command.name for command in program.commands if command.words.program),
              "@PROGRAM@": program.name,
              "@_": f"_{program.name}_"}
    for name, value in values.items():
        text = text.replace(name, value)
    return text
