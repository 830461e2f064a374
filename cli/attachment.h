// This terminal as the terminal of a job.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/unique_fd.h"
#include "cli/connect.h"
#include "cli/detach_keys.h"
#include "cli/interrupts.h"
#include "cli/raw_terminal.h"
#include "cli/traces.h"

namespace coppice::cli {

struct AttachWish {
  bool read_only = false;
  bool take = false;
  // What this terminal shows is scrolled away first, so that places on the job's screen are places on this one.
  bool fresh_screen = false;
  // As bytes; see parse_detach_keys().
  std::string detach_keys;
};

// What is typed goes to the job, what the job writes comes here, a change of this terminal's size goes along.
// The terminal is raw while run() goes on, and what the job left in it is undone afterwards, also when
// run() throws. Ctrl-C and Ctrl-Z are keys like others. A stop from outside (SIGTSTP) gives the terminal back first;
// SIGCONT takes it again and has the screen drawn anew.
class Attachment {
 public:
  enum class Parting {
    ended,     // the job's terminal has
    detached,  // by the keys; of a viewer that only looks, by Ctrl-C too
    called,    // `interrupts` has something, which was not taken
    hung_up,   // this terminal is gone
  };

  // `job` is a JobRef. `interrupts` is borrowed.
  Attachment(Target target, nlohmann::json job, AttachWish wish, const Interrupts& interrupts);
  ~Attachment();
  Attachment(const Attachment&) = delete;
  Attachment& operator=(const Attachment&) = delete;

  // Throws varlink::MethodError before anything was done to the terminal, varlink::Disconnected. A daemon that dies is a
  // terminal that has ended: who wants to know asks for the job.
  Parting run();

  // Whether what was typed went to the job.
  bool writer() const { return writer_; }

 private:
  // False if an interrupt came first; a job that is queued has no terminal yet.
  bool connect(bool take);
  void pass();
  void take_keys();
  void take_screen();
  void send_keys();
  void draw();
  void take_signal();
  void take_over();
  void suspend();
  void resume();
  void tell_size();
  void restore() noexcept;
  void part(Parting parting);

  Target target_;
  nlohmann::json job_;
  AttachWish wish_;
  const Interrupts& interrupts_;
  Interrupts signals_;
  RawTerminal terminal_;
  ScreenOutput output_;
  Traces traces_;
  DetachKeys keys_;
  UniqueFd connection_;
  // For Resize; made when it is first needed.
  std::optional<varlink::Client> orders_;
  bool writer_ = false;
  bool ended_ = false;
  // The terminal is to be given back.
  bool taken_over_ = false;
  // Read, and not passed on yet; nothing more is read meanwhile.
  std::string typed_;
  std::string shown_;
  std::optional<Parting> parting_;
};

}  // namespace coppice::cli
