// A real daemon in a directory of its own.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "ipc/varlink/client.h"

namespace coppice::support {

// Why no daemon can run here; empty if one can.
std::string missing_privilege();

// A directory below /tmp (the path of a socket is short), removed with all that is in it.
class Folder {
 public:
  Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// How a daemon is started, where that is not as usual.
struct Setting {
  // Beside those of Daemon::arguments().
  std::vector<std::string> arguments = {};
  // A path below the runfiles.
  std::string program = "daemon/coppiced";
  // NAME=VALUE, beside what this process has.
  std::vector<std::string> environment = {};
  // For the keeper itself. If there are any, it is started as such, and not by a coppiced that becomes it.
  std::vector<std::string> keeper_arguments = {};
  // Called with the daemon's folder before it is started in it for the first time.
  std::function<void(const std::string&)> prepare = [](const std::string&) {};
};

// A started coppiced that may or may not get ready.
class Process {
 public:
  // Arguments after the program's name. Its standard error goes to the file `log`.
  Process(const std::vector<std::string>& arguments, const std::string& log);
  Process(const Setting& setting, const std::string& log);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  // SIGKILL if it still runs.
  ~Process();

  pid_t pid() const { return pid_; }
  // False if it ended, or the deadline passed, before it said that it is ready.
  bool await_ready();
  void signal(int signo) const;
  // Its wait status; nothing when it has not ended within the deadline.
  std::optional<int> await_end();

 private:
  pid_t pid_ = -1;
  UniqueFd ready_;
  std::optional<int> status_;
};

class Daemon {
 public:
  // `more`: arguments beside those of arguments(). Throws std::runtime_error with what coppiced said if it does not get
  // ready.
  explicit Daemon(const std::vector<std::string>& more = {});
  explicit Daemon(Setting setting);
  // SIGTERM, then SIGKILL when that is not answered.
  ~Daemon();

  varlink::Client connect() const;
  // The process that was started and became the keeper.
  pid_t keeper() const { return process_->pid(); }
  // Its child that serves now. Throws std::runtime_error while there is none.
  pid_t supervisor() const;
  // The same, when it is there; throws when that does not come about within the deadline.
  pid_t await_supervisor() const;
  // SIGKILL; returns when that supervisor is dead. False if there was none.
  bool kill_supervisor();
  // SIGKILL for the keeper and the supervisor; returns when both are dead.
  void kill_both();
  // Another keeper in the same directory, after the end of the first. Throws as the constructor does.
  void start_again();
  const std::string& folder() const { return folder_.path(); }
  std::string socket() const { return folder() + "/s"; }
  // Empty unless a test writes it (Setting::prepare knows the folder).
  std::string settings_file() const { return folder() + "/coppiced.toml"; }
  std::vector<std::string> arguments() const;
  // What it wrote to standard error.
  std::string said() const;

  // SIGTERM; its wait status, or nothing if it does not end.
  std::optional<int> end();
  std::optional<int> await_end() { return process_->await_end(); }

 private:
  std::optional<pid_t> find_supervisor() const;

  Setting setting_;
  Folder folder_;
  std::optional<Process> process_;
};

}  // namespace coppice::support
