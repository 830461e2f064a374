// A daemon of our own for one measurement.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "bench/series.h"
#include "bench/thread_use.h"
#include "ipc/varlink/client.h"

namespace coppice::bench {

class DaemonProcess {
 public:
  // Starts `coppiced` (its keeper lies beside it) on these cores and waits until it listens. Its files are in a
  // directory of its own below TMPDIR. Throws std::runtime_error, with what it said, if it does not.
  DaemonProcess(const std::string& coppiced, const std::vector<int>& cores,
                const std::vector<std::string>& options = {});
  // SIGTERM, a minute's patience, SIGKILL; removes the files.
  ~DaemonProcess();
  DaemonProcess(const DaemonProcess&) = delete;
  DaemonProcess& operator=(const DaemonProcess&) = delete;

  std::string socket() const { return directory_ + "/socket"; }
  varlink::Client connect() const;
  // Of its own, on the file system that it keeps logs on.
  const std::string& directory() const { return directory_; }
  // From the fork to the word that it listens.
  Micros start_time() const { return start_time_; }

  pid_t keeper() const { return pid_; }
  // -1 while there is none.
  pid_t supervisor() const;

  // Bytes of proportional set size. Takes no job's process in.
  struct Memory {
    double keeper = 0;
    double supervisor = 0;
    double both() const { return keeper + supervisor; }
  };
  Memory memory() const;

  // Of all threads of keeper and supervisor.
  std::vector<ThreadUse> use() const;

  // Bytes that read and write calls of the supervisor have copied so far (/proc/PID/io); splice is none.
  double copied() const;

 private:
  std::string directory_;
  pid_t pid_ = -1;
  Micros start_time_{0};
};

}  // namespace coppice::bench
