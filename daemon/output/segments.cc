#include "daemon/output/segments.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <memory>

#include "daemon/output/index_file.h"

namespace coppice::daemon {
namespace {

constexpr std::size_t kDigits = 16;

std::vector<std::string> files_of(const LogPlace& place) {
  std::vector<std::string> files;
  const auto close = [](DIR* directory) { ::closedir(directory); };
  const std::unique_ptr<DIR, decltype(close)> directory(::opendir(place.directory.c_str()), close);
  if (!directory) return files;
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view file = entry->d_name;
    if (file.starts_with(place.name + ".")) files.emplace_back(file);
  }
  return files;
}

config::Time changed_at(const struct stat& status) {
  const auto since_epoch = std::chrono::seconds(status.st_mtim.tv_sec) + std::chrono::nanoseconds(status.st_mtim.tv_nsec);
  return config::Time(std::chrono::duration_cast<std::chrono::microseconds>(since_epoch));
}

}  // namespace

std::string LogPlace::segment(std::uint64_t begin) const {
  std::array<char, kDigits + 2> digits;
  std::snprintf(digits.data(), digits.size(), ".%016llx", static_cast<unsigned long long>(begin));
  return path() + digits.data();
}

std::string LogPlace::index(std::uint64_t begin) const { return segment(begin) + ".index"; }

std::optional<std::uint64_t> segment_begin(std::string_view log, std::string_view file) {
  if (file.size() != log.size() + 1 + kDigits || !file.starts_with(log) || file[log.size()] != '.') return {};
  const std::string_view digits = file.substr(log.size() + 1);
  std::uint64_t begin = 0;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), begin, 16);
  if (error != std::errc() || end != digits.end()) return {};
  return begin;
}

LogRemains find_remains(const LogPlace& place) {
  LogRemains remains;
  for (const std::string& file : files_of(place)) {
    struct stat status {};
    const auto begin = segment_begin(place.name, file);
    if (!begin || ::lstat(place.segment(*begin).c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    remains.segments.push_back({*begin, *begin + static_cast<std::uint64_t>(status.st_size)});
    remains.last = std::max(remains.last, changed_at(status));
  }
  auto& segments = remains.segments;
  std::ranges::sort(segments, {}, &Segment::begin);
  for (std::size_t next = 1; next < segments.size(); ++next)
    segments[next - 1].end = std::min(segments[next - 1].end, segments[next].begin);
  if (segments.empty()) return remains;
  const IndexReader index(place.index(segments.back().begin));
  remains.discarded = index.header().discarded;
  remains.error = index.header().error;
  return remains;
}

void remove_log(const LogPlace& place) {
  // None may be ours to report: somebody else may have tidied up, or put something beside it.
  for (const std::string& file : files_of(place)) static_cast<void>(::unlink((place.directory + "/" + file).c_str()));
  static_cast<void>(::rmdir(place.directory.c_str()));
}

}  // namespace coppice::daemon
