#include "process/keeper/box_table.h"

#include <utility>

namespace coppice::process {
namespace {

// A thread that has read a request may be kept from the processor while another reads any number of those behind it. This
// many mean that the supervisor has left a number out.
constexpr std::size_t kMaxEarly = 65'536;

}  // namespace

bool BoxTable::hold(const Hold& request, std::vector<UniqueFd> descriptors) {
  Change change;
  change.box = request.box;
  change.tags.assign(request.tags.begin(), request.tags.begin() + request.count);
  change.descriptors = std::move(descriptors);
  return submit(request.number, std::move(change));
}

bool BoxTable::drop(const Drop& request) {
  Change change;
  change.box = request.box;
  change.dropped = request.tag;
  return submit(request.number, std::move(change));
}

bool BoxTable::skip(std::uint32_t number) {
  Change change;
  change.skipped = true;
  return submit(number, std::move(change));
}

bool BoxTable::submit(std::uint32_t number, Change change) {
  std::vector<UniqueFd> closed;  // after the lock
  const std::lock_guard lock(mutex_);
  if (number < next_ || early_.size() >= kMaxEarly) return false;
  if (!early_.try_emplace(number, std::move(change)).second) return false;
  while (!early_.empty() && early_.begin()->first == next_) {
    carry_out(std::move(early_.extract(early_.begin()).mapped()), closed);
    ++next_;
  }
  return true;
}

void BoxTable::carry_out(Change change, std::vector<UniqueFd>& closed) {
  if (change.skipped) return;
  if (change.tags.empty() && change.dropped == 0) {
    if (auto box = boxes_.extract(change.box))
      for (auto& [tag, descriptor] : box.mapped()) closed.push_back(std::move(descriptor));
    return;
  }
  Contents& contents = boxes_[change.box];
  for (std::size_t i = 0; i < change.tags.size(); ++i)
    closed.push_back(std::exchange(contents[change.tags[i]], std::move(change.descriptors[i])));
  if (change.dropped != 0)
    if (auto found = contents.extract(change.dropped)) closed.push_back(std::move(found.mapped()));
  if (contents.empty()) boxes_.erase(change.box);
}

void BoxTable::begin_line() {
  const std::lock_guard lock(mutex_);
  next_ = 1;
  early_.clear();
}

void BoxTable::hand_over(const std::function<bool(const Held&, std::span<const int>)>& tell) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [box, contents] : boxes_) {
    for (auto next = contents.begin(); next != contents.end();) {
      Held held;
      held.box = box;
      std::array<int, kMaxHeld> descriptors{};
      for (; held.count < kMaxHeld && next != contents.end(); ++next, ++held.count) {
        held.tags[held.count] = next->first;
        descriptors[held.count] = next->second.get();
      }
      if (!tell(held, std::span(descriptors).first(held.count))) return;
    }
  }
}

std::vector<KeptDescriptor> BoxTable::keep() const {
  const std::lock_guard lock(mutex_);
  std::vector<KeptDescriptor> all;
  for (const auto& [box, contents] : boxes_)
    for (const auto& [tag, descriptor] : contents) all.push_back({box, tag, descriptor.get()});
  return all;
}

void BoxTable::restore(const KeptDescriptor& kept) {
  const std::lock_guard lock(mutex_);
  boxes_[kept.box][kept.tag] = UniqueFd(kept.descriptor);
}

bool BoxTable::empty() const {
  const std::lock_guard lock(mutex_);
  return boxes_.empty();
}

}  // namespace coppice::process
