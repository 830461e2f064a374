#include "daemon/slice_node.h"

#include <tuple>
#include <utility>

namespace coppice::daemon {

SliceNode::Candidates::node_type SliceNode::make_candidate(Rank rank, Candidate candidate) {
  Candidates one;
  one.emplace(rank, candidate);
  return one.extract(one.begin());
}

SliceNode::SliceNode(SliceNode* above, std::string path)
    : above_(above), path_(std::move(path)), offer_(make_candidate({}, {nullptr, this})) {}

config::Slice SliceNode::view() const { return {path_, bounds_.max_jobs, running_, queued_, bounds_.limits}; }

SliceNode* SliceNode::find_below(std::string_view name) {
  const auto found = below_.find(name);
  return found == below_.end() ? nullptr : &found->second;
}

SliceNode& SliceNode::open_below(std::string_view name) {
  if (SliceNode* known = find_below(name)) return *known;
  std::string path = path_.empty() ? std::string(name) : path_ + "/" + std::string(name);
  const auto made = below_.emplace(std::piecewise_construct, std::forward_as_tuple(name),
                                   std::forward_as_tuple(this, std::move(path)));
  return made.first->second;
}

void SliceNode::drop_below(const SliceNode& node) noexcept {
  const std::string_view path = node.path_;
  below_.erase(below_.find(path.substr(path_.empty() ? 0 : path_.size() + 1)));
}

void SliceNode::each_below(const std::function<void(const SliceNode&)>& visit) const {
  for (const auto& [name, node] : below_) visit(node);
}

const Rank* SliceNode::best() const noexcept {
  if (candidates_.empty() || (bounds_.max_jobs && running_ >= *bounds_.max_jobs)) return nullptr;
  return &candidates_.begin()->first;
}

Claim& SliceNode::next() noexcept {
  const SliceNode* node = this;
  while (node->candidates_.begin()->second.below) node = node->candidates_.begin()->second.below;
  return *node->candidates_.begin()->second.claim;
}

void SliceNode::set_bounds(SliceBounds bounds) noexcept {
  bounds_ = std::move(bounds);
  offer();
}

void SliceNode::queue(Candidates::node_type candidate) noexcept {
  candidates_.insert(std::move(candidate));
  for (SliceNode* node = this; node; node = node->above_) ++node->queued_;
  offer();
}

void SliceNode::admit(Claim& claim) noexcept {
  candidates_.erase(claim.rank);
  for (SliceNode* node = this; node; node = node->above_) {
    --node->queued_;
    ++node->running_;
  }
  claim.admitted = true;
  offer();
}

void SliceNode::leave(const Claim& claim) noexcept {
  if (!claim.admitted) candidates_.erase(claim.rank);
  for (SliceNode* node = this; node; node = node->above_) --(claim.admitted ? node->running_ : node->queued_);
  offer();
}

// Every slice on the way up may have become full, or no longer be, whatever those below it offer.
void SliceNode::offer() noexcept {
  for (SliceNode* node = this; node->above_; node = node->above_) {
    const Rank* rank = node->best();
    const bool standing = node->offer_.empty();
    if (standing && rank && *rank == node->offered_) continue;
    Candidates& candidates = node->above_->candidates_;
    if (standing) node->offer_ = candidates.extract(node->offered_);
    if (!rank) continue;
    node->offered_ = *rank;
    node->offer_.key() = *rank;
    candidates.insert(std::move(node->offer_));
  }
}

}  // namespace coppice::daemon
