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

# For coroutines that the optimizer inlines into each other: GCC 12 then takes Asio's own allocation of their frames
# for one that does not match its deallocation. Both are Asio's.
COPPICE_COROUTINE_COPTS = COPPICE_COPTS + ["-Wno-mismatched-new-delete"]
