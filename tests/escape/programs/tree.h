// What the ways of escaping share.
#pragma once

#include <sys/types.h>

#include <string>

namespace escapee {

// Says that the tree stands, by making the file.
void stand(const std::string& file);
// Forks; the child runs `body`, which never returns.
template <typename Body>
pid_t branch(Body body);
[[noreturn]] void linger();
[[noreturn]] void give_up(const char* step);
// The directory of this process's cgroup.
std::string own_cgroup();
void write_text(const std::string& path, const std::string& text);
std::string read_text(const std::string& path);

// Each makes its tree, says so, and stays.
void double_fork(const std::string& ready);
void setsid_chain(const std::string& ready);
void daemonize_again_and_again(const std::string& ready);
void ignore_signals(const std::string& ready);
void stop_itself(const std::string& ready);
void trace_sibling(const std::string& ready);
void block_in_vfork(const std::string& ready);
void nest(const std::string& ready);
void nest_and_freeze(const std::string& ready);
void lose_main_thread(const std::string& ready);
void move_away(const std::string& ready, const std::string& elsewhere);
void bomb(const std::string& ready);
// `elsewhere` is the directory of a cgroup outside, and `below` where that is from the root of its file system. Beside
// the ready file they make a report.
void leave(const std::string& ready, const std::string& elsewhere, const std::string& below);
void leave_and_end(const std::string& ready, const std::string& elsewhere, const std::string& below);
void leave_without_a_trace(const std::string& ready, const std::string& elsewhere, const std::string& below);

}  // namespace escapee

#include <unistd.h>

template <typename Body>
pid_t escapee::branch(Body body) {
  const pid_t pid = ::fork();
  if (pid < 0) give_up("fork");
  if (pid > 0) return pid;
  body();
  linger();
}
