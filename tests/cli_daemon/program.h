// A program that a test runs beside itself, with deadlines on every wait.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/unique_fd.h"

namespace coppice::cli_daemon {

struct Ended {
  // As a shell has it: 128+n for signal n.
  int code = 0;
  std::string output;
  std::string error;
};

class Program {
 public:
  // `environment` is all that the program gets. Standard input is /dev/null, or `input` if that is open.
  // `extra`, if it is open, becomes descriptor 3.
  Program(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
          UniqueFd input = UniqueFd(), UniqueFd extra = UniqueFd());
  // Kills what still runs, and reaps it.
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;

  // Reads until standard output, or standard error, contains `text`. Throws when it ends before, or when the
  // deadline has passed.
  void await_output(const std::string& text) { await(output_, text); }
  void await_error(const std::string& text) { await(error_, text); }

  // Waits for the program and for the end of both streams: a stranger that holds one open makes this fail.
  Ended end();

 private:
  struct Capture {
    UniqueFd fd;
    std::string text;
  };
  void await(Capture& capture, const std::string& text);
  // False once neither stream is open.
  bool read_some();

  pid_t pid_ = -1;
  UniqueFd pidfd_;
  Capture output_;
  Capture error_;
};

// True once the process has exited, whoever reaps it; false when the deadline has passed. Nobody (-1) has
// exited already.
bool await_exit(int pidfd);
// Empty if there is no such process. Throws std::system_error.
UniqueFd open_pidfd(pid_t pid);

// Both ends close-on-exec.
struct Pipe {
  UniqueFd read;
  UniqueFd write;
};
Pipe make_pipe();

}  // namespace coppice::cli_daemon
