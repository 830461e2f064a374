#!/usr/bin/env python3
"""Tests what is made of a guest's lines: a case that is lost must never look like one that passed."""

import os
import pathlib
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).absolute().parent))
from tap import Cases, write_xml  # noqa: E402

PLAN = ["1..3", "# plan 10-a.one", "# plan 10-a.two", "# plan 20-b.three"]


def told(lines, status=0):
    cases = Cases()
    for line in lines:
        cases.read(line)
    cases.finish("vm_trixie", status)
    return cases


def kinds(cases):
    return {name: kind for name, (kind, _, _) in cases.told.items()}


class Tap(unittest.TestCase):
    def test_each_case_is_told_by_its_kind(self):
        lines = ["ok 1 - 10-a.one # 20 ms", "not ok 2 - 10-a.two # exit status 1, 9 ms", "ok 3 - 20-b.three # SKIP no io"]
        self.assertEqual(
            kinds(told(PLAN + lines, 1)), {"10-a.one": "passed", "10-a.two": "failed", "20-b.three": "skipped"}
        )

    def test_notes_belong_to_the_case_that_follows(self):
        cases = told(PLAN + ["# a: 1 instead of 2", "not ok 1 - 10-a.one # exit status 1, 9 ms", "ok 2 - 10-a.two # 1 ms"], 1)
        self.assertEqual(cases.told["10-a.one"][2], ["a: 1 instead of 2"])
        self.assertEqual(cases.told["10-a.two"][2], [])

    def test_a_planned_case_that_nobody_reported_failed(self):
        cases = told(PLAN + ["ok 1 - 10-a.one # 20 ms"], 1)
        self.assertEqual(kinds(cases), {"10-a.one": "passed", "10-a.two": "failed", "20-b.three": "failed"})

    def test_a_guest_that_told_nothing_failed(self):
        self.assertEqual(kinds(told(["vm: trixie does not boot"], 1)), {"vm_trixie.guest": "failed"})
        self.assertEqual(kinds(told([], 0)), {"vm_trixie.guest": "failed"})

    def test_a_guest_that_failed_with_no_failed_case_failed(self):
        cases = told(PLAN[1:2] + ["ok 1 - 10-a.one # 20 ms"], 3)
        self.assertEqual(kinds(cases), {"10-a.one": "passed", "vm_trixie.guest": "failed"})

    def test_xml_has_a_test_case_for_each(self):
        lines = ["# why", "not ok 1 - 10-a.one # exit status 1, 1500 ms", "ok 2 - 10-a.two # 20 ms", "ok 3 - 20-b.three # SKIP no io"]
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "test.xml")
            write_xml(path, "vm_trixie", told(PLAN + lines, 1))
            cases = {case.get("name"): case for case in ElementTree.parse(path).getroot().iter("testcase")}
        self.assertEqual(sorted(cases), ["one", "three", "two"])
        self.assertEqual(cases["one"].find("failure").get("message"), "exit status 1, 1500 ms\nwhy")
        self.assertEqual(cases["one"].get("time"), "1.500")
        self.assertEqual(cases["three"].find("skipped").get("message"), "no io")
        self.assertIsNone(cases["two"].find("failure"))


class Results(unittest.TextTestResult):
    """Counts each test as a case of its own."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.cases = Cases()

    def stopTest(self, test):
        name = f"Tap.{test.id().rpartition('.')[2].removeprefix('test_')}"
        bad = [text for failed, text in self.failures + self.errors if failed is test]
        self.cases.told[name] = ("failed", bad[0], []) if bad else ("passed", "", [])
        super().stopTest(test)


if __name__ == "__main__":
    result = unittest.TextTestRunner(resultclass=Results).run(unittest.defaultTestLoader.loadTestsFromTestCase(Tap))
    if os.environ.get("XML_OUTPUT_FILE"):
        write_xml(os.environ["XML_OUTPUT_FILE"], "tap", result.cases)
    sys.exit(0 if result.wasSuccessful() and result.testsRun else 1)
