#include "daemon/register/register.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/errno_text.h"

namespace coppice::daemon {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDigits = 8;

std::string read_boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

std::optional<std::uint64_t> number_of(const std::string& name) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (name.size() != kDigits || error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

std::vector<std::uint64_t> numbers_in(const std::string& directory) {
  std::vector<std::uint64_t> numbers;
  for (const auto& entry : fs::directory_iterator(directory))
    if (const auto number = number_of(entry.path().filename())) numbers.push_back(*number);
  std::ranges::sort(numbers);
  return numbers;
}

void make_directory(const std::string& path) {
  std::error_code error;
  fs::create_directory(path, error);
  if (error) throw errno_error("make", path, error.value());
  fs::permissions(path, fs::perms::owner_all, error);
  if (error) throw errno_error("chmod", path, error.value());
}

}  // namespace

Register::Register(std::string directory) : directory_(std::move(directory)), boot_(read_boot_id()) {
  make_directory(directory_);
  open_segments();
}

void Register::open_segments() {
  for (const std::uint64_t number : numbers_in(directory_)) {
    last_number_ = number;
    try {
      segments_.push_back({number, RegisterSegment::open(path_of(number))});
    } catch (const SegmentRefused& refused) {
      if (refused.newer())
        throw std::runtime_error(std::string(refused.what()) + "; start that version, or name another state directory with --state");
      set_aside(path_of(number), refused.what());
    }
  }
}

void Register::set_aside(const std::string& path, const std::string& why) {
  const std::string aside = path + ".damaged";
  if (::rename(path.c_str(), aside.c_str()) != 0) throw errno_error("rename", path, errno);
  problems_.push_back(why + ": kept as \"" + aside + "\"; what it told of jobs is lost");
}

void Register::replay(const std::function<void(const nlohmann::json&, bool of_this_boot)>& each) {
  for (Numbered& one : segments_) {
    const bool of_this_boot = one.segment.boot() == boot_;
    const bool sound = one.segment.replay([&](std::span<const std::uint8_t> bytes) {
      const auto record = nlohmann::json::from_cbor(bytes.begin(), bytes.end(), true, false);
      if (!record.is_object()) return false;
      each(record, of_this_boot);
      return true;
    });
    if (!sound)
      problems_.push_back("\"" + one.segment.path() + "\" is damaged at byte " + std::to_string(one.segment.size()) +
                          ": what it told of jobs behind that is lost");
  }
  // Its header says of which boot its records are.
  if (!segments_.empty() && segments_.back().segment.boot() == boot_) return;
  try {
    begin_segment();
  } catch (const std::system_error&) {
    // Every append tries again, and is told why.
  }
}

void Register::append(std::span<const std::uint8_t> record, Weight weight) {
  const std::uint64_t most = RegisterSegment::kSize - (weight == Weight::refusable ? RegisterSegment::kSpare : 0);
  const bool fits = !segments_.empty() && segments_.back().segment.size() + record.size() + 4 <= most;
  if (!fits) {
    try {
      begin_segment();
    } catch (const std::system_error&) {
      // What cannot be refused may still find room where the disk has some.
      if (weight == Weight::refusable || segments_.empty()) throw;
    }
  }
  segments_.back().segment.append(record);
}

void Register::begin_segment() {
  segments_.push_back({last_number_ + 1, RegisterSegment::create(path_of(last_number_ + 1), boot_)});
  ++last_number_;
}

void Register::drop_before(std::uint64_t number) {
  while (segments_.size() > 1 && segments_[1].number < number) {
    // One that stays is read again at the next start, and changes nothing.
    static_cast<void>(::unlink(segments_.front().segment.path().c_str()));
    segments_.pop_front();
  }
  left_ = segments_.size();
}

std::string Register::path_of(std::uint64_t number) const {
  char name[kDigits + 12];
  std::snprintf(name, sizeof name, "/%08llu", static_cast<unsigned long long>(number));
  return directory_ + name;
}

}  // namespace coppice::daemon
