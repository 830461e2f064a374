// Measures topic after topic, each beside its bare loops, and writes what it found.
#include <sys/resource.h>

#include <array>
#include <iostream>
#include <memory>

#include "bench/guard.h"
#include "bench/topics.h"

namespace coppice::bench {
namespace {

// What a test harness takes for "this machine cannot".
constexpr int kCannot = 77;
// For thirty thousand jobs; root may have more than it was given.
constexpr rlim_t kDescriptors = 262144;

struct Topic {
  const char* name;
  void (*measure)(const Run&);
};

constexpr std::array kTopics = {
    Topic{"start", measure_start},   Topic{"kill", measure_kill},   Topic{"memory", measure_memory},
    Topic{"output", measure_output}, Topic{"scale", measure_scale}, Topic{"restart", measure_restart},
};

// The daemon inherits it.
void raise_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  rlimit more = limit;
  more.rlim_max = std::max(limit.rlim_max, kDescriptors);
  more.rlim_cur = more.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &more) == 0) return;
  limit.rlim_cur = limit.rlim_max;
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
  say("no right to raise the limit of descriptors: " + std::to_string(limit.rlim_max));
}

// What a daemon answers may be long.
std::string beginning_of(const std::string& text) {
  constexpr std::size_t kMost = 400;
  return text.size() <= kMost ? text : text.substr(0, kMost) + " …";
}

// A topic that fails is told as an aim that was not measured; the others go on.
bool measure(const Topic& topic, const Run& run) {
  try {
    topic.measure(run);
    return true;
  } catch (const std::exception& error) {
    const std::string why = beginning_of(error.what());
    say(std::string(topic.name) + ": " + why);
    run.document.add(unmeasured(topic.name, "failures while this topic was measured", 0, why));
    return false;
  }
}

int measure_all(const Options& options, const Place& place) {
  const Amounts amounts = amounts_for(options.effort);
  Document document;
  const Run run{options, amounts, place, document};
  bool good = true;
  for (const Topic& topic : kTopics)
    if (options.wants(topic.name)) good = measure(topic, run) && good;
  document.print(std::cerr);
  if (!options.json.empty()) document.write(options.json);
  return good ? 0 : 1;
}

}  // namespace

void say(const std::string& what) { std::cerr << "bench: " << what << std::endl; }

}  // namespace coppice::bench

int main(int argc, char** argv) {
  using namespace coppice::bench;
  try {
    const Options options = parse_options(argc, argv);
    raise_descriptors();
    std::unique_ptr<Place> place;
    try {
      place = std::make_unique<Place>();
    } catch (const std::system_error& error) {
      say(std::string("control groups are needed: ") + error.what());
      return kCannot;
    }
    return run_guarded(*place, [&] { return measure_all(options, *place); });
  } catch (const std::exception& error) {
    say(error.what());
    return 1;
  }
}
