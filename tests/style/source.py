"""A source file as the rules see it: with comments and the insides of literals blanked out."""

import re

PARTS = re.compile(
    r"""
      (?P<comment>//[^\n]*|/\*.*?\*/)
    | (?P<raw>R"(?P<tag>[^()\s]{0,16})\(.*?\)(?P=tag)")
    | (?P<include>^[ \t]*\#[ \t]*include[^\n]*)
    | (?P<text>"(?:\\.|[^"\\\n])*")
    | (?P<char>(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+')
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)


def blank(text):
    """As long and on as many lines as the text, without its characters."""
    return re.sub(r"[^\n]", " ", text)


def strip(text):
    def replace(match):
        found = match.group(0)
        if match.lastgroup == "include" or match.group("include"):
            return found
        if match.group("comment"):
            return blank(found)
        return found[0] + blank(found[1:-1]) + found[-1]

    return PARTS.sub(replace, text)


class Source:
    def __init__(self, path, text):
        self.path = path
        self.text = text
        self.cpp = path.endswith((".cc", ".h"))
        self.code = strip(text) if self.cpp else ""
        self.folder = path.split("/")[0] if "/" in path else ""
        self.header = path.endswith(".h")

    def line_of(self, offset):
        return self.text.count("\n", 0, offset) + 1

    def place(self, offset, words):
        return f"{self.path}:{self.line_of(offset)}: {words}"

    def call_from(self, offset):
        """The text from the offset to the parenthesis that closes the first one after it."""
        depth = 0
        for index in range(offset, len(self.code)):
            if self.code[index] == "(":
                depth += 1
            elif self.code[index] == ")":
                depth -= 1
                if depth == 0:
                    return self.code[offset : index + 1]
        return self.code[offset:]

    def expression_from(self, offset):
        """The text from the offset to the end of its expression: a semicolon, or a parenthesis too many."""
        depth = 0
        for index in range(offset, len(self.code)):
            letter = self.code[index]
            if letter in "([{":
                depth += 1
            elif letter in ")]}":
                depth -= 1
                if depth < 0:
                    return self.code[offset:index]
            elif letter == ";" and depth == 0:
                return self.code[offset:index]
        return self.code[offset:]
