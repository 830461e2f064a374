// What an administrator sets: the keys of coppiced.toml as a plain struct, with what counts where nothing is said.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/history/bounds.h"

namespace coppice::daemon {

// What one user may have at a time. Root and the user that the daemon runs as have no bounds of this kind.
struct Quotas {
  static constexpr std::int64_t kUnlimited = std::numeric_limits<std::int64_t>::max();

  // Started or queued, and of those the queued.
  std::int64_t live_jobs = 4096;
  std::int64_t queued_jobs = 2048;
  // With live jobs in them.
  std::int64_t slices = 256;
  // Of the user, those outside of jobs too (RLIMIT_NPROC of its jobs).
  std::int64_t processes = kUnlimited;
  // The sum of the memoryMax of its live jobs, each of which must have one then.
  std::int64_t memory = kUnlimited;
  std::int64_t connections = 256;
  std::int64_t requests = 256;
  std::int64_t message_size = std::int64_t{16} << 20;
  std::int64_t descriptors = 512;
};

struct Settings {
  // Addresses to listen at.
  std::vector<std::string> sockets = {};
  std::string state_directory = {};
  std::string runtime_directory = {};
  // Where the system's log listens, for streams of kind journal.
  std::string journal = "/run/systemd/journal/socket";
  // The keeper's program; empty: coppice-keeper beside this one, then in ../libexec/coppice.
  std::string keeper = {};
  // What is kept of ended jobs.
  HistoryBounds history = {};
  // End when there has been no live job and no connection for so long.
  std::optional<std::chrono::milliseconds> idle_exit = {};
  // What becomes of jobs when the daemon is told to end: they are stopped, or left for the next daemon.
  bool leave_jobs = false;
  // What stopping all of them may take, whatever grace they ask for; then they are killed.
  std::chrono::milliseconds stop_timeout = std::chrono::seconds(30);
  // Deaths of the supervisor in a row, each soon after its start, after which the keeper starts it no more.
  int restarts = 10;
  std::chrono::milliseconds restarts_within = std::chrono::seconds(10);
  // Its members touch the jobs of everybody; empty for nobody.
  std::string admin_group = "coppice";
  Quotas quotas = {};
  // Of those users, by name or number, that have others.
  std::map<std::string, Quotas> user_quotas = {};
};

}  // namespace coppice::daemon
