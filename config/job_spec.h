// What a client asks for: the plain structs behind JobSpec of io.coppice.Jobs.
//
// They carry no behaviour; `config/check.h` says whether one makes sense. Times are milliseconds
// and sizes bytes, as in the interface. Names of fields are those of the interface in our spelling.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/boxed.h"

namespace coppice::config {

using Milliseconds = std::chrono::milliseconds;

// Descriptors are indices into those that came with the message.
using DescriptorIndex = int;

struct Command {
  std::vector<std::string> argv;
  std::optional<std::string> argv0;
};

struct Stream {
  enum class Kind { null, log, fd, file, pipe, pty, journal, data };
  Kind kind = Kind::null;
  std::optional<DescriptorIndex> fd;
  std::optional<std::string> path;
  std::optional<bool> append;
};

// getrlimit(2) values; nothing is unlimited.
struct Rlimit {
  std::optional<std::int64_t> soft;
  std::optional<std::int64_t> hard;
};

struct Limits {
  std::optional<std::int64_t> memory_max;
  std::optional<std::int64_t> memory_high;
  std::optional<double> cpu_max;
  std::optional<std::int64_t> cpu_weight;
  std::optional<std::int64_t> io_weight;
  std::optional<std::int64_t> processes_max;
  std::optional<Milliseconds> wall_time;
  std::optional<Milliseconds> silence;
  std::optional<Milliseconds> cpu_time;
  std::map<std::string, Rlimit> rlimits;
};

enum class Whom { main, all };
enum class Leftovers { kill, wait };
// Which end of a log goes when it has reached its cap.
enum class LogDrop { oldest, newest };

struct Stopping {
  std::optional<std::string> signal;
  std::optional<Whom> whom;
  std::optional<Milliseconds> grace;
  std::optional<Leftovers> leftovers;
};

struct TerminalSize {
  int columns = 80;
  int rows = 24;
};

struct Lifetime {
  enum class Bound { detached, connection, process, lease };
  Bound bound = Bound::detached;
  std::optional<DescriptorIndex> fd;
  std::optional<Milliseconds> ttl;
};

struct Restart {
  enum class Policy { never, on_failure, always };
  Policy policy = Policy::never;
  std::optional<Milliseconds> delay;
  std::optional<Milliseconds> max_delay;
  std::optional<std::int64_t> max_attempts;
  std::optional<Milliseconds> reset_after;
};

enum class Containment { cgroup, pid_namespace, subreaper, job_object, reaper, process_group };

struct JobSpec {
  std::vector<Command> commands;
  std::optional<std::string> name;
  std::optional<std::string> slice;
  std::map<std::string, std::string> labels;
  std::optional<std::string> base_directory;
  std::optional<std::string> working_directory;
  std::map<std::string, std::string> environment;
  std::optional<bool> inherit_environment;
  std::optional<std::string> user;
  std::optional<std::string> group;
  std::optional<std::vector<std::string>> supplementary_groups;
  std::optional<int> umask;
  std::optional<int> nice;
  std::optional<int> oom_score_adjust;
  std::optional<bool> no_new_privileges;
  std::optional<bool> delegate;
  std::optional<std::string> root_directory;
  std::optional<Stream> input;
  std::optional<Stream> output;
  std::optional<Stream> error;
  // Decoded from base64.
  std::optional<std::string> input_data;
  std::optional<TerminalSize> terminal_size;
  std::optional<DescriptorIndex> bytes_fd;
  Limits limits;
  std::optional<bool> limits_required;
  std::optional<Containment> containment_required;
  Boxed<Stopping> stopping;
  Boxed<Lifetime> lifetime;
  Boxed<Restart> restart;
  std::optional<int> priority;
  std::optional<std::int64_t> log_max;
  std::optional<LogDrop> log_drop;
};

}  // namespace coppice::config
