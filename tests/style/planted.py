"""For each rule: (path, text) pairs that break it, once each, and pairs that do not."""

BREAKS = {
    "includes_look_down": [
        ("process/a.cc", '#include "daemon/job.h"\n'),
        ("cli/a.cc", '#include "process/launch.h"\n'),
        ("ipc/varlink/a.cc", '#include "config/job.h"\n'),
    ],
    "low_layers_stay_small": [("process/a.h", "#include <nlohmann/json.hpp>\n")],
    "headers_guard_themselves": [("base/a.h", "int a;\n")],
    "await_takes_named_values": [
        ("daemon/a.cc", "co_await send(Message{1, 2});"),
        ("daemon/a.cc", "auto x = co_await run([this] { return 1; });"),
        ("daemon/a.cc", "if (co_await run({a, b})) return;"),
        ("daemon/a.cc", "co_await run(std::function<void()>(f));"),
        ("tests/a.cc", "co_await run(\n    a,\n    B{});"),
    ],
    "await_stands_alone": [("daemon/a.cc", "co_await f(co_await g());")],
    "nothing_sleeps": [
        ("daemon/a.cc", "std::this_thread::sleep_for(x);"),
        ("process/a.cc", "::usleep(3);"),
        ("cli/a.cc", "sleep (1);"),
    ],
    "S3_descriptors_close_on_exec": [
        ("process/a.cc", "int fd = ::open(path, O_RDONLY);"),
        ("process/a.cc", "::socket(AF_UNIX,\n  SOCK_STREAM, 0);"),
        ("process/a.cc", "::pipe(ends);"),
        ("process/a.cc", "dup2(a, 1);"),
        ("process/a.cc", "return memfd_create(name, MFD_ALLOW_SEALING);"),
        ("daemon/a.cc", "::recvmsg(fd, &message, MSG_DONTWAIT);"),
        ("daemon/a.cc", "::fcntl(fd, F_DUPFD, 3);"),
    ],
    "D6_close_is_not_retried": [
        ("base/a.cc", "while (close(fd) != 0 && errno == EINTR) {}"),
        ("tests/a.cc", "do { r = ::close(fd); } while (r < 0 && errno == EINTR);"),
        ("base/a.cc", "TEMP_FAILURE_RETRY(::close(fd));"),
    ],
    "files_stay_short": [("base/a.cc", "//\n" * 401)],
    "platforms_are_files": [("base/a.cc", "#ifdef __linux__\n#endif\n")],
    "nothing_jumps": [("base/a.cc", "goto out;")],
    "nothing_is_unfinished": [("base/a.cc", "// TO" "DO: more\n")],
}

KEEPS = {
    "includes_look_down": [
        ("daemon/a.cc", '#include "cgroup/pen.h"\n#include <unistd.h>\n'),
        ("ipc/api/a.cc", '#include "ipc/varlink/call.h"\n#include "config/job.h"\n'),
        ("tests/cli/a.cc", '#include "process/launch.h"\n'),
    ],
    "low_layers_stay_small": [("ipc/varlink/a.h", "#include <nlohmann/json.hpp>\n")],
    "headers_guard_themselves": [("base/a.h", "#pragma once\nint a;\n")],
    "await_takes_named_values": [
        ("daemon/a.cc", "if (co_await run(a)) { b(); }"),
        ("daemon/a.cc", "Message m{1};\nco_await send(std::move(m));\nauto f = [] {};"),
        ("daemon/a.cc", '// co_await f({})\nauto s = "co_await f({})";'),
    ],
    "await_stands_alone": [("daemon/a.cc", "const auto a = co_await g();\nco_await f(a);")],
    "nothing_sleeps": [
        ("daemon/a.cc", "// sleep_for is wrong\nawaken(); job.sleep(1);"),
        ("tests/a.cc", "::usleep(3);"),
    ],
    "S3_descriptors_close_on_exec": [
        ("process/a.cc", "::open(path, O_RDONLY | O_CLOEXEC); log.open(path); file::open(p);"),
        ("process/a.cc", "::fcntl(fd, F_DUPFD_CLOEXEC, 3); ::pipe2(ends, O_CLOEXEC);"),
        ("process/a.cc", "::recvmsg(fd, &m,\n          MSG_CMSG_CLOEXEC);"),
    ],
    "D6_close_is_not_retried": [
        ("base/a.cc", "while (read(fd, b, n) < 0 && errno == EINTR) {}\nclose(fd);"),
        ("base/a.cc", "do { n = read(fd); } while (n < 0 && errno == EINTR);\nclose(fd);"),
        ("base/a.cc", "::close(fd);\nwhile (f() && errno == EINTR) {}"),
    ],
    "files_stay_short": [("base/a.cc", "//\n" * 400)],
    "platforms_are_files": [("base/a.cc", "#ifdef __SANITIZE_ADDRESS__\n#endif\n")],
    "nothing_jumps": [("base/a.cc", "// goto is not used\n")],
    "nothing_is_unfinished": [("base/a.cc", 'mkdtemp("/tmp/x.XXXXXX"); // a hacksaw\n')],
}
