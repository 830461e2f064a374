#include "daemon/slice_table.h"

#include <utility>

#include "daemon/notifier.h"
#include "config/limits.h"
#include "daemon/slice_node.h"

namespace coppice::daemon {

struct SliceTable::State {
  SliceNode top{nullptr, ""};
  std::size_t bounds = 0;
  std::uint64_t sequence = 0;
  // The table is gone; who is left leaves without a trace.
  bool closed = false;

  SliceNode* find(std::string_view path);
  SliceNode& open(std::string_view path);
  void forget_unused(SliceNode* node) noexcept;
  void let_in() noexcept;
  void leave(const Claim& claim) noexcept;
};

namespace {

// Takes the first name off a path.
std::string_view take_name(std::string_view& path) {
  const std::string_view name = path.substr(0, path.find('/'));
  path.remove_prefix(name.size() < path.size() ? name.size() + 1 : name.size());
  return name;
}

bool worth_telling(const config::Slice& slice) {
  return slice.max_jobs || !config::unlimited(slice.limits) || (slice.live + slice.queued > 0 && !slice.name.empty());
}

void append(const SliceNode& node, std::vector<config::Slice>& slices) {
  if (config::Slice slice = node.view(); worth_telling(slice)) slices.push_back(std::move(slice));
  node.each_below([&](const SliceNode& below) { append(below, slices); });
}

}  // namespace

SliceNode* SliceTable::State::find(std::string_view path) {
  SliceNode* node = &top;
  while (node && !path.empty()) node = node->find_below(take_name(path));
  return node;
}

SliceNode& SliceTable::State::open(std::string_view path) {
  SliceNode* node = &top;
  try {
    while (!path.empty()) node = &node->open_below(take_name(path));
  } catch (...) {
    forget_unused(node);
    throw;
  }
  return *node;
}

void SliceTable::State::forget_unused(SliceNode* node) noexcept {
  while (node->above() && node->unused()) {
    SliceNode* above = node->above();
    above->drop_below(*node);
    node = above;
  }
}

void SliceTable::State::let_in() noexcept {
  while (top.has_next()) {
    Claim& claim = top.next();
    claim.slice->admit(claim);
    if (claim.notifier) claim.notifier->notify_all();
  }
}

void SliceTable::State::leave(const Claim& claim) noexcept {
  if (closed) return;
  claim.slice->leave(claim);
  forget_unused(claim.slice);
  let_in();
}

SliceTable::Place::Place(std::shared_ptr<State> state, std::unique_ptr<Claim> claim)
    : state_(std::move(state)), claim_(std::move(claim)) {}

SliceTable::Place::Place(Place&&) noexcept = default;

SliceTable::Place::~Place() {
  if (claim_) state_->leave(*claim_);
}

bool SliceTable::Place::admitted() const { return claim_->admitted; }

void SliceTable::Place::notify(Notifier& notifier) { claim_->notifier = &notifier; }

SliceTable::SliceTable() : state_(std::make_shared<State>()) {}

SliceTable::~SliceTable() { state_->closed = true; }

SliceTable::Place SliceTable::enter(std::string_view slice, int priority) {
  auto claim = std::make_unique<Claim>();
  claim->rank = {-static_cast<std::int64_t>(priority), ++state_->sequence};
  auto candidate = SliceNode::make_candidate(claim->rank, {claim.get(), nullptr});
  claim->slice = &state_->open(slice);
  claim->slice->queue(std::move(candidate));
  state_->let_in();
  return Place(state_, std::move(claim));
}

SliceBounds SliceTable::bounds(std::string_view slice) const {
  const SliceNode* known = state_->find(slice);
  return known ? known->bounds() : SliceBounds();
}

bool SliceTable::set_bound(std::string_view slice, std::optional<std::int64_t> max_jobs) {
  SliceBounds changed = bounds(slice);
  changed.max_jobs = max_jobs;
  return set_bounds(slice, std::move(changed));
}

bool SliceTable::set_bounds(std::string_view slice, SliceBounds bounds) {
  const SliceNode* known = state_->find(slice);
  const bool had = known && known->bounded();
  const bool none = bounds.none();
  if (!had && none) return true;
  if (!had && state_->bounds >= kBounds) return false;
  SliceNode& node = state_->open(slice);
  node.set_bounds(std::move(bounds));
  if (had && none) --state_->bounds;
  if (!had) ++state_->bounds;
  state_->forget_unused(&node);
  state_->let_in();
  return true;
}

std::optional<config::Slice> SliceTable::find(std::string_view slice) const {
  const SliceNode* node = state_->find(slice);
  if (!node) return std::nullopt;
  config::Slice found = node->view();
  if (!node->bounded() && found.live + found.queued == 0) return std::nullopt;
  return found;
}

std::vector<config::Slice> SliceTable::list(std::string_view slice) const {
  std::vector<config::Slice> slices;
  if (const SliceNode* node = state_->find(slice)) append(*node, slices);
  return slices;
}

}  // namespace coppice::daemon
