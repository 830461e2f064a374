// What jobs write, on its way to their logs and to who follows them.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "base/errno_text.h"
#include "bench/base64.h"
#include "bench/calls.h"
#include "bench/chimes.h"
#include "bench/cores.h"
#include "bench/daemon_process.h"
#include "bench/floor/log_loop.h"
#include "bench/load.h"
#include "bench/topics.h"

namespace coppice::bench {
namespace {

using nlohmann::json;

constexpr int kMany = 64;

// Rounds of one way of keeping output.
struct Way {
  // A second for each GB, so that the median is of times.
  Series seconds_per_gb;
  Series cpu_per_gb;
};

class OutputOf {
 public:
  OutputOf(const Run& run, const DaemonProcess& daemon, int jobs)
      : run_(run), daemon_(daemon), jobs_(jobs), each_(run.amounts.poured / jobs) {}

  void measure() {
    const int cores = static_cast<int>(allowed_cores().size());
    for (int round = 0; round < run_.amounts.rounds; ++round) {
      floor("floor", 1);
      if (jobs_ > 1 && cores > 1) floor("floor.cores", cores);
      api();
    }
    tell();
  }

 private:
  double gigabytes() const { return static_cast<double>(each_) * jobs_ / 1e9; }

  void add(const std::string& way, Micros whole, Micros cpu) {
    ways_[way].seconds_per_gb.each.push_back(whole / gigabytes());
    ways_[way].cpu_per_gb.each.push_back(cpu / gigabytes());
  }

  void floor(const std::string& way, int threads) {
    const Kept kept = keep_output(run_.options.pour, daemon_.directory(), jobs_, each_, threads);
    add(way, kept.whole, kept.cpu);
  }

  void api() {
    const std::string call = run_call(spec_of({run_.options.pour, std::to_string(each_)}, "log"));
    const auto uses = daemon_.use();
    const double copied = daemon_.copied();
    const Series series = make_calls(daemon_, call, kSucceeded, jobs_, jobs_);
    add("api", series.whole, Micros(running_micros(difference(daemon_.use(), uses))));
    copied_ += daemon_.copied() - copied;
    json all;
    all["endedBefore"] = std::numeric_limits<std::int64_t>::max();
    daemon_.connect().call("io.coppice.Jobs.Remove", all);
  }

  double rate(const std::string& way) { return over(1e6, ways_[way].seconds_per_gb.median().count()); }
  std::string subject() const { return jobs_ == 1 ? "one job" : std::to_string(jobs_) + " jobs at once"; }

  void tell() {
    Aim speed;
    speed.topic = "output";
    speed.what = "GB a second of " + subject() + " to the log ÷ the bare pipe → splice → file loop";
    // Of loops with one thread and with more the faster one.
    speed.value = over(rate("api"), std::max(rate("floor"), ways_.count("floor.cores") ? rate("floor.cores") : 0));
    speed.aim = 0.9;
    speed.sense = Sense::at_least;
    run_.document.add(speed);
    Aim copies;
    copies.topic = "output";
    copies.what = "bytes that the daemon's read and write calls copied for each byte that " + subject() + " wrote";
    copies.value = copied_ / (gigabytes() * 1e9 * run_.amounts.rounds);
    copies.aim = 0.01;
    run_.document.add(copies);
    tell("floor", "bare loop, one thread");
    if (ways_.count("floor.cores")) tell("floor.cores", "bare loop, a thread for each core");
    tell("api", "API, start → result");
  }

  void tell(const std::string& way, const std::string& what) {
    const std::string name = (jobs_ == 1 ? "one." : "many.") + way;
    Row speed = value_row("output", name, subject() + ": " + what, "GB/s", rate(way));
    speed.n = ways_[way].seconds_per_gb.each.size();
    run_.document.add(speed);
    run_.document.add(row_of("output", name + ".cpu", subject() + ": " + what + ", CPU without the writers for each GB",
                             "s", ways_[way].cpu_per_gb));
  }

  const Run& run_;
  const DaemonProcess& daemon_;
  int jobs_;
  std::int64_t each_;
  std::map<std::string, Way> ways_;
  double copied_ = 0;
};

// A job of chime.cc: what is written to `input` makes it write.
struct Chiming {
  json reference;
  UniqueFd input;
};

Chiming start_chiming(const Run& run, const DaemonProcess& daemon) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw errno_error("pipe2", "", errno);
  const UniqueFd from(ends[0]);
  Chiming chiming;
  chiming.input.reset(ends[1]);
  json request;
  request["spec"] = spec_of({run.options.chime}, "log");
  request["spec"]["input"]["kind"] = "fd";
  request["spec"]["input"]["fd"] = 0;
  varlink::Client client = daemon.connect();
  client.send("io.coppice.Jobs.Start", request, varlink::Mode::plain, {from.get()});
  const varlink::Reply reply = client.receive();
  reply.throw_if_failed();
  chiming.reference["id"] = reply.parameters().at("job").at("id");
  return chiming;
}

Series follow_job(const Run& run, const DaemonProcess& daemon, int count) {
  Chiming chiming = start_chiming(run, daemon);
  json request;
  request["job"] = chiming.reference;
  request["follow"] = true;
  varlink::Client follower = daemon.connect();
  follower.send("io.coppice.Jobs.ReadLog", request, varlink::Mode::more);
  Series series;
  for (int i = 0; i < count; ++i) {
    if (::write(chiming.input.get(), "x", 1) != 1) throw errno_error("write", "", errno);
    const varlink::Reply piece = follower.receive();
    piece.throw_if_failed();
    series.each.push_back(since_chime(decoded(piece.parameters().at("data").get<std::string>())));
  }
  return series;
}

void measure_latency(const Run& run, const DaemonProcess& daemon) {
  say("output: latency");
  Series floor, api;
  const int share = std::max(run.amounts.chimes / run.amounts.rounds, 1);
  for (int round = 0; round < run.amounts.rounds; ++round) {
    floor.append(follow_output(run.options.chime, daemon.directory(), share));
    api.append(follow_job(run, daemon, share));
  }
  Row bare = row_of("output", "latency.floor", "a job's write → spliced into a file and read from it", "µs", floor);
  Row followed = row_of("output", "latency.api", "a job's write → a follower's receipt through the API", "µs", api);
  followed.note = "÷ bare loop: " + fixed(over(api.median(), floor.median()));
  run.document.add(bare);
  run.document.add(followed);
}

}  // namespace

void measure_output(const Run& run) {
  const DaemonProcess daemon(run.options.coppiced, allowed_cores());
  for (const int jobs : {1, kMany}) {
    say("output of " + std::to_string(jobs));
    OutputOf(run, daemon, jobs).measure();
  }
  measure_latency(run, daemon);
}

}  // namespace coppice::bench
