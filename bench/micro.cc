// The steps between a request and a clone, one by one: what the daemon computes for a job.
// Usage: micro [--json FILE] [options of Google Benchmark]
#include <benchmark/benchmark.h>
#include <fcntl.h>

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.h"
#include "bench/document.h"
#include "bench/floor/place.h"
#include "cgroup/pen.h"
#include "cgroup/slice.h"
#include "daemon/launch_plan.h"
#include "ipc/api/codec.h"
#include "ipc/api/interface.h"
#include "ipc/api/json_text.h"
#include "ipc/varlink/idl.h"
#include "ipc/varlink/message.h"

namespace coppice::bench {
namespace {

using nlohmann::json;

// As CI has it: a command with a few arguments, a name, a slice, some environment.
constexpr std::string_view kCall =
    R"({"method":"io.coppice.Jobs.Start","parameters":{"spec":{"commands":[{"argv":["/bin/sh","-c","make check"]}],)"
    R"("name":"build-42","slice":"ci","labels":{"branch":"main"},"workingDirectory":"/",)"
    R"("environment":{"PATH":"/usr/bin:/bin","HOME":"/root","LANG":"C.UTF-8","CI":"true"},)"
    R"("output":{"kind":"log"},"limits":{"wallTime":600000}}}})";
constexpr char kId[] = "01JABCDEFGHJKMNPQRSTVWXYZ0";

json parameters() { return varlink::decode_call(kCall).parameters; }
config::JobSpec spec() { return api::job_spec_from_json(parameters().at("spec")); }

config::Job job() {
  const config::JobSpec from = spec();
  config::Job job;
  job.id = kId;
  job.name = from.name;
  job.slice = "ci";
  job.labels = from.labels;
  job.owner = "root";
  job.commands = from.commands;
  job.state = config::State::running;
  job.containment = config::Containment::cgroup;
  job.main_pids = {4242};
  job.limits = from.limits;
  return job;
}

void parse_call(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(varlink::decode_call(kCall));
}
BENCHMARK(parse_call);

void check_against_interface(benchmark::State& state) {
  const varlink::Interface interface = varlink::parse_interface(api::interface_text());
  const varlink::Method& method = *interface.find_method("Start");
  const json call = parameters();
  if (varlink::check_parameters(interface, method, call)) throw std::logic_error("the call does not fit");
  for (auto _ : state) benchmark::DoNotOptimize(varlink::check_parameters(interface, method, call));
}
BENCHMARK(check_against_interface);

void read_spec(benchmark::State& state) {
  const json from = parameters().at("spec");
  for (auto _ : state) benchmark::DoNotOptimize(api::job_spec_from_json(from));
}
BENCHMARK(read_spec);

void plan_launch(benchmark::State& state) {
  const config::JobSpec from = spec();
  for (auto _ : state) benchmark::DoNotOptimize(daemon::plan_launch(from, 0, kId, std::nullopt));
}
BENCHMARK(plan_launch);

std::string describe(const config::Job& job) {
  api::JsonText text;
  text.begin_object();
  text.key("job");
  api::write(job, text);
  text.end_object();
  return text.take();
}

void describe_job(benchmark::State& state) {
  const config::Job from = job();
  for (auto _ : state) benchmark::DoNotOptimize(describe(from));
}
BENCHMARK(describe_job);

void encode_reply(benchmark::State& state) {
  const std::string answer = describe(job());
  for (auto _ : state) benchmark::DoNotOptimize(varlink::encode_reply(answer, false, ""));
}
BENCHMARK(encode_reply);

void make_and_remove_pen(benchmark::State& state) {
  std::unique_ptr<Place> place;
  try {
    place = std::make_unique<Place>();
  } catch (const std::system_error& error) {
    return state.SkipWithError(error.what());
  }
  UniqueFd directory(::fcntl(place->directory(), F_DUPFD_CLOEXEC, 0));
  cgroup::SliceTree slices(std::move(directory), {}, {});
  const auto all = slices.open("");
  for (auto _ : state) {
    cgroup::Pen pen = cgroup::Pen::create(all, kId);
    pen.remove();
  }
}
BENCHMARK(make_and_remove_pen);

// What Google Benchmark says, and the rows of it.
class Reporter : public benchmark::ConsoleReporter {
 public:
  void ReportRuns(const std::vector<Run>& runs) override {
    ConsoleReporter::ReportRuns(runs);
    for (const Run& run : runs) {
      if (run.error_occurred) continue;
      const double micros = run.GetAdjustedCPUTime() / benchmark::GetTimeUnitMultiplier(run.time_unit) * 1e6;
      const std::string name = run.benchmark_name();
      Row row = value_row("start", "micro." + name, "CPU in the daemon: " + name, "µs", micros);
      row.n = static_cast<std::size_t>(run.iterations);
      document_.add(row);
    }
  }

  const Document& document() const { return document_; }

 private:
  Document document_;
};

// Takes the option out of the words.
std::string take_json(int& count, char** words) {
  std::string path;
  int kept = 1;
  for (int i = 1; i < count; ++i) {
    if (std::string_view(words[i]) == "--json" && i + 1 < count)
      path = words[++i];
    else
      words[kept++] = words[i];
  }
  count = kept;
  return path;
}

}  // namespace
}  // namespace coppice::bench

int main(int argc, char** argv) {
  using namespace coppice::bench;
  const std::string path = take_json(argc, argv);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  try {
    Reporter reporter;
    benchmark::RunSpecifiedBenchmarks(&reporter);
    if (!path.empty()) reporter.document().write(path);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "micro: " << error.what() << "\n";
    return 1;
  }
}
