#include "cgroup/places.h"

#include <algorithm>

namespace coppice::cgroup {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const std::string_view part = text.substr(at, text.find(separator, at) - at);
    parts.push_back(part);
    at += part.size() + 1;
  }
  return parts;
}

bool octal(char digit) { return digit >= '0' && digit <= '7'; }

// mountinfo writes blank, tab, newline and backslash as \ooo.
std::string unescape(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\' && at + 3 < text.size() && octal(text[at + 1]) && octal(text[at + 2]) && octal(text[at + 3])) {
      plain += static_cast<char>((text[at + 1] - '0') * 64 + (text[at + 2] - '0') * 8 + (text[at + 3] - '0'));
      at += 3;
    } else {
      plain += text[at];
    }
  }
  return plain;
}

void add_once(std::vector<std::string>& list, std::string entry) {
  if (std::find(list.begin(), list.end(), entry) == list.end()) list.push_back(std::move(entry));
}

std::vector<Mount> mounts_of(std::string_view type, std::string_view mountinfo) {
  std::vector<Mount> mounts;
  for (const std::string_view line : split(mountinfo, '\n')) {
    // ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [TAG…] - TYPE SOURCE OPTIONS
    const std::vector<std::string_view> fields = split(line, ' ');
    if (fields.size() < 9) continue;
    const auto dash = std::find(fields.begin() + 6, fields.end(), "-");
    if (dash == fields.end() || dash + 1 == fields.end()) continue;
    const std::string point = unescape(fields[4]);
    std::erase_if(mounts, [&](const Mount& earlier) { return earlier.point == point; });
    if (dash[1] == type) mounts.push_back({unescape(fields[3]), point});
  }
  return mounts;
}

}  // namespace

std::vector<Mount> cgroup2_mounts(std::string_view mountinfo) { return mounts_of("cgroup2", mountinfo); }

std::vector<Mount> cgroup1_mounts(std::string_view mountinfo) { return mounts_of("cgroup", mountinfo); }

std::optional<std::string> own_cgroup(std::string_view cgroup) {
  for (const std::string_view line : split(cgroup, '\n'))
    if (line.starts_with("0::/")) return std::string(line.substr(3));
  return std::nullopt;
}

std::optional<std::string> shown_at(const Mount& mount, std::string_view path) {
  // `/../x`: outside of our cgroup namespace.
  if (path == "/.." || path.starts_with("/../")) return std::nullopt;
  std::string_view below = path;
  if (mount.root != "/") {
    if (!path.starts_with(mount.root)) return std::nullopt;
    below.remove_prefix(mount.root.size());
    if (!below.empty() && below.front() != '/') return std::nullopt;
  }
  if (below == "/") below = {};
  return mount.point + std::string(below);
}

Places find_places(std::string_view mountinfo, std::string_view cgroup) {
  Places places;
  const auto own = own_cgroup(cgroup);
  for (const Mount& mount : cgroup2_mounts(mountinfo)) {
    add_once(places.roots, mount.point);
    if (const auto shown = own ? shown_at(mount, *own) : std::nullopt) add_once(places.own, *shown);
  }
  return places;
}

}  // namespace coppice::cgroup
