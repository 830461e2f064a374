#include <algorithm>

#include "tests/crash/ledger.h"

namespace coppice::crash {
namespace {

using Complaints = std::vector<std::string>;

// Letters that lines of two attempts may have in common: the seed and " a".
constexpr std::size_t kSameBeginning = 18;

// Where two texts part, for people.
std::string difference(const std::string& wanted, const std::string& got) {
  const auto at = std::mismatch(wanted.begin(), wanted.end(), got.begin(), got.end()).first - wanted.begin();
  const auto place = static_cast<std::size_t>(at);
  const auto around = [place](const std::string& text) {
    const std::size_t from = std::min(text.size(), place > 20 ? place - 20 : 0);
    return '"' + text.substr(from, 60) + '"';
  };
  return std::to_string(got.size()) + " bytes instead of " + std::to_string(wanted.size()) + ", other from byte " +
         std::to_string(place) + ": " + around(got) + " instead of " + around(wanted);
}

class JobAudit {
 public:
  JobAudit(const Ledger& ledger, const Account& account, Complaints& complaints)
      : ledger_(ledger), account_(account), plan_(account.plan), complaints_(complaints) {}

  void check() {
    for (const auto& text : account_.trouble) complain(text);
    if (account_.ids.size() != 1) complain("answered with " + std::to_string(account_.ids.size()) + " ids");
    if (account_.listed.size() != 1) complain("listed " + std::to_string(account_.listed.size()) + " times");
    if (account_.listed.empty()) return;
    check_identity();
    check_result();
    check_starts();
    for (const int stream : {1, 2}) check_log(stream);
  }

 private:
  void complain(const std::string& text) {
    complaints_.push_back("job " + std::to_string(plan_.number) + " (" + name_of(plan_.kind) + ", key " + plan_.key +
                          (account_.ids.empty() ? "" : ", id " + *account_.ids.begin()) + "): " + text);
  }

  const json& listed() const { return account_.listed.front(); }
  bool is_lost() const {
    return ledger_.keeper_died && listed().contains("result") && listed()["result"].value("outcome", "") == "lost";
  }

  void check_identity() {
    for (const auto& id : account_.ids)
      if (listed().value("id", "") != id) complain("listed as " + listed().value("id", ""));
  }

  void check_result() {
    if (listed().value("state", "") != "ended") return complain("is " + listed().value("state", ""));
    const json& result = listed()["result"];
    for (const auto& [who, told] : account_.results)
      if (told != result) complain(who + " was told " + told.dump() + ", the list says " + result.dump());
    if (is_lost()) return check_honesty(result);
    if (result.value("outcome", "") != plan_.outcome)
      complain("outcome " + result.dump() + " instead of " + plan_.outcome);
    check_exits(result.value("exits", json::array()));
    if (listed().value("attempt", 0) != plan_.attempts)
      complain("attempt " + std::to_string(listed().value("attempt", 0)) + " instead of " +
               std::to_string(plan_.attempts));
  }

  // What is not known must not be made up.
  void check_honesty(const json& result) {
    if (result.value("detail", "").empty()) complain("is lost and does not say why");
    const json exits = result.value("exits", json::array());
    for (std::size_t i = 0; i < exits.size() && i < plan_.exits.size(); ++i)
      if (!exits[i].empty() && !agrees(exits[i], plan_.exits[i])) complain("is lost, with exits " + exits.dump());
  }

  static bool agrees(const json& exit, const json& wanted) {
    return exit.value("code", -1) == wanted.value("code", -1) && exit.value("signal", "") == wanted.value("signal", "");
  }

  void check_exits(const json& exits) {
    const bool right = exits.size() == plan_.exits.size() &&
                       std::equal(exits.begin(), exits.end(), plan_.exits.begin(), agrees);
    if (!right) complain("exits " + exits.dump() + " instead of " + plan_.exits.dump());
  }

  void check_starts() {
    const bool fewer = ledger_.keeper_died && account_.starts < plan_.attempts;
    if (account_.starts != plan_.attempts && !fewer)
      complain("was executed " + std::to_string(account_.starts) + " times instead of " +
               std::to_string(plan_.attempts));
  }

  void check_log(int stream) {
    const bool is_apart = (plan_.streams & stream) != 0;
    if (!is_apart) return;
    const auto found = account_.kept.find(stream);
    if (found == account_.kept.end()) return complain("has no log " + std::to_string(stream));
    const std::string& kept = found->second;
    if (ledger_.keeper_died) {
      check_beginnings(stream, kept);
    } else if (plan_.lines >= 0) {
      compare_texts("log " + std::to_string(stream), plan_.text(stream), kept);
    } else {
      check_endless(stream, kept);
    }
    check_copy("the follower", account_.followed, stream, kept);
    check_copy("Run", account_.ran, stream, kept);
  }

  void compare_texts(const std::string& what, const std::string& wanted, const std::string& got) {
    if (got != wanted) complain(what + ": " + difference(wanted, got));
  }

  void check_copy(const std::string& who, const std::map<int, std::string>& copies, int stream,
                  const std::string& kept) {
    const auto found = copies.find(stream);
    if (found == copies.end()) return;
    compare_texts("what " + who + " got of log " + std::to_string(stream), kept, found->second);
  }

  void check_endless(int stream, const std::string& kept) {
    compare_texts("log " + std::to_string(stream), Text{plan_.seed, 1, stream}.beginning(kept.size()), kept);
    if (account_.noted.empty()) return complain("its writer noted nothing");
    const Noted& noted = account_.noted.front().at(stream);
    if (kept.size() < noted.done || kept.size() > noted.begun)
      complain("log " + std::to_string(stream) + " has " + std::to_string(kept.size()) + " bytes, but " +
               std::to_string(noted.done) + " to " + std::to_string(noted.begun) + " were written");
  }

  // Of each attempt a beginning.
  void check_beginnings(int stream, const std::string& kept) {
    if (!are_beginnings(stream, 1, kept)) compare_texts("log " + std::to_string(stream), plan_.text(stream), kept);
  }

  bool are_beginnings(int stream, int attempt, const std::string& kept) const {
    const Text text{plan_.seed, attempt, stream};
    const std::string wanted = plan_.lines < 0 ? text.beginning(kept.size()) : text.lines(plan_.lines);
    const auto common = static_cast<std::size_t>(
        std::mismatch(kept.begin(), kept.end(), wanted.begin(), wanted.end()).first - kept.begin());
    if (common == kept.size()) return true;
    if (attempt == plan_.attempts) return false;
    // The next one begins with the same letters as another line of this one would.
    for (std::size_t back = 0; back <= std::min(common, kSameBeginning); ++back)
      if (are_beginnings(stream, attempt + 1, kept.substr(common - back))) return true;
    return false;
  }

  const Ledger& ledger_;
  const Account& account_;
  const Plan& plan_;
  Complaints& complaints_;
};

}  // namespace

// In audit_events.cc.
void audit_events(const Ledger& ledger, Complaints& complaints);

std::vector<std::string> audit(const Ledger& ledger) {
  Complaints complaints = ledger.trouble;
  for (const auto& id : ledger.strangers) complaints.push_back("job " + id + " was planned by nobody");
  for (const Account& account : ledger.accounts) JobAudit(ledger, account, complaints).check();
  audit_events(ledger, complaints);
  const auto left = compare(ledger.before, ledger.after);
  complaints.insert(complaints.end(), left.begin(), left.end());
  return complaints;
}

}  // namespace coppice::crash
