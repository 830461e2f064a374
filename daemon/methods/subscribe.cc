#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "config/names.h"
#include "daemon/access.h"
#include "daemon/methods/methods.h"
#include "daemon/methods/target.h"
#include "ipc/api/codec.h"

namespace coppice::daemon {
namespace {

struct Interest {
  varlink::Peer peer;
  // Asked each time: a reload may change it.
  const Access* access = nullptr;
  std::optional<std::string> slice;
  std::map<std::string, std::string> labels;

  bool covers(const JobEvent& event) const {
    return access->may_touch(peer, event.owner) && (!slice || slice_within(event.job->slice, *slice)) &&
           has_labels(event.job->labels, labels);
  }
};

Interest read_interest(const varlink::Call& call, const Access& access) {
  Interest interest;
  interest.peer = call.peer();
  interest.access = &access;
  interest.slice = optional_string(call.parameters(), "slice");
  const auto labels = call.parameters().find("labels");
  if (labels != call.parameters().end() && !labels->is_null())
    interest.labels = labels->get<std::map<std::string, std::string>>();
  return interest;
}

std::string describe(const JobEvent& event, config::EventKind kind) {
  api::JsonText text;
  text.begin_object();
  text.key("sequence");
  text.integer(event.sequence);
  text.key("at");
  text.integer(api::to_wire(event.at));
  text.key("event");
  text.text(config::name_of(kind));
  text.key("job");
  api::write(*event.job, text);
  text.end_object();
  return text.take();
}

varlink::SharedReply text_of(const JobEvent& event, EventTexts& texts) {
  if (const auto known = texts.find(event.sequence)) return *known;
  varlink::SharedReply text(describe(event, event.kind));
  texts.keep(event.sequence, text);
  return text;
}

}  // namespace

asio::awaitable<void> subscribe(varlink::Call& call, Services& services) {
  if (!call.more()) throw varlink::expected_more();
  const Interest interest = read_interest(call, services.access);
  EventHub& events = services.events;
  const auto since = optional_int(call.parameters(), "since");
  std::uint64_t seen = events.last_sequence();
  // A number that is still to come is of an earlier daemon: what happened since then is not known here.
  bool lost = since && *since > 0 && static_cast<std::uint64_t>(*since) > seen;
  if (since) seen = std::min(seen, static_cast<std::uint64_t>(std::max<std::int64_t>(*since, 0)));
  for (;;) {
    const JobEvent* next = events.after(seen);
    if (!next) {
      co_await events.grown().wait();
      continue;
    }
    // Sending takes as long as the peer takes; the hub goes on meanwhile and may drop what is pointed to.
    const JobEvent event = *next;
    lost = lost || event.sequence != seen + 1;
    seen = event.sequence;
    if (!interest.covers(event)) continue;
    if (std::exchange(lost, false)) {
      std::string overrun = describe(event, config::EventKind::overrun);
      co_await call.reply_more_text(std::move(overrun));
    }
    varlink::SharedReply text = text_of(event, services.event_texts);
    co_await call.reply_more(std::move(text));
  }
}

}  // namespace coppice::daemon
