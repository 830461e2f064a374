"""Pages in the macros of man(7), as groff and mandoc understand them alike."""


def escaped(text):
    """Text of a line: nothing in it is taken for roff, and a hyphen can be copied as the minus that was meant."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("~", "\\(ti").replace("^", "\\(ha")
    text = text.replace("`", "\\(ga").replace("…", "\\[u2026]").replace("→", "\\(->")
    return "\\&" + text if text.startswith((".", "'")) else text


def quoted(text):
    return '"' + escaped(text).replace('"', '\\(dq') + '"'


class Page:
    def __init__(self, name, section, date, source, title, uppercase=True):
        shown = name.upper() if uppercase else name
        self.lines = [f'.TH {quoted(shown)} {section} "{date}" {quoted(source)} {quoted(title)}']

    def raw(self, text):
        self.lines += text.rstrip("\n").split("\n")

    def section(self, title):
        self.lines.append(f".SH {quoted(title)}")

    def subsection(self, title):
        self.lines.append(f".SS {quoted(title)}")

    def part(self):
        """A heading is a paragraph's beginning already."""
        if not self.lines[-1].startswith((".SH", ".SS")):
            self.lines.append(".PP")

    def paragraph(self, text):
        self.part()
        self.text(text)

    def text(self, text):
        """Filled; the lines of `text` say nothing."""
        self.lines += [escaped(line.strip()) for line in text.strip().split("\n")]

    def item(self, term):
        """The text of the item follows. `term` is roff."""
        self.lines += [".TP", term]

    def example(self, lines):
        self.part()
        self.lines += [".RS 4", ".EX", *[escaped(line) for line in lines], ".EE", ".RE"]

    def prose(self, text):
        """Text as help prints it: paragraphs, and what is indented stands as it is. Drops blank lines at its ends."""
        filled, as_it_is = [], []

        def flush():
            if filled:
                self.paragraph("\n".join(filled))
            if as_it_is:
                while as_it_is and not as_it_is[-1]:
                    as_it_is.pop()
                self.example(as_it_is)
            filled.clear()
            as_it_is.clear()

        for line in text.strip("\n").split("\n"):
            if line.startswith("  "):
                if filled:
                    flush()
                as_it_is.append(line[2:])
            elif not line:
                flush()
            else:
                if as_it_is or line == "Examples:":
                    flush()
                filled.append(line)
        flush()

    def __str__(self):
        return "\n".join(self.lines) + "\n"
