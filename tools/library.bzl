"""A library of ours, compiled file by file or, with --define=joined=yes, several files at once.

Most of what a file costs the compiler are the headers that it shares with its neighbours (JSON, Asio, the standard library). A build
that nobody edits in, as those of the sanitizers, takes eight files at a time, which is a quarter of the work. For that, what is declared
in anonymous namespaces has to differ between the files of a library; what does not is often written twice.
"""

FILES_AT_ONCE = 8

# GCC takes an included file for a header, where an anonymous namespace in a type (of a lambda's coroutine) would be a mistake.
_PREAMBLE = """#ifndef __clang__
#pragma GCC diagnostic ignored "-Wsubobject-linkage"
#endif
"""

def _joined_sources_impl(context):
    sources = context.files.srcs
    count = (len(sources) + FILES_AT_ONCE - 1) // FILES_AT_ONCE
    joined = []
    for part in range(count):
        file = context.actions.declare_file("%s_%d.cc" % (context.label.name, part))
        # As many in each as in the others, give or take one.
        chosen = sources[len(sources) * part // count:len(sources) * (part + 1) // count]
        context.actions.write(file, _PREAMBLE + "".join(["#include \"%s\"\n" % source.short_path for source in chosen]))
        joined.append(file)
    return DefaultInfo(files = depset(joined))

_joined_sources = rule(
    implementation = _joined_sources_impl,
    attrs = {"srcs": attr.label_list(allow_files = [".cc"])},
    doc = "Files that include those of srcs, some each.",
)

def coppice_library(name, srcs, **attributes):
    """cc_library, whose .cc files may be joined."""
    sources = [file for file in srcs if file.endswith(".cc")]
    others = [file for file in srcs if not file.endswith(".cc")]
    _joined_sources(
        name = name + "_joined",
        srcs = sources,
        tags = ["manual"],
    )
    native.cc_library(
        name = name,
        srcs = others + select({
            "//tools:joined": [":%s_joined" % name],
            "//conditions:default": sources,
        }),
        textual_hdrs = select({
            "//tools:joined": sources,
            "//conditions:default": [],
        }),
        **attributes
    )
