// What subscribers were told, against what became of the jobs.
#include <algorithm>
#include <map>

#include "tests/crash/ledger.h"

namespace coppice::crash {
namespace {

using Complaints = std::vector<std::string>;
using Kinds = std::vector<std::string>;

std::string kind_of(const json& event) { return event.value("event", ""); }
std::string job_of(const json& event) { return event.at("job").value("id", ""); }
std::int64_t number_of(const json& event) { return event.value("sequence", std::int64_t{0}); }

std::string joined(const Kinds& kinds) {
  std::string text;
  for (const auto& kind : kinds) text += (text.empty() ? "" : " ") + kind;
  return text;
}

void check_sequence(const std::vector<json>& events, Complaints& complaints) {
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (kind_of(events[i]) == "overrun") complaints.push_back("overrun at event " + events[i].dump());
    if (i > 0 && number_of(events[i]) != number_of(events[i - 1]) + 1)
      complaints.push_back("event " + std::to_string(number_of(events[i])) + " follows event " +
                           std::to_string(number_of(events[i - 1])));
  }
}

std::map<std::string, std::vector<const json*>> by_job(const std::vector<json>& events) {
  std::map<std::string, std::vector<const json*>> lives;
  for (const json& event : events) lives[job_of(event)].push_back(&event);
  return lives;
}

// queued? started ready (restarting ready)* ended, and between them what was done to the job.
bool is_life(Kinds kinds, int attempts) {
  std::erase_if(kinds, [](const std::string& kind) {
    return kind == "frozen" || kind == "thawed" || kind == "stopping" || kind == "killing";
  });
  if (!kinds.empty() && kinds.front() == "queued") kinds.erase(kinds.begin());
  Kinds wanted = {"started", "ready"};
  for (int attempt = 2; attempt <= attempts; ++attempt) wanted.insert(wanted.end(), {"restarting", "ready"});
  wanted.push_back("ended");
  return kinds == wanted;
}

void check_life(const Account& account, const std::vector<const json*>& events, bool keeper_died,
                Complaints& complaints) {
  Kinds kinds;
  for (const json* event : events) kinds.push_back(kind_of(*event));
  const std::string who = "events of job " + std::to_string(account.plan.number) + " (" +
                          name_of(account.plan.kind) + "): ";
  const bool once = std::count(kinds.begin(), kinds.end(), "ended") == 1 && kinds.back() == "ended";
  if (keeper_died ? !once : !is_life(kinds, account.plan.attempts)) complaints.push_back(who + joined(kinds));
  if (kinds.empty() || kinds.back() != "ended" || account.listed.empty()) return;
  const json told = events.back()->at("job").value("result", json());
  if (told != account.listed.front().value("result", json()))
    complaints.push_back(who + "the last one tells of " + told.dump());
}

// Those of a slice with a bound hold a place from their start to their end.
void check_places(const std::vector<json>& events, Complaints& complaints) {
  std::set<std::string> running;
  for (const json& event : events) {
    if (event.at("job").value("slice", "") != kQueue) continue;
    if (kind_of(event) == "started") running.insert(job_of(event));
    if (kind_of(event) == "ended") running.erase(job_of(event));
    if (running.size() > static_cast<std::size_t>(kPlaces))
      complaints.push_back("more jobs than places at event " + std::to_string(number_of(event)));
  }
}

void check_part(const std::vector<json>& all, const std::vector<json>& part, Complaints& complaints) {
  std::vector<json> wanted;
  for (const json& event : all)
    if (event.at("job").value("slice", "") == kQueue) wanted.push_back(event);
  if (part != wanted)
    complaints.push_back("the subscriber to a slice was told " + std::to_string(part.size()) + " events, and not the " +
                         std::to_string(wanted.size()) + " of everything that are its own");
}

}  // namespace

void audit_events(const Ledger& ledger, Complaints& complaints) {
  check_sequence(ledger.events, complaints);
  const auto lives = by_job(ledger.events);
  for (const Account& account : ledger.accounts) {
    if (account.ids.empty()) continue;
    const auto found = lives.find(*account.ids.begin());
    check_life(account, found == lives.end() ? std::vector<const json*>() : found->second, ledger.keeper_died,
               complaints);
  }
  check_places(ledger.events, complaints);
  check_part(ledger.events, ledger.queue_events, complaints);
}

}  // namespace coppice::crash
