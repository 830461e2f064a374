// Many that listen to the same events.
#pragma once

#include <string>
#include <vector>

#include "bench/daemon_process.h"
#include "bench/series.h"
#include "bench/wire.h"

namespace coppice::bench {

struct Fanned {
  // From the first job's request until the last reader has the last event.
  Micros time{0};
  // Events, each counted for each reader.
  double told = 0;
};

class Fan {
 public:
  // Subscribes `readers` connections to the slice "fan" and waits until all of them are told.
  Fan(const DaemonProcess& daemon, const std::string& tiny, int readers);

  // Runs `jobs` there, one after the other. What they are told must fit into a socket's buffer.
  Fanned run(int jobs);

 private:
  void run_job(const std::string& name);

  Wire client_;
  std::string tiny_;
  std::vector<Wire> readers_;
};

}  // namespace coppice::bench
