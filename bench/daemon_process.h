// A daemon of our own for one measurement.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "ipc/varlink/client.h"

namespace coppice::bench {

// What one thread of the daemon has used so far.
struct ThreadUse {
  std::string process;
  std::string thread;
  double running_micros = 0;
  // Ready to run, but another had the processor.
  double waiting_micros = 0;
  double switches = 0;
};

class DaemonProcess {
 public:
  // Starts `coppiced` (its keeper lies beside it) on these cores and waits until it listens. Its files are in a
  // directory of its own below TMPDIR. Throws std::runtime_error, with what it said, if it does not.
  DaemonProcess(const std::string& coppiced, const std::vector<int>& cores);
  // SIGTERM, a minute's patience, SIGKILL; removes the files.
  ~DaemonProcess();
  DaemonProcess(const DaemonProcess&) = delete;
  DaemonProcess& operator=(const DaemonProcess&) = delete;

  varlink::Client connect() const;

  // Bytes of proportional set size, keeper and supervisor together. Takes no job's process in.
  double memory() const;

  // Of all threads of keeper and supervisor.
  std::vector<ThreadUse> use() const;

 private:
  std::vector<pid_t> processes() const;

  std::string directory_;
  pid_t pid_ = -1;
};

}  // namespace coppice::bench
