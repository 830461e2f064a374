#!/usr/bin/env python3
"""Tests the style rules with planted code, then the tree with the rules, then the pages that
are made from it. Writes GoogleTest's XML."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

HERE = os.path.dirname(os.path.realpath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, HERE)

from planted import BREAKS, KEEPS  # noqa: E402
from rules import RULES  # noqa: E402
from source import Source  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(HERE))
SUFFIXES = (".cc", ".h", ".py", ".sh", ".bzl", ".bazel")
# The fewest files that a walk of the real tree finds: an empty walk would let everything pass.
FEWEST = 20


def sources():
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(
            name for name in folders if not name.startswith((".", "bazel-")) and name != "out"
        )
        for name in sorted(names):
            if name.endswith(SUFFIXES):
                path = os.path.join(folder, name)
                with open(path, encoding="utf-8") as stream:
                    yield Source(os.path.relpath(path, ROOT), stream.read())


def planted_faults(name):
    """What the rule got wrong about the planted code."""
    rule, faults = RULES[name], []
    if not BREAKS.get(name) or not KEEPS.get(name):
        faults.append("nothing is planted for this rule")
    for path, text in BREAKS.get(name, []):
        if len(rule(Source(path, text))) != 1:
            faults.append(f"not caught once in {path}: {text[:100]!r}")
    for path, text in KEEPS.get(name, []):
        for place in rule(Source(path, text)):
            faults.append(f"wrongly caught: {place}: {text[:100]!r}")
    return faults


def write_xml(path, cases):
    suites = ElementTree.Element("testsuites", tests=str(len(cases)), name="AllTests")
    nodes = {}
    for suite, name, faults in cases:
        if suite not in nodes:
            nodes[suite] = ElementTree.SubElement(suites, "testsuite", name=suite)
        case = ElementTree.SubElement(
            nodes[suite], "testcase", name=name, classname=suite, status="run", time="0"
        )
        if faults:
            ElementTree.SubElement(case, "failure", message="\n".join(faults), type="")
    for suite, node in nodes.items():
        mine = [faults for of, _, faults in cases if of == suite]
        node.set("tests", str(len(mine)))
        node.set("failures", str(sum(1 for faults in mine if faults)))
    ElementTree.ElementTree(suites).write(path, encoding="UTF-8", xml_declaration=True)


def outdated(page):
    """What the page's own script says is not as the tree has it."""
    script = os.path.join(ROOT, "docs", page)
    ended = subprocess.run([script, "--check"], capture_output=True, text=True, check=False)
    return [] if ended.returncode == 0 else [ended.stderr.strip() or f"{page} ended with {ended.returncode}"]


def main():
    cases = [("StyleRule", name, planted_faults(name)) for name in RULES]
    tree = list(sources())
    few = [] if len(tree) >= FEWEST else [f"only {len(tree)} files found below {ROOT}"]
    cases.append(("Style", "the_tree_was_found", few))
    for name, rule in RULES.items():
        cases.append(("Style", name, [place for source in tree for place in rule(source)]))

    cases.append(("Docs", "guarantees_name_the_tests_that_prove_them", outdated("mark_guarantees")))
    cases.append(("Docs", "the_reference_of_jobs_quotes_the_interface", outdated("quote_interface")))

    failed = False
    for suite, name, faults in cases:
        print(f"{'FAILED' if faults else 'ok':7}{suite}.{name}")
        for fault in faults:
            failed = True
            print("    " + fault)
    if os.environ.get("XML_OUTPUT_FILE"):
        write_xml(os.environ["XML_OUTPUT_FILE"], cases)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
