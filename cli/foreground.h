// A job in the foreground: `coppice run`.
#pragma once

#include <cstdint>
#include <exception>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/connect.h"
#include "cli/interrupts.h"

namespace coppice::cli {

// Runs one job over a connection that the job's life is bound to, and passes interrupts on: the first
// stops the job, the second kills it, the third leaves it to the daemon, which ends it when the connection
// closes. Stop and Kill go over connections of their own, for the first one waits for the result. When the daemon is
// started again the job is asked for by its key, and goes on over a new connection.
class Foreground {
 public:
  struct Ending {
    // Null if the user did not wait for it.
    nlohmann::json result;
    // The `Job` as it was started, or queued; null if it was neither.
    nlohmann::json job;
    // The last signal that came; 0 if none did.
    int interrupted = 0;
  };

  // What is told on standard error beside the job's own.
  enum class Telling {
    nothing,
    // What interrupts do.
    interrupts,
    // And that the job waits for its slice.
    all
  };

  Foreground(varlink::Client client, Target target, Telling telling);

  // Starts `spec`, with descriptors 0, 1 and 2 for its streams and `more` from number 3 on, and answers when it is over.
  // Output that the job writes to its log is passed on to 1 and 2. Throws varlink::MethodError,
  // varlink::Disconnected.
  Ending run(const nlohmann::json& spec, const std::vector<int>& more);

  // The same for a job with a terminal, with `descriptors`: this terminal is it until the job's ends. Ctrl-C is a key of the
  // job's then; an interrupt from outside gives the terminal back before it acts.
  Ending run_in_terminal(const nlohmann::json& spec, const std::vector<int>& descriptors);

 private:
  // Output on its way from the job's log to one of our streams.
  struct Piece {
    int descriptor = -1;
    std::string bytes;
  };

  // Run or Start. The key makes it one job however often it is sent: over each new connection once.
  struct Beginning {
    const char* method = nullptr;
    varlink::Mode mode = varlink::Mode::plain;
    nlohmann::json spec;
    std::vector<int> descriptors;
    std::string key;
  };

  void begin(Beginning beginning);
  void ask();
  void ask_result();
  void come_back();
  void step();
  void attach(bool again);
  void print_what_it_wrote(const nlohmann::json& job) const;
  void take_reply();
  void tell_queue() const;
  void take_piece(const nlohmann::json& parameters);
  void write_piece();
  void take_interrupt();
  void end_job();
  void leave_to_daemon(const std::exception& error);
  void read_orders();

  varlink::Client client_;
  Target target_;
  Telling telling_;
  Interrupts interrupts_;
  Ending ending_;
  Beginning beginning_;
  // Bytes of each stream that have come, also those that are still to be written.
  std::uint64_t output_taken_ = 0;
  std::uint64_t error_taken_ = 0;
  int presses_ = 0;
  // Over the present connection.
  int passed_on_ = 0;
  int told_of_ = 0;
  bool told_queue_ = false;
  bool over_ = false;
  Piece outgoing_;
  // The answer to the last call ends it.
  bool last_call_ = true;
  bool answered_ = false;
  // A connection broke since this was reset.
  bool broken_ = false;
  // Calls of Stop and Kill that are not answered yet.
  std::vector<varlink::Client> orders_;
};

}  // namespace coppice::cli
