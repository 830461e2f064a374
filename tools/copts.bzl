"""How our own code is compiled: warnings are errors. Known to GCC 12 and Clang 14 alike."""

COPPICE_COPTS = [
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wnon-virtual-dtor",
    "-Wcast-qual",
    "-Wimplicit-fallthrough",
    "-Wundef",
    "-Werror",
]
