#!/usr/bin/env python3
"""The comparison with peers, with a handful of everything, and the page from a fixture. Asserts nothing about time.

Usage: peers_test.py NAME=PROGRAM…   what bench/peers/compare needs, by its options

One case for each peer and topic: it is measured, or, where it is not installed or this machine does not let it, skipped by
name. Writes GoogleTest-like XML.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import traceback
import xml.etree.ElementTree as ElementTree

BENCH = pathlib.Path(__file__).resolve().parents[2] / "bench"
FIXTURE = pathlib.Path(__file__).resolve().parent / "fixture.json"
TOPICS = ("start", "run", "kill", "output", "memory")
# Those that need nothing but this tree and a shell: where they are not measured something is wrong.
OWN = ("exec", "sh", "tee", "splice", "proc-loop", "process-group", "coppice", "coppice-run")


class Skip(Exception):
    pass


def check(condition, words):
    if not condition:
        raise AssertionError(words)


def write_page(document, place):
    path = place / "document.json"
    path.write_text(json.dumps(document))
    words = [BENCH / "report" / "write", "--page", place / "page.md", "--plots", place / "plots", path]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def page_tells_aims_ratios_and_reasons(place):
    ended = write_page(json.loads(FIXTURE.read_text()), place)
    check(ended.returncode == 0, ended.stderr)
    text = (place / "page.md").read_text()
    for part in ("3 aims: 1 met, 1 missed, 1 not measured.",
                 "| kill | kill of 100 ÷ bare loop | 2.4 | ≤ 1.3 | **missed** |",
                 "| scale | start at 30,000 ÷ at 1,000 | 1.02 | ≤ 1.2 | met |",
                 "| not measured | ≤ 1.2 | not so many descriptors |",
                 "| other: a \\| b | 4 | 8 | 16 | ms | 10 | 20 of 31 survive |",
                 "it did not answer", "podman is not installed", "a processor",
                 "![Many jobs at once: µs by live jobs](plots/scale-1.svg)"):
        check(part in text, f"{part!r} is missing in\n{text}")


def plots_are_drawings_that_say_what_they_show(place):
    write_page(json.loads(FIXTURE.read_text()), place)
    drawings = sorted(path.name for path in (place / "plots").iterdir())
    check(drawings == ["kill-peers-31.svg", "scale-1.svg"], str(drawings))
    for name in drawings:
        root = ElementTree.parse(place / "plots" / name).getroot()
        check(root.tag.endswith("svg"), name)
        check("prefers-color-scheme: dark" in (place / "plots" / name).read_text(), name)
    check("20 survive" in (place / "plots" / "kill-peers-31.svg").read_text(), "survivors are not told")


def a_document_that_lacks_something_is_refused(place):
    document = json.loads(FIXTURE.read_text())
    del document["rows"][0]["unit"]
    ended = write_page(document, place)
    check(ended.returncode == 1 and "rows without unit" in ended.stderr, ended.stderr)


def compare(programs, place):
    """All of bench/peers, as little as possible of each."""
    words = [BENCH / "peers" / "compare", "--quick", "--json", place / "peers.json", "--place", place]
    for name, path in programs.items():
        words += [f"--{name}", path]
    ended = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    print(ended.stdout, end="")
    check(ended.returncode == 0, ended.stdout)
    return json.loads((place / "peers.json").read_text())


def measured(document, topic, name):
    for each in document["peers"]["absent"]:
        if each["name"] == name:
            check(name not in OWN or "control group" in each["why"], each["why"])
            raise Skip(each["why"])
    rows = [row for row in document["rows"] if row["topic"] == topic and row["name"].split(".")[1] == name]
    check(rows, f"no row of {name}")
    for row in rows:
        if row["n"] == 0 and name not in OWN:
            raise Skip(row["note"])
        # So few jobs may need no memory that was not there.
        check(row["n"] > 0 and (row["median"] > 0 or topic == "memory"), str(row))
    if topic == "kill" and name.startswith("coppice"):
        check(all(row["survivors"] == 0 for row in rows), str(rows))


def peer_cases(document):
    names = [(row["topic"], row["name"].split(".")[1]) for row in document["rows"]]
    names += [("start", each["name"]) for each in document["peers"]["absent"]]
    return {f"{topic}_{name.replace('-', '_')}": lambda topic=topic, name=name: measured(document, topic, name)
            for topic, name in dict.fromkeys(names)}


def run_case(function):
    try:
        function()
        return "ok", ""
    except Skip as why:
        return "skipped", str(why)
    except Exception:  # pylint: disable=broad-except
        return "failed", traceback.format_exc()


def write_xml(path, results):
    suites = ElementTree.Element("testsuites", tests=str(len(results)), name="AllTests")
    for (suite, name), (kind, words) in results.items():
        node = suites.find(f"testsuite[@name='{suite}']")
        if node is None:
            node = ElementTree.SubElement(suites, "testsuite", name=suite)
        case = ElementTree.SubElement(node, "testcase", name=name, classname=suite, time="0",
                                      status="run" if kind != "skipped" else "notrun",
                                      result="skipped" if kind == "skipped" else "completed")
        if kind == "skipped":
            ElementTree.SubElement(case, "skipped", message=words)
        if kind == "failed":
            ElementTree.SubElement(case, "failure", message=words, type="")
    ElementTree.ElementTree(suites).write(path, encoding="UTF-8", xml_declaration=True)


def main():
    programs = dict(argument.split("=", 1) for argument in sys.argv[1:])
    results = {}
    for function in (page_tells_aims_ratios_and_reasons, plots_are_drawings_that_say_what_they_show,
                     a_document_that_lacks_something_is_refused):
        with tempfile.TemporaryDirectory() as directory:
            results["BenchReport", function.__name__] = run_case(lambda f=function, d=directory: f(pathlib.Path(d)))
    with tempfile.TemporaryDirectory() as directory:
        document = {}
        results["BenchPeers", "all_are_compared"] = run_case(
            lambda: document.update(compare(programs, pathlib.Path(directory))))
    if document:
        for name, function in peer_cases(document).items():
            results["BenchPeers", name] = run_case(function)
    for (suite, name), (kind, words) in results.items():
        print(f"{kind:8}{suite}.{name}" + (f": {words}" if words else ""))
    if os.environ.get("XML_OUTPUT_FILE"):
        write_xml(os.environ["XML_OUTPUT_FILE"], results)
    return 1 if any(kind == "failed" for kind, _ in results.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
