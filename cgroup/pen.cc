#include "cgroup/pen.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <stdexcept>

#include "base/errno_text.h"
#include "cgroup/files.h"
#include "cgroup/walk.h"

namespace coppice::cgroup {
namespace {

std::optional<std::int64_t> single_number(int directory, const char* file) {
  std::string text;
  std::int64_t number = 0;
  if (read_file(directory, file, text) != 0) return std::nullopt;
  if (std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc()) return std::nullopt;
  return number;
}

// The sum of `key=NUMBER` over all devices of io.stat.
std::int64_t sum_over_devices(std::string_view text, std::string_view key) {
  std::int64_t sum = 0;
  for (std::size_t at = text.find(key); at != text.npos; at = text.find(key, at + key.size())) {
    std::int64_t number = 0;
    const char* first = text.data() + at + key.size();
    if (std::from_chars(first, text.data() + text.size(), number).ec == std::errc()) sum += number;
  }
  return sum;
}

void read_io(int directory, Usage& usage) {
  std::string text;
  if (read_file(directory, "io.stat", text) != 0) return;
  usage.io_read = sum_over_devices(text, " rbytes=");
  usage.io_written = sum_over_devices(text, " wbytes=");
}

std::string name_of(const Slice& slice, std::string_view id) {
  return slice.path().empty() ? std::string(id) : slice.path() + "/" + std::string(id);
}

std::string entry_of(std::string_view id) { return std::string(id) + ".job"; }

}  // namespace

Pen::Pen(UniqueFd directory, std::string name, std::shared_ptr<Slice> slice, std::string entry)
    : Group(std::move(directory), std::move(name)), slice_(std::move(slice)), entry_(std::move(entry)) {}

Pen Pen::open(std::shared_ptr<Slice> slice, std::string_view id) {
  std::string name = name_of(*slice, id);
  std::string entry = entry_of(id);
  UniqueFd directory = open_directory(slice->directory(), entry.c_str());
  if (!directory && errno == ENOENT) return {};
  if (!directory) throw errno_error("open the cgroup of", name, errno);
  return Pen(std::move(directory), std::move(name), std::move(slice), std::move(entry));
}

Pen Pen::create(std::shared_ptr<Slice> slice, std::string_view id) {
  if (id.find('/') != id.npos || slice_problem(id) || id.empty())
    throw std::invalid_argument("\"" + std::string(id) + "\" is no name for a pen");
  std::string name = name_of(*slice, id);
  std::string entry = entry_of(id);
  if (::mkdirat(slice->directory(), entry.c_str(), 0755) != 0)
    throw errno_error("make the cgroup of", name, errno);
  UniqueFd directory = open_directory(slice->directory(), entry.c_str());
  if (!directory) {
    const int error = errno;
    static_cast<void>(::unlinkat(slice->directory(), entry.c_str(), AT_REMOVEDIR));  // the open failed already
    throw errno_error("open the cgroup of", name, error);
  }
  Pen pen(std::move(directory), std::move(name), std::move(slice), std::move(entry));
  // A kernel without it kills one process after the other.
  if (pen.slice()->controllers().memory) static_cast<void>(pen.set("memory.oom.group", "1"));
  return pen;
}

std::optional<Usage> Pen::usage_now() const {
  std::optional<Usage> usage = this->usage();
  if (!usage) return usage;
  const Controllers controllers = slice_->controllers();
  if (controllers.memory) usage->memory_now = single_number(directory(), "memory.current");
  if (controllers.pids) usage->processes_now = single_number(directory(), "pids.current");
  return usage;
}

std::optional<Usage> Pen::usage() const {
  std::string text;
  if (gone() || read_file(directory(), "cpu.stat", text) != 0) return std::nullopt;
  Usage usage;
  usage.cpu_user = std::chrono::microseconds(keyed_number(text, "user_usec").value_or(0));
  usage.cpu_system = std::chrono::microseconds(keyed_number(text, "system_usec").value_or(0));
  const Controllers controllers = slice_->controllers();
  if (controllers.memory) usage.memory_peak = single_number(directory(), "memory.peak");
  if (controllers.pids) usage.processes_peak = single_number(directory(), "pids.peak");
  if (controllers.io) read_io(directory(), usage);
  return usage;
}

std::optional<std::chrono::microseconds> Pen::cpu_time() const {
  std::string text;
  if (gone() || read_file(directory(), "cpu.stat", text) != 0) return std::nullopt;
  const auto used = keyed_number(text, "usage_usec");
  return used ? std::optional(std::chrono::microseconds(*used)) : std::nullopt;
}

std::int64_t Pen::out_of_memory_kills() const {
  std::string text;
  if (gone() || !slice_->controllers().memory || read_file(directory(), "memory.events", text) != 0) return 0;
  return keyed_number(text, "oom_kill").value_or(0);
}

bool Pen::killed_for_memory() const {
  std::string text;
  if (gone() || !slice_->controllers().memory || read_file(directory(), "memory.events.local", text) != 0) return false;
  return keyed_number(text, "oom_group_kill").value_or(0) > 0;
}

bool Pen::remove() {
  if (gone()) return true;
  const auto try_it = [this] { return ::unlinkat(slice_->directory(), entry_.c_str(), AT_REMOVEDIR) == 0; };
  if (!try_it()) {
    if (errno == EBUSY && populated()) return false;
    // Cgroups that the job made keep ours busy; so may the kernel for a moment.
    const auto drop = [](int parent, const char* name) {
      // What stays is told by the last one, which then is busy.
      static_cast<void>(::unlinkat(parent, name, AT_REMOVEDIR));
    };
    walk_below(directory(), {.visit = {}, .leave = drop});
    if (!try_it() && errno != ENOENT) {
      if (errno == EBUSY) return false;
      throw errno_error("remove the cgroup of", name(), errno);
    }
  }
  close();
  slice_.reset();
  return true;
}

}  // namespace coppice::cgroup
