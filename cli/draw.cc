#include "cli/draw.h"

#include <algorithm>
#include <map>
#include <set>

#include "cli/human.h"

namespace coppice::cli {
namespace {

constexpr std::size_t kLeastRoom = 16;

std::string command_line(const config::Process& process) {
  // A kernel thread or a process that is just about to exit has none.
  if (process.command_line.empty()) return "(no command line)";
  return printable(shell_line(process.command_line));
}

std::string fitted(const std::string& text, std::size_t taken, const Terminal& terminal) {
  if (terminal.width == 0) return text;
  const auto width = static_cast<std::size_t>(terminal.width);
  return shortened(text, std::max(kLeastRoom, width > taken ? width - taken : 0), terminal.utf8);
}

// The kernel's letters that a reader should know about.
std::string state_words(char state) {
  switch (state) {
    case 'Z': return " [zombie]";
    case 'T': return " [stopped]";
    case 't': return " [traced]";
    case 'D': return " [uninterruptible]";
    default: return "";
  }
}

class TreeDrawing {
 public:
  TreeDrawing(const std::vector<config::Process>& processes, const Terminal& terminal)
      : terminal_(terminal) {
    std::set<int> pids;
    for (const auto& process : processes) pids.insert(process.pid);
    for (const auto& process : processes) {
      const bool top = process.parent == process.pid || pids.count(process.parent) == 0;
      children_[top ? kNobody : process.parent].push_back(&process);
    }
    for (auto& [parent, list] : children_)
      std::sort(list.begin(), list.end(), [](auto* a, auto* b) { return a->pid < b->pid; });
  }

  std::string text() {
    draw(kNobody, "");
    return std::move(text_);
  }

 private:
  // No process has this number.
  static constexpr int kNobody = -1;

  void draw(int parent, const std::string& indent) {
    const auto found = children_.find(parent);
    if (found == children_.end()) return;
    const std::vector<const config::Process*> list = std::move(found->second);
    // Taken out, so that a circle of parents (pids were reused between two looks) ends.
    children_.erase(found);
    for (const config::Process* process : list) {
      const bool last = process == list.back();
      line(*process, indent + (terminal_.utf8 ? (last ? "└─ " : "├─ ") : (last ? "`- " : "|- ")));
      draw(process->pid, indent + (last ? "   " : (terminal_.utf8 ? "│  " : "|  ")));
    }
  }

  void line(const config::Process& process, const std::string& branch) {
    const std::string pid = std::to_string(process.pid);
    const std::string state = state_words(process.state);
    const std::size_t taken = columns_of(branch) + pid.size() + 1 + state.size();
    text_ += terminal_.paint(Colour::grey, branch) + terminal_.paint(Colour::cyan, pid) + " " +
             fitted(command_line(process), taken, terminal_) + terminal_.paint(Colour::yellow, state) + "\n";
  }

  const Terminal& terminal_;
  std::map<int, std::vector<const config::Process*>> children_;
  std::string text_;
};

}  // namespace

Colour colour_of(config::State state) {
  switch (state) {
    case config::State::queued:
    case config::State::starting: return Colour::blue;
    case config::State::running: return Colour::green;
    case config::State::frozen: return Colour::cyan;
    case config::State::stopping:
    case config::State::killing: return Colour::yellow;
    case config::State::ended: return Colour::grey;
  }
  return Colour::none;
}

Colour colour_of(config::Outcome outcome) {
  switch (outcome) {
    case config::Outcome::succeeded: return Colour::green;
    case config::Outcome::stopped:
    case config::Outcome::killed: return Colour::yellow;
    default: return Colour::red;
  }
}

std::string command_words(const config::Job& job) {
  std::string words;
  for (const config::Command& command : job.commands)
    words += (words.empty() ? "" : " | ") + shell_line(command.argv);
  return words;
}

std::string priority_words(const config::Job& job) {
  const int priority = job.priority.value_or(0);
  return priority == 0 ? "" : " (priority " + std::to_string(priority) + ")";
}

std::string age_words(const config::Job& job, std::int64_t now) {
  if (!job.started_at) return "";
  const std::int64_t start = job.started_at->time_since_epoch().count();
  const std::int64_t end = job.result ? job.result->ended_at.time_since_epoch().count() : now;
  return human_duration(std::chrono::microseconds(end - start));
}

std::string process_lines(const std::vector<config::Process>& processes, const Terminal& terminal) {
  std::string text;
  for (const config::Process& process : processes) {
    const std::string pid = std::to_string(process.pid);
    text += "  " + terminal.paint(Colour::cyan, pid) + " " +
            fitted(command_line(process), pid.size() + 3, terminal) + "\n";
  }
  return text;
}

std::string process_tree(const std::vector<config::Process>& processes, const Terminal& terminal) {
  return TreeDrawing(processes, terminal).text();
}

std::string usage_words(const config::Usage& usage) {
  std::string words = "CPU " + human_duration(usage.cpu_user + usage.cpu_system);
  if (usage.memory_peak) words += ", memory peak " + human_bytes(*usage.memory_peak);
  if (usage.io_read) words += ", read " + human_bytes(*usage.io_read);
  if (usage.io_written) words += ", written " + human_bytes(*usage.io_written);
  if (usage.processes_peak)
    words += ", at most " + counted(static_cast<std::size_t>(*usage.processes_peak), "process", "processes");
  return words;
}

}  // namespace coppice::cli
