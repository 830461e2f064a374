"""The command lines that option_tree prints, as objects."""

import re

# Which of the jobs a command is about; of those that are alive unless it stands here. For `coppice __complete`.
JOBS = {"rm": "ended-jobs", "status": "jobs", "logs": "jobs", "wait": "jobs"}

# What CLI11 appends to the name of a value: "MS:INT in [1 - 1000]", "TEXT:{stop,leave}".
RANGE = re.compile(r" in \[([^\]]*)\]$")
CHOICES = re.compile(r":\{([^}]*)\}$")


class Option:
    def __init__(self, tree):
        self.names = tree["names"]
        self.help = tree["help"]
        self.default = tree["default"]
        self.repeatable = tree["repeatable"]
        self.is_flag = tree["value"] is None
        value = tree["value"] or ""
        limits, choices = RANGE.search(value), CHOICES.search(value)
        self.value = choices[1].replace(",", "|") if choices else value.partition(":")[0]
        self.range = limits[1] if limits else None

    def same(self, other):
        return (self.names, self.value, self.help) == (other.names, other.value, other.help)

    def literals(self):
        """What may be typed as it stands: kill and wait of kill|wait."""
        return [word for word in self.value.split("|") if re.fullmatch(r"[a-z][a-z-]*", word)]

    def kinds(self):
        """The names of what may be typed: FILE of log|null|FILE."""
        return [word for word in self.value.split("|") if re.fullmatch(r"[A-Z]+", word)]


class Words:
    """What a command takes behind its options, as its usage line says it."""

    def __init__(self, usage):
        self.usage = usage
        self.program = "COMMAND" in usage
        # word → what follows it, for commands such as `slice set SLICE`.
        self.choices = {}
        # What stands at each place, the last one as often as one likes if `many`.
        self.kinds, self.many = [], False
        if not self.program:
            for way in usage.split(" | "):
                self._read(way)

    def _read(self, way):
        kinds, first = [], None
        for token in way.split():
            if token.startswith("-"):
                break
            kind = token.strip("[].")
            if first is None and re.fullmatch(r"[a-z-]+", kind):
                first = kind
                continue
            kinds.append(kind)
            self.many = self.many or token.endswith("...")
        if first:
            self.choices[first] = kinds
        elif kinds:
            self.kinds = kinds


class Command:
    def __init__(self, tree):
        self.name = tree["name"]
        self.summary = tree["summary"]
        self.text = tree["text"]
        self.options = [Option(option) for option in tree["options"]]
        self.commands = [Command(command) for command in tree["commands"]]
        self.words = Words(tree["usage"].strip().partition("[OPTIONS]")[2].strip())

    def jobs(self):
        return JOBS.get(self.name, "live-jobs")

    def option(self, names):
        return next((option for option in self.options if option.names == names), None)

    def has(self, option):
        found = self.option(option.names)
        return found is not None and found.same(option)

    def own(self, *others):
        """The options that none of the others has just so."""
        return [option for option in self.options if not any(other.has(option) for other in others)]


def shared(commands):
    """What all of the commands take alike."""
    first, rest = commands[0], commands[1:]
    return [option for option in first.options if all(command.has(option) for command in rest)]
