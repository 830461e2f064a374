#include "cgroup/slice.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

#include "base/errno_text.h"
#include "cgroup/files.h"

namespace coppice::cgroup {
namespace {

// Keeps slices apart from pens and from the kernel's own files.
constexpr std::string_view kSuffix = ".slice";
constexpr std::string_view kCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";

std::optional<std::string> name_problem(std::string_view name) {
  if (name.empty()) return "has an empty name";
  if (name.front() == '.') return "has a name that begins with a dot";
  if (name.size() > kSliceNameMax) return "has a name longer than " + std::to_string(kSliceNameMax) + " bytes";
  if (name.find_first_not_of(kCharacters) != name.npos)
    return "has a character other than letters, digits, \"_\", \".\" and \"-\"";
  return std::nullopt;
}

std::optional<std::string> path_problem(std::string_view path) {
  if (path.empty()) return std::nullopt;
  if (path.size() > kSlicePathMax) return "is longer than " + std::to_string(kSlicePathMax) + " bytes";
  std::size_t depth = 0;
  for (std::size_t at = 0; at <= path.size(); ++depth) {
    const std::string_view name = path.substr(at, path.find('/', at) - at);
    if (auto problem = name_problem(name)) return problem;
    at += name.size() + 1;
  }
  if (depth > kSliceDepthMax) return "is deeper than " + std::to_string(kSliceDepthMax);
  return std::nullopt;
}

}  // namespace

std::optional<std::string> slice_problem(std::string_view path) {
  const auto problem = path_problem(path);
  if (!problem) return std::nullopt;
  return "the slice \"" + std::string(path.substr(0, kSlicePathMax)) + "\" " + *problem;
}

Slice::Slice(UniqueFd directory, std::string path, Controllers controllers, std::shared_ptr<Slice> parent,
             std::string entry)
    : Group(std::move(directory), std::move(path)),
      controllers_(controllers),
      parent_(std::move(parent)),
      entry_(std::move(entry)) {}

Slice::~Slice() {
  // Busy is no failure: something that we do not hold lives on in there.
  if (parent_) static_cast<void>(::unlinkat(parent_->directory(), entry_.c_str(), AT_REMOVEDIR));
}

std::optional<UnmetLimit> Slice::unmet_limit() const {
  for (const Slice* slice = this; slice; slice = slice->parent_.get())
    if (slice->unmet_) return slice->unmet_;
  return std::nullopt;
}

SliceTree::SliceTree(UniqueFd directory, const std::vector<std::string>& controllers,
                     const std::vector<MissingController>& missing)
    : missing_(missing) {
  for (const std::string& name : controllers) {
    bool Controllers::*known = name == "cpu"      ? &Controllers::cpu
                               : name == "io"     ? &Controllers::io
                               : name == "memory" ? &Controllers::memory
                               : name == "pids"   ? &Controllers::pids
                                                  : nullptr;
    if (!known) continue;
    controllers_.*known = true;
    enable_.append(enable_.empty() ? "+" : " +").append(name);
  }
  top_ = std::make_shared<Slice>(std::move(directory), "", controllers_, nullptr, "");
}

std::shared_ptr<Slice> SliceTree::open(std::string_view path) {
  if (auto problem = slice_problem(path)) throw std::invalid_argument(*problem);
  std::shared_ptr<Slice> slice = top_;
  for (std::size_t at = 0; at < path.size();) {
    const std::string_view name = path.substr(at, path.find('/', at) - at);
    at += name.size();
    slice = open_below(std::move(slice), std::string(path.substr(0, at)), name);
    ++at;
  }
  return slice;
}

std::shared_ptr<Slice> SliceTree::find(std::string_view path) const {
  if (path.empty()) return top_;
  const auto found = slices_.find(path);
  return found == slices_.end() ? nullptr : found->second.lock();
}

std::shared_ptr<Slice> SliceTree::open_below(std::shared_ptr<Slice> parent, std::string path,
                                             std::string_view name) {
  if (auto known = find(path)) return known;
  forget_unused();
  std::string entry = std::string(name).append(kSuffix);
  // One that is there already was left by whoever put something in it; we are at home here all the same.
  if (::mkdirat(parent->directory(), entry.c_str(), 0755) != 0 && errno != EEXIST)
    throw errno_error("make the cgroup of slice", path, errno);
  UniqueFd directory = open_directory(parent->directory(), entry.c_str());
  if (!directory) throw errno_error("open the cgroup of slice", path, errno);
  auto slice = std::make_shared<Slice>(std::move(directory), path, controllers_, std::move(parent), entry);
  if (!enable_.empty())
    if (const int error = slice->set("cgroup.subtree_control", enable_))
      throw errno_error("write cgroup.subtree_control of slice", path, error);
  set_limits(*slice);
  slices_.insert_or_assign(std::move(path), slice);
  return slice;
}

void SliceTree::remember_limits(std::string_view path, const config::Limits& limits) {
  std::vector<LimitWrite> writes = limit_writes(limits);
  if (const auto known = limits_.find(path); known != limits_.end()) limits_.erase(known);
  if (const auto slice = find(path)) {
    auto unmet = unavailable(writes, missing_);
    slice->unmet_ = unmet.empty() ? std::nullopt : std::optional(std::move(unmet.front()));
  }
  if (!writes.empty()) limits_.emplace(path, std::move(writes));
}

void SliceTree::set_limits(Slice& slice) const {
  const auto limits = limits_.find(slice.path());
  if (limits == limits_.end()) return;
  auto unmet = write_limits(slice, limits->second, missing_);
  if (!unmet.empty()) slice.unmet_ = std::move(unmet.front());
}

void SliceTree::forget_unused() {
  if (slices_.size() < forget_at_) return;
  std::erase_if(slices_, [](const auto& entry) { return entry.second.expired(); });
  forget_at_ = std::max<std::size_t>(64, 2 * slices_.size());
}

}  // namespace coppice::cgroup
