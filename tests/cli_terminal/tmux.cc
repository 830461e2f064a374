#include "tests/cli_terminal/tmux.h"

#include <chrono>
#include <stdexcept>
#include <thread>

namespace coppice::cli_terminal {
namespace {

constexpr std::chrono::seconds kDeadline{60};
constexpr char kPane[] = "main:0.0";

}  // namespace

bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kDeadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

Tmux::Tmux(std::string folder, Words environment)
    : environment_(std::move(environment)), socket_(std::move(folder) + "/tmux") {
  environment_.push_back("TERM=xterm-256color");
  environment_.push_back("LC_ALL=C.UTF-8");
  environment_.push_back("PS1=$ ");
  const cli_daemon::Ended ended =
      run({"-f", "/dev/null", "new-session", "-d", "-s", "main", "-x", "80", "-y", "24", "/bin/sh"});
  if (ended.code != 0) throw std::runtime_error("tmux does not start: " + ended.error);
}

Tmux::~Tmux() { static_cast<void>(run({"kill-server"})); }

cli_daemon::Ended Tmux::run(const Words& words) const {
  Words all = {"/usr/bin/tmux", "-S", socket_};
  all.insert(all.end(), words.begin(), words.end());
  return cli_daemon::Program(all, environment_).end();
}

void Tmux::enter(const std::string& line) {
  type(line);
  press({"Enter"});
}

void Tmux::press(const Words& keys) {
  Words words = {"send-keys", "-t", kPane};
  words.insert(words.end(), keys.begin(), keys.end());
  run(words);
}

void Tmux::type(const std::string& text) { run({"send-keys", "-t", kPane, "-l", text}); }

void Tmux::resize(int columns, int rows) {
  run({"resize-window", "-t", "main:0", "-x", std::to_string(columns), "-y", std::to_string(rows)});
}

std::string Tmux::screen() const { return run({"capture-pane", "-p", "-t", kPane}).output; }

bool Tmux::shows(const std::string& text) const {
  return eventually([&] { return screen().find(text) != std::string::npos; });
}

std::string Tmux::tell(const std::string& format) const {
  const std::string text = run({"display-message", "-p", "-t", kPane, format}).output;
  return text.substr(0, text.find('\n'));
}

}  // namespace coppice::cli_terminal
