"""coppice(1) and coppiced(8): what the programs declare, and around it what stands in *.man beside this."""

import pathlib

from options import shared
from roff import Page, escaped

HERE = pathlib.Path(__file__).resolve().parent


def fragment(name):
    """Sections that no program can tell, as roff."""
    text = (HERE / name).read_text(encoding="utf-8")
    return "\n".join(line for line in text.split("\n") if not line.startswith('.\\"'))


def term_of(option):
    names = ", ".join(f"\\fB{escaped(name)}\\fR" for name in option.names)
    return names if option.is_flag else f"{names} \\fI{escaped(option.value)}\\fR"


def add_options(page, options):
    for option in options:
        page.item(term_of(option))
        page.text(option.help[:1].upper() + option.help[1:] + ".")
        if option.default:
            page.text(f"Default: {option.default}.")
        if option.range:
            page.text(f"Range: {option.range.replace(' - ', ' to ')}.")


def sentence(text):
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def add_command(page, program, command, job_options):
    page.subsection(f"{program.name} {command.name}")
    page.lines += [f"\\fB{program.name} {escaped(command.name)}\\fR [\\fIOPTIONS\\fR] {escaped(command.words.usage)}".rstrip()]
    page.paragraph(sentence(command.summary))
    options = command.own(program, job_options) if takes_job_options(command, job_options) else command.own(program)
    if takes_job_options(command, job_options):
        page.text("Takes the options of JOB OPTIONS" + (", and:" if options else "."))
    add_options(page, options)
    page.prose(command.text)


class Shared:
    """The options of run, start and show, which would fill half of the page if they stood there three times."""

    def __init__(self, program):
        makers = [command for command in program.commands if command.words.program]
        self.options = [option for option in shared(makers) if not program.has(option)]

    def has(self, option):
        return any(other.same(option) for other in self.options)


def takes_job_options(command, job_options):
    return command.words.program and bool(job_options.options)


def coppice(program, date, source):
    page = Page("coppice", 1, date, source, "User Commands")
    page.section("NAME")
    page.text("coppice - run jobs, and own every process that a job starts")
    page.section("SYNOPSIS")
    page.lines += [".B coppice", "\\fICOMMAND\\fR [\\fIOPTIONS\\fR] ..."]
    page.raw(fragment("coppice.head.man"))
    page.section("OPTIONS")
    page.text("These are taken by every command.")
    add_options(page, program.options)
    page.section("COMMANDS")
    job_options = Shared(program)
    for command in program.commands:
        add_command(page, program, command, job_options)
    if job_options.options:
        page.section("JOB OPTIONS")
        page.text("They say what becomes of a job, and are taken by coppice run, coppice start and coppice show.")
        add_options(page, job_options.options)
    page.raw(fragment("coppice.tail.man"))
    return str(page)


def coppiced(program, date, source):
    page = Page("coppiced", 8, date, source, "System Administration")
    page.section("NAME")
    page.text("coppiced - supervise jobs")
    page.section("SYNOPSIS")
    page.lines += [".B coppiced", "[\\fIOPTIONS\\fR]"]
    page.raw(fragment("coppiced.head.man"))
    page.prose(program.text)
    page.section("OPTIONS")
    add_options(page, program.options)
    page.raw(fragment("coppiced.tail.man"))
    return str(page)
