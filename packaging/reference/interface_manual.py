"""io.coppice.Jobs(7): the interface file, declaration by declaration."""

import re

from roff import Page

START = re.compile(r"^(type|method|error) (\w+)")
TITLES = {"method": "METHODS", "type": "TYPES", "error": "ERRORS"}


def paragraphs(comment):
    """The words of comment lines; one that is empty parts two paragraphs."""
    return [part for part in re.split(r"\n\s*\n", "\n".join(line.lstrip("#").strip() for line in comment)) if part]


def read(text):
    """The comment above `interface`, its name, and {kind: [(name, comment, lines)]}."""
    found = {kind: [] for kind in TITLES}
    introduction, interface, comment, entry, depth = [], "", [], None, 0
    for line in text.split("\n"):
        start = START.match(line) if depth == 0 else None
        if line.startswith("interface "):
            introduction, interface, comment = comment, line.split()[1], []
            continue
        if start:
            entry = (start[2], comment, [])
            found[start[1]].append(entry)
            comment = []
        if entry and (start or depth > 0 or entry[2][-1].rstrip().endswith("->")):
            entry[2].append(line)
            code = line.split("#")[0]
            depth += code.count("(") - code.count(")")
        elif line.startswith("#"):
            comment.append(line)
        elif comment and interface:
            comment.append("")
    return introduction, interface, found


def page(text, date, source):
    introduction, interface, found = read(text)
    result = Page(interface, 7, date, source, "Programming Interfaces", uppercase=False)
    result.section("NAME")
    result.text(f"{interface} - the Varlink interface of coppiced")
    result.section("DESCRIPTION")
    for part in paragraphs(introduction):
        result.paragraph(part)
    result.paragraph("It is served at /run/coppice/socket by the daemon of a machine, and at $XDG_RUNTIME_DIR/coppice/socket\n"
                     "by that of a user. What is optional has a question mark in front of its type, and may be left out.")
    result.example([f"varlinkctl introspect /run/coppice/socket {interface}",
                    f"varlinkctl call /run/coppice/socket {interface}.List {{}} --more"])
    for kind, title in TITLES.items():
        result.section(title)
        for name, comment, lines in found[kind]:
            result.subsection(name)
            for part in paragraphs(comment):
                result.paragraph(part)
            result.example(lines)
    result.section("SEE ALSO")
    result.raw(".BR coppice (1),\n.BR coppiced (8)")
    return str(result)
