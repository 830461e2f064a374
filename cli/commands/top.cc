// coppice top
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/commands.h"
#include "cli/exit_code.h"
#include "cli/human.h"
#include "cli/interrupts.h"
#include "cli/jobs.h"
#include "cli/output.h"
#include "cli/persistent_client.h"
#include "cli/raw_terminal.h"
#include "cli/top_samples.h"
#include "cli/top_view.h"
#include "ipc/api/codec.h"

namespace coppice::cli {
namespace {

using nlohmann::json;
using Clock = TopSamples::Clock;

constexpr char kControlC = 3;
// The first picture needs two looks, and somebody waits for it.
constexpr Milliseconds kFirstInterval{500};

TopSort sort_of(const std::string& word) {
  if (word == "memory") return TopSort::memory;
  if (word == "io") return TopSort::io;
  if (word == "processes") return TopSort::processes;
  if (word == "name") return TopSort::name;
  return TopSort::cpu;
}

class View {
 public:
  View(const Context& context, const TopOptions& options)
      : context_(context), options_(options), sort_(sort_of(options.sort)), tree_(options.tree), client_(target_of(context.common)) {}

  void look() {
    std::vector<config::Job> jobs;
    objects_.clear();
    JobFilter filter{.slice = options_.slice};
    filter.usage = true;
    each_job(client_, filter, [&](const json& job) {
      jobs.push_back(api::job_from_json(job));
      objects_.push_back(job);
    });
    entries_ = samples_.take(jobs, Clock::now(), microseconds_now());
  }

  void print_objects() const {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      json object = {{"job", objects_[i]}};
      if (entries_[i].figures.cpu) object["cpuPercent"] = *entries_[i].figures.cpu;
      if (entries_[i].figures.io) object["ioPerSecond"] = *entries_[i].figures.io;
      print_object(object);
    }
  }

  std::vector<std::string> lines(const Terminal& terminal) const {
    return tree_ ? top_tree(entries_, sort_, terminal) : top_table(entries_, sort_, terminal);
  }

  void print_once() const {
    if (entries_.empty()) {
      if (context_.err.is_terminal) say("there are no live jobs");
      return;
    }
    for (const std::string& line : lines(context_.out)) print(line + "\n");
  }

  // Over what was there; what does not fit below is counted.
  void draw() const {
    const Terminal terminal = terminal_of(STDOUT_FILENO);
    const auto size = size_of_terminal(STDOUT_FILENO);
    const std::size_t rows = size ? static_cast<std::size_t>(size->rows) : 24;
    const auto width = static_cast<std::size_t>(terminal.width);
    const std::string now = human_time(microseconds_now(), microseconds_now());
    std::string frame = "\033[H" + shortened("coppice top  " + now + "  " + total_words(entries_), width, terminal.utf8) + "\033[K\r\n";
    const std::string keys = "q quit, t tree, sort: c CPU, m memory, i io, p processes, n name";
    frame += terminal.paint(Colour::grey, shortened(keys, width, terminal.utf8)) + "\033[K\r\n";
    const std::vector<std::string> all = lines(terminal);
    const std::size_t room = rows > 4 ? rows - 3 : 1;
    for (std::size_t i = 0; i < all.size() && i < room; ++i) frame += all[i] + "\033[K\r\n";
    if (all.size() > room) frame += shortened(std::to_string(all.size() - room) + " more", width, terminal.utf8) + "\033[K";
    print(frame + "\033[J");
    flush();
  }

  // False for the one that ends it.
  bool press(char key) {
    switch (key) {
      case 'q': case kControlC: return false;
      case 't': tree_ = !tree_; break;
      case 'c': sort_ = TopSort::cpu; break;
      case 'm': sort_ = TopSort::memory; break;
      case 'i': sort_ = TopSort::io; break;
      case 'p': sort_ = TopSort::processes; break;
      case 'n': sort_ = TopSort::name; break;
      default: break;
    }
    return true;
  }

 private:
  const Context& context_;
  const TopOptions& options_;
  TopSort sort_;
  bool tree_;
  PersistentClient client_;
  TopSamples samples_;
  std::vector<TopEntry> entries_;
  // As the API has them, in the same order.
  std::vector<json> objects_;
};

// A second screen, so that what was on the first is there again afterwards.
class SecondScreen {
 public:
  SecondScreen() { print("\033[?1049h\033[?25l"); }
  ~SecondScreen() { print("\033[?25h\033[?1049l"); }
  SecondScreen(const SecondScreen&) = delete;
  SecondScreen& operator=(const SecondScreen&) = delete;
};

enum class Woken { time, key, resized, interrupted };

// `key` is set where there is one. Without a terminal on standard input there are no keys.
Woken await(Interrupts& interrupts, bool keys, Clock::time_point until, char& key) {
  for (;;) {
    const auto left = std::chrono::ceil<Milliseconds>(until - Clock::now());
    if (left.count() <= 0) return Woken::time;
    pollfd watched[] = {{interrupts.descriptor(), POLLIN, 0}, {keys ? STDIN_FILENO : -1, POLLIN, 0}};
    if (::poll(watched, 2, static_cast<int>(left.count())) <= 0) continue;
    if (const int number = interrupts.take(); number != 0) return number == SIGWINCH ? Woken::resized : Woken::interrupted;
    if (watched[1].revents == 0) continue;
    // The end of the terminal is as good as an interrupt.
    return ::read(STDIN_FILENO, &key, 1) == 1 ? Woken::key : Woken::interrupted;
  }
}

int show_once(const Context& context, View& view, Milliseconds interval) {
  view.look();
  Interrupts interrupts;
  char key = 0;
  if (await(interrupts, false, Clock::now() + interval, key) == Woken::interrupted) return kSignalBase + SIGINT;
  view.look();
  if (context.common.json)
    view.print_objects();
  else
    view.print_once();
  return kSuccess;
}

int show_on(View& view, Milliseconds interval) {
  view.look();
  Interrupts interrupts({SIGINT, SIGTERM, SIGHUP, SIGWINCH});
  const bool keys = ::isatty(STDIN_FILENO) == 1;
  std::optional<RawTerminal> raw;
  if (keys) raw.emplace(STDIN_FILENO).enter();
  const SecondScreen screen;
  auto due = Clock::now() + std::min(interval, kFirstInterval);
  for (char key = 0;;) {
    const Woken woken = await(interrupts, keys, due, key);
    if (woken == Woken::interrupted || (woken == Woken::key && !view.press(key))) return kSuccess;
    if (woken == Woken::time) {
      view.look();
      due = Clock::now() + interval;
    }
    view.draw();
  }
}

}  // namespace

int execute(const Context& context, const TopOptions& options) {
  View view(context, options);
  const bool once = options.once || context.common.json || !context.out.is_terminal;
  return once ? show_once(context, view, options.interval) : show_on(view, options.interval);
}

}  // namespace coppice::cli
