"""The rules. Each takes a Source and answers with a list of places that break it."""

import re

PRODUCT = ("base", "cgroup", "cli", "config", "daemon", "ipc", "process")

# docs: which way folders may look. Longest name first decides.
MAY_INCLUDE = {
    "base": ("base",),
    "config": ("config", "base"),
    "process": ("process", "base"),
    "cgroup": ("cgroup", "process", "config", "base"),
    "ipc/varlink": ("ipc/varlink", "base"),
    "ipc": ("ipc", "config", "base"),
    "daemon": ("daemon", "ipc", "config", "cgroup", "process", "base"),
    "cli": ("cli", "ipc", "config", "base"),
}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.MULTILINE)


def product(source):
    return source.cpp and source.folder in PRODUCT


def matches(source, pattern, words):
    return [source.place(found.start(), words) for found in re.finditer(pattern, source.code)]


def home_of(path):
    for folder in sorted(MAY_INCLUDE, key=len, reverse=True):
        if path.startswith(folder + "/"):
            return folder
    return None


def includes_look_down(source):
    home = home_of(source.path)
    if not source.cpp or home is None:
        return []
    places = []
    for found in INCLUDE.finditer(source.text):
        kind, path = found.groups()
        allowed = any(path.startswith(folder + "/") for folder in MAY_INCLUDE[home])
        if kind == '"' and not allowed:
            places.append(source.place(found.start(), f'{home} may not include "{path}"'))
    return places


def low_layers_stay_small(source):
    """The keeper lives from these: no event loop, no JSON, no option parser."""
    if not product(source) or source.folder not in ("base", "cgroup", "config", "process"):
        return []
    return [
        source.place(found.start(), f"{source.folder} includes {found.group(2)}")
        for found in INCLUDE.finditer(source.text)
        if re.match(r"asio|nlohmann/|CLI/|spdlog/|fmt/", found.group(2))
    ]


def headers_guard_themselves(source):
    if not source.cpp or not source.header or "#pragma once" in source.text:
        return []
    return [f"{source.path}:1: no #pragma once"]


def await_takes_named_values(source):
    """GCC 12 destroys some temporaries of a co_await expression twice: braced ones and lambdas."""
    places = []
    for found in re.finditer(r"\bco_await\b", source.code):
        expression = source.expression_from(found.end())
        if "{" in expression:
            places.append(source.place(found.start(), "braced temporary or lambda in a co_await"))
        elif "std::function<" in expression:
            places.append(source.place(found.start(), "std::function temporary in a co_await"))
    return places


def await_stands_alone(source):
    return [
        source.place(found.start(), "a second co_await in one expression")
        for found in re.finditer(r"\bco_await\b", source.code)
        if "co_await" in source.expression_from(found.end())
    ]


def nothing_sleeps(source):
    if not product(source):
        return []
    pattern = r"\b(sleep_for|sleep_until|usleep|nanosleep|clock_nanosleep)\b|(?<![\w.>])sleep\s*\("
    return matches(source, pattern, "sleeps instead of waiting for an event")


# call: the flag that makes its descriptor close-on-exec; None: there is none, another call is right.
DESCRIPTORS = {
    "open": "O_CLOEXEC",
    "openat": "O_CLOEXEC",
    "openat2": "",
    "socket": "SOCK_CLOEXEC",
    "socketpair": "SOCK_CLOEXEC",
    "accept4": "SOCK_CLOEXEC",
    "accept": None,
    "pipe": None,
    "pipe2": "O_CLOEXEC",
    "dup": None,
    "dup2": None,
    "dup3": "O_CLOEXEC",
    "eventfd": "EFD_CLOEXEC",
    "epoll_create": None,
    "epoll_create1": "EPOLL_CLOEXEC",
    "signalfd": "SFD_CLOEXEC",
    "timerfd_create": "TFD_CLOEXEC",
    "memfd_create": "MFD_CLOEXEC",
    "inotify_init": None,
    "inotify_init1": "IN_CLOEXEC",
    "recvmsg": "MSG_CMSG_CLOEXEC",
    "creat": None,
    "mkstemp": None,
}


# Names that methods and functions of ours have too: only with :: in front is the C library's meant.
COMMON_WORDS = ("open", "socket", "accept", "dup", "pipe")

# Where a descriptor is meant to outlive an exec.
INHERITED = {
    # Fills 0, 1 and 2 with /dev/null when the caller closed them.
    "cli/output.cc": ("open",),
    # The child that becomes the private daemon.
    "cli/private_daemon.cc": ("dup2",),
}


def descriptors_close_on_exec(source):
    if not product(source):
        return []
    places, excepted = [], INHERITED.get(source.path, ())
    for found in re.finditer(r"(?<![\w>.:])(::)?(\w+)\s*\(", source.code):
        name = found.group(2)
        if name in excepted or (name in COMMON_WORDS and not found.group(1)):
            continue
        flag = DESCRIPTORS.get(name, "")
        if flag is None:
            places.append(source.place(found.start(), f"{name} cannot make it close-on-exec"))
        elif flag not in source.call_from(found.start()):
            places.append(source.place(found.start(), f"{name} without {flag}"))
    places += matches(source, r"\bF_DUPFD\b(?!_)", "F_DUPFD instead of F_DUPFD_CLOEXEC")
    return places


def close_is_not_retried(source):
    close = r"\bclose\s*\("
    patterns = (
        r"\bwhile\s*\((?=[^;{]*" + close + r")(?=[^;{]*\bEINTR\b)",
        r"\bdo\b\s*\{?[^{}]*" + close + r"[^{}]*\}?\s*while\s*\([^;]*\bEINTR\b",
        r"TEMP_FAILURE_RETRY\s*\(\s*(?:::)?" + close,
    )
    return [place for p in patterns for place in matches(source, p, "close retried after EINTR")]


def files_stay_short(source):
    lines = source.text.count("\n")
    return [f"{source.path}:400: {lines} lines, more than 400"] if lines > 400 else []


def platforms_are_files(source):
    if not product(source):
        return []
    pattern = r"^[ \t]*#[ \t]*(?:el)?if\w*[^\n]*(__linux__|__APPLE__|_WIN32|__FreeBSD__)"
    return [
        source.place(found.start(), "a platform chosen by the preprocessor")
        for found in re.finditer(pattern, source.code, re.MULTILINE)
    ]


def nothing_jumps(source):
    return matches(source, r"\bgoto\b", "goto")


def nothing_is_unfinished(source):
    if source.path.startswith("tests/style/"):
        return []
    return [
        source.place(found.start(), f"says {found.group(1)}")
        for found in re.finditer(r"\b(TODO|FIXME|XXX|HACK)\b", source.text)
        if not source.text.startswith("XXXXXX", found.start())
    ]


# name of the test case: rule. A guarantee that the rule helps to keep is part of the name.
RULES = {
    "includes_look_down": includes_look_down,
    "low_layers_stay_small": low_layers_stay_small,
    "headers_guard_themselves": headers_guard_themselves,
    "await_takes_named_values": await_takes_named_values,
    "await_stands_alone": await_stands_alone,
    "nothing_sleeps": nothing_sleeps,
    "S3_descriptors_close_on_exec": descriptors_close_on_exec,
    "D6_close_is_not_retried": close_is_not_retried,
    "files_stay_short": files_stay_short,
    "platforms_are_files": platforms_are_files,
    "nothing_jumps": nothing_jumps,
    "nothing_is_unfinished": nothing_is_unfinished,
}
