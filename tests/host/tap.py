"""What a guest tells of its cases, line by line in TAP, and the XML that is made of it."""

import re
import xml.etree.ElementTree as ElementTree


class Cases:
    """What TAP has told so far, by name in the order of the plan."""

    def __init__(self):
        self.planned = []
        self.told = {}
        self.notes = []

    def read(self, line):
        planned = re.fullmatch(r"# plan (\S+)", line)
        told = re.fullmatch(r"(not )?ok \d+ - (\S+)(?: # (.*))?", line)
        if planned:
            self.planned.append(planned.group(1))
        elif told:
            bad, name, rest = told.groups()
            self.told[name] = ("failed" if bad else "passed", rest or "", self.notes)
            if not bad and (rest or "").startswith("SKIP"):
                self.told[name] = ("skipped", rest[len("SKIP") :].strip(), [])
            self.notes = []
        elif line.startswith("# "):
            self.notes.append(line[2:])
        elif not re.fullmatch(r"1\.\.\d+", line):
            self.notes.append(line)

    def finish(self, place, status):
        """The planned ones that nobody reported, and a guest that failed on its own account."""
        for name in self.planned:
            why = "the guest ended before this case did"
            self.told.setdefault(name, ("failed", why, self.notes))
        broken = status != 0 and not any(kind == "failed" for kind, _, _ in self.told.values())
        if broken or not self.told:
            self.told[f"{place}.guest"] = ("failed", f"the guest ended with status {status}", self.notes)


def add_case(suite, name, kind, word, notes):
    file, _, title = name.partition(".")
    milliseconds = re.search(r"(\d+) ms$", word)
    took = int(milliseconds.group(1)) / 1000 if milliseconds else 0
    case = ElementTree.SubElement(suite, "testcase", name=title, classname=file, time=f"{took:.3f}")
    if kind == "failed":
        ElementTree.SubElement(case, "failure", message="\n".join([word, *notes]))
    elif kind == "skipped":
        case.set("result", "skipped")
        ElementTree.SubElement(case, "skipped", message=word)


def write_xml(path, place, cases):
    suites = ElementTree.Element("testsuites", name=place)
    kinds = [kind for kind, _, _ in cases.told.values()]
    suite = ElementTree.SubElement(suites, "testsuite", name=place, tests=str(len(kinds)), failures=str(kinds.count("failed")))
    for name, (kind, word, notes) in cases.told.items():
        add_case(suite, name, kind, word, notes)
    ElementTree.ElementTree(suites).write(path, encoding="UTF-8", xml_declaration=True)
