#include <algorithm>
#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <string>

#include "base/errno_text.h"
#include "base/memory_file.h"
#include "process/launch.h"
#include "process/launch_record.h"

namespace coppice::process {
namespace {

void check(const Launch& launch) {
  const auto refuse = [](std::string_view what) { throw errno_error("seal", what, EINVAL); };
  const auto whole = [](const std::string& text) { return text.find('\0') == text.npos; };
  const auto absolute = [&](const std::string& path) { return path.starts_with('/') && whole(path); };
  if (launch.candidates.empty() || !std::ranges::all_of(launch.candidates, absolute))
    refuse("program");
  if (launch.argv.empty() || !std::ranges::all_of(launch.argv, whole)) refuse("argv");
  if (!std::ranges::all_of(launch.environment, whole)) refuse("environment");
  for (const auto* mounts : {&launch.cgroup2_mounts, &launch.cgroup1_mounts})
    if (mounts->size() > kMaxCgroupMounts || !std::ranges::all_of(*mounts, absolute)) refuse("cgroup mounts");
  if (!absolute(launch.directory)) refuse("directory");
  if (launch.root && !absolute(*launch.root)) refuse("root");
  for (const auto& file : launch.files)
    if (file && !absolute(file->path)) refuse("file");
  const auto& [input, output, error] = launch.files;
  if (input && (input->append || input->truncate)) refuse("input");
  if (launch.error_follows_output && (!output || error)) refuse("error");
  if (launch.terminal && (*launch.terminal < 0 || *launch.terminal > 2)) refuse("terminal");
  if (launch.limits.size() > kMaxLimits) refuse("limits");
  if (launch.credentials && launch.credentials->groups.size() > kMaxGroups) refuse("groups");
}

RecordHeader header_of(const Launch& launch) {
  RecordHeader header{};
  header.magic = kRecordMagic;
  header.umask = launch.umask & 07777;
  header.nice = launch.nice.value_or(0);
  header.oom_score_adjust = launch.oom_score_adjust.value_or(0);
  if (launch.nice) header.flags |= kRecordNice;
  if (launch.oom_score_adjust) header.flags |= kRecordOomScore;
  if (launch.no_new_privileges) header.flags |= kRecordNoNewPrivileges;
  if (launch.enter_pen_by_write) header.flags |= kRecordEnterPenByWrite;
  if (launch.cgroup_view != CgroupView::shared) header.flags |= kRecordSealed;
  if (launch.cgroup_view == CgroupView::delegated) header.flags |= kRecordDelegated;
  if (launch.terminal) header.flags |= static_cast<std::uint32_t>(*launch.terminal + 1) << kRecordTerminalShift;
  if (launch.credentials) {
    header.flags |= kRecordCredentials;
    header.uid = launch.credentials->uid;
    header.gid = launch.credentials->gid;
    header.groups = static_cast<std::uint32_t>(launch.credentials->groups.size());
  }
  header.limits = static_cast<std::uint32_t>(launch.limits.size());
  header.candidates = static_cast<std::uint32_t>(launch.candidates.size());
  header.arguments = static_cast<std::uint32_t>(launch.argv.size());
  header.environment = static_cast<std::uint32_t>(launch.environment.size());
  header.cgroup2_mounts = static_cast<std::uint32_t>(launch.cgroup2_mounts.size());
  header.cgroup1_mounts = static_cast<std::uint32_t>(launch.cgroup1_mounts.size());
  return header;
}

class Writer {
 public:
  explicit Writer(const Launch& launch) : header_(header_of(launch)) {
    bytes_.reserve(4096);
    put(header_);
    for (const ResourceLimit& limit : launch.limits)
      put(RecordLimit{limit.soft, limit.hard, static_cast<std::uint32_t>(limit.resource), 0});
    if (launch.credentials) put_groups(launch.credentials->groups);
    offsets_ = bytes_.size();
    const std::initializer_list<const std::vector<std::string>*> lists = {
        &launch.candidates, &launch.argv, &launch.environment, &launch.cgroup2_mounts, &launch.cgroup1_mounts};
    std::size_t texts = 0;
    for (const auto* list : lists) texts += list->size();
    bytes_.resize(bytes_.size() + texts * sizeof(std::uint32_t));
    for (const auto* list : lists)
      for (const std::string& text : *list) put_text(text);
    header_.directory = append(launch.directory);
    if (launch.root) header_.root = append(*launch.root);
    put_files(launch);
    header_.size = static_cast<std::uint32_t>(bytes_.size());
    std::memcpy(bytes_.data(), &header_, sizeof header_);
  }

  const std::string& bytes() const { return bytes_; }

 private:
  template <typename T>
  void put(const T& value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }

  // The kernel keeps groups sorted; the child compares what it reads back with these.
  void put_groups(std::vector<gid_t> groups) {
    std::ranges::sort(groups);
    for (const gid_t group : groups) put(static_cast<std::uint32_t>(group));
  }

  void put_text(const std::string& text) {
    const std::uint32_t offset = append(text);
    std::memcpy(bytes_.data() + offsets_, &offset, sizeof offset);
    offsets_ += sizeof offset;
  }

  // Where it begins.
  std::uint32_t append(const std::string& text) {
    if (bytes_.size() + text.size() >= kMaxRecordSize) throw errno_error("seal", "record", E2BIG);
    const auto offset = static_cast<std::uint32_t>(bytes_.size());
    bytes_.append(text.c_str(), text.size() + 1);
    return offset;
  }

  void put_files(const Launch& launch) {
    for (std::size_t i = 0; i < launch.files.size(); ++i) {
      const auto& file = launch.files[i];
      if (!file) continue;
      header_.files[i].path = append(file->path);
      header_.files[i].flags = (file->append ? kFileAppends : 0) | (file->truncate ? kFileTruncates : 0);
    }
    if (launch.error_follows_output) header_.files[2].flags = kFileFollows;
  }

  RecordHeader header_;
  std::string bytes_;
  std::size_t offsets_ = 0;
};

}  // namespace

UniqueFd seal(const Launch& launch) {
  check(launch);
  const Writer writer(launch);
  const std::string& bytes = writer.bytes();
  if (bytes.size() > kMaxRecordSize) throw errno_error("seal", "record", E2BIG);
  return sealed_memory_file("coppice-launch", bytes);
}

}  // namespace coppice::process
