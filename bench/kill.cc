// The end of a tree, from the request to the reply.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "base/errno_text.h"
#include "bench/calls.h"
#include "bench/cores.h"
#include "bench/daemon_process.h"
#include "bench/floor/kill.h"
#include "bench/load.h"
#include "bench/topics.h"

namespace coppice::bench {
namespace {

using nlohmann::json;

struct Way {
  KillWay way;
  const char* name;
  const char* what;
};

constexpr std::array kWays = {
    Way{KillWay::kill, "kill", "cgroup.kill alone"},
    Way{KillWay::freeze_and_kill, "freeze_kill", "freeze + cgroup.kill"},
    Way{KillWay::frozen_then_kill, "frozen_kill", "freeze, wait for frozen, cgroup.kill"},
    Way{KillWay::by_proc, "proc", "loop over /proc, a pidfd each"},
};

struct Planted {
  std::string id;
  // Its session has its number.
  pid_t main = -1;
};

// The tree's program says on a pipe that it is complete.
Planted plant(varlink::Client& client, const Tree& tree) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw errno_error("pipe2", "", errno);
  const UniqueFd from(ends[0]);
  UniqueFd to(ends[1]);
  json request;
  request["spec"] = spec_of({tree.grove, std::to_string(tree.members), tree.shape}, "fd");
  request["spec"]["output"]["fd"] = 0;
  const std::vector<int> descriptors = {to.get()};
  client.send("io.coppice.Jobs.Start", request, varlink::Mode::plain, descriptors);
  to.reset();
  const varlink::Reply reply = client.receive();
  reply.throw_if_failed();
  char byte;
  if (::read(from.get(), &byte, 1) != 1) throw std::runtime_error("the tree did not grow");
  const json& job = reply.parameters().at("job");
  return {job.at("id"), job.at("mainPids").at(0)};
}

// Processes of a session that live: the tree's own never leave it.
int alive_in(pid_t session) {
  int alive = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    if (entry.path().filename().string().find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream file(entry.path() / "stat");
    std::string text;
    std::getline(file, text);
    const std::size_t name = text.rfind(')');
    if (name == std::string::npos) continue;
    char state = 'X';
    int parent = 0, group = 0, of = 0;
    if (std::sscanf(text.c_str() + name + 1, " %c %d %d %d", &state, &parent, &group, &of) != 4) continue;
    if (of == session && state != 'Z' && state != 'X') ++alive;
  }
  return alive;
}

struct Tally {
  Series series;
  int survivors = 0;

  void add(const Felled& felled) {
    series.each.push_back(felled.time);
    survivors += felled.survivors;
  }
};

class KillOf {
 public:
  KillOf(const Run& run, const DaemonProcess& daemon, const Tree& tree)
      : run_(run), daemon_(daemon), client_(daemon.connect()), tree_(tree) {}

  void measure(int repeats) {
    for (int i = 0; i < repeats; ++i) {
      for (const Way& way : kWays) tallies_[way.name].add(fell_tree(way.way, run_.place, tree_));
      tallies_["api"].add(fell_job());
    }
    tell();
  }

 private:
  Felled fell_job() {
    const Planted planted = plant(client_, tree_);
    json request;
    request["job"]["id"] = planted.id;
    const auto uses = daemon_.use();
    const auto before = Clock::now();
    client_.send("io.coppice.Jobs.Kill", request);
    const varlink::Reply reply = client_.receive();
    const Felled felled{Clock::now() - before, alive_in(planted.main)};
    cpu_.each.push_back(Micros(running_micros(difference(daemon_.use(), uses))));
    if (reply.error() == "io.coppice.Jobs.StillDying")
      await_end(request);
    else
      check(reply);
    return felled;
  }

  // An answer that does not say that it is over: those that live count as survivors.
  void await_end(json request) {
    ++still_dying_;
    request["unchecked"] = true;
    client_.call("io.coppice.Jobs.Wait", request);
  }

  void check(const varlink::Reply& reply) const {
    reply.throw_if_failed();
    const std::size_t killed = reply.parameters().at("killed").size();
    if (tree_.shape != "bomb" && killed != static_cast<std::size_t>(tree_.members))
      throw std::runtime_error("killed " + std::to_string(killed) + " of " + std::to_string(tree_.members));
  }

  std::string label() const { return tree_.shape + "." + std::to_string(tree_.members); }
  std::string subject() const {
    return tree_.shape == "bomb" ? "a live fork bomb of " + std::to_string(tree_.members)
                                 : tree_.shape + " tree of " + std::to_string(tree_.members);
  }

  void tell() {
    Aim time;
    time.topic = "kill";
    time.what = "kill of a " + label() + ", request → reply ÷ bare freeze + cgroup.kill (medians)";
    time.value = over(tallies_["api"].series.median(), tallies_["freeze_kill"].series.median());
    time.aim = 1.3;
    run_.document.add(time);
    Aim survivors;
    survivors.topic = "kill";
    survivors.what = "survivors of a " + label() + " after the reply";
    survivors.value = tallies_["api"].survivors;
    if (still_dying_ > 0) survivors.note = std::to_string(still_dying_) + " times the answer was StillDying";
    run_.document.add(survivors);
    for (const Way& way : kWays) tell(way.name, way.what);
    tell("api", "API, request → reply, with the list of what was killed");
    run_.document.add(row_of("kill", label() + ".api.cpu", "CPU of the daemon for it, " + subject(), "ms", cpu_));
  }

  void tell(const std::string& way, const std::string& what) {
    const Tally& tally = tallies_[way];
    Row row = row_of("kill", label() + "." + way, what + ", " + subject(), "ms", tally.series);
    row.note = "survivors: " + std::to_string(tally.survivors);
    run_.document.add(row);
  }

  const Run& run_;
  const DaemonProcess& daemon_;
  varlink::Client client_;
  Tree tree_;
  std::map<std::string, Tally> tallies_;
  Series cpu_;
  int still_dying_ = 0;
};

// A process that ends looks along its ancestors for who adopts its children: a chain takes the kernel the square of its
// length, half a second for 1,000, about a minute for 10,000.
constexpr int kLongestChain = 1000;

// Big trees take their time and vary little.
int repeats_for(const Run& run, int members) {
  return std::min(run.amounts.kills, std::max(3, 5000 / members));
}

}  // namespace

void measure_kill(const Run& run) {
  const DaemonProcess daemon(run.options.coppiced, allowed_cores());
  run_jobs(daemon, run.options.tiny, "null", 50, 1);
  for (const int members : run.amounts.trees) {
    for (const std::string shape : {"flat", "chain"}) {
      if (shape == "chain" && members > kLongestChain) {
        run.document.add(unmeasured("kill", "kill of a chain." + std::to_string(members), 1.3,
                                    "the kernel takes minutes: the square of the length"));
        continue;
      }
      say("killing a " + shape + " tree of " + std::to_string(members));
      const Tree tree{run.options.grove, shape, members};
      KillOf(run, daemon, tree).measure(repeats_for(run, members));
    }
  }
  say("killing a fork bomb");
  const Tree bomb{run.options.grove, "bomb", run.amounts.bomb};
  KillOf(run, daemon, bomb).measure(repeats_for(run, run.amounts.bomb));
}

}  // namespace coppice::bench
