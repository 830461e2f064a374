// The lives of the supervisor: when one is over, and when the next one begins.
//
// The loop's thread. A supervisor that dies without Farewell is started again: at once, and when it dies quickly again
// and again, after pauses that double. What it had sent is read to its end before.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "base/unique_fd.h"
#include "process/keeper/box_table.h"
#include "process/keeper/job_table.h"
#include "process/keeper/line.h"
#include "process/keeper/spawners.h"
#include "process/keeper/supervisor_child.h"
#include "process/keeper/watchdog.h"

namespace coppice::process {

// Where its events come from. Borrowed.
struct SupervisionPorts {
  int epoll = -1;
  Key exit = 0;    // the data of what is watched for its exit
  Key rescue = 0;  // of the socket that rescuers connect to
  int pause = -1;  // a timerfd
  Watchdog* watchdog = nullptr;
};

struct SupervisionRules {
  // So many supervisors in a row that die before they serve, and the keeper rests.
  unsigned restarts = 10;
  // A death before it serves is quick, or one so soon after its start; with 0 none is. A pause follows the second
  // quick one in a row.
  std::chrono::milliseconds quick{10'000};
  // How long a supervisor may be silent (watchdog.h); 0 for as long as it likes.
  std::chrono::milliseconds watchdog{0};
  // Where rescuers connect then; nowhere if empty.
  std::string rescue_path;
};

class Supervision {
 public:
  Supervision(SupervisionPorts ports, SupervisorProgram program, SupervisionRules rules)
      : ports_(ports), program_(std::move(program)), rules_(std::move(rules)) {}

  // To be called before anything else. They outlive this. `succeed` is asked to let another keeper go on, after
  // Farewell{leave} and {upgrade}: true when one does; after an upgrade it does not come back then.
  void attend(Line& line, Spawners& spawners, const JobTable& jobs, const BoxTable& boxes,
              std::function<bool(FarewellMode)> succeed);

  // How it begins, one of these: with a supervisor that has been started; with one that is no child of ours, whose
  // hang-up is the end; from the keeper before, on a line that has been hung up, by a start or (`rest`) by resting.
  void begin(pid_t pid, UniqueFd pidfd);
  void begin_attached() { attached_ = true; }
  void begin_again(bool rest);

  // The events: its exit, the end of a pause, and a connection while the keeper rests.
  void collect();
  void end_pause();
  void accept();
  // To be called after each turn of the loop: goes on when spawners have read what the last one left.
  void advance();

  // SIGTERM and SIGINT reach each supervisor once it serves, for they are meant for the keeper as a whole; others only
  // the one that serves now. The first one gets them as they come.
  void forward(int signal);

  // There will be no other supervisor.
  bool over() const { return state_ == State::over || (attached_ && spawners_->saw_end()); }
  // And another keeper has everything.
  bool left() const { return left_; }
  // SIGTERM or SIGINT if one came, else 0.
  int stop() const { return stop_; }
  // The running one's; 0 if there is none, or not of our children.
  pid_t pid() const { return pid_; }
  // The last one's, as from wait(2); nothing if it was no child.
  std::optional<int> status() const { return status_; }

 private:
  enum class State {
    alive,
    leaving,  // it is gone, what it sent is not read to its end
    paused,   // before the next start
    resting,  // until somebody connects
    over,
  };

  void watch(UniqueFd pidfd);
  void lose();
  void decide();
  bool give_way(FarewellMode mode);
  void rest();
  void end_rest();
  bool nothing_kept() const { return jobs_->size() == 0 && boxes_->empty(); }
  void signal(int number) const;
  bool is_last() const;
  void start_after_death();
  void start();
  void pass_on_stop();
  std::chrono::milliseconds pause() const;
  void tell(std::chrono::milliseconds pause) const;

  const SupervisionPorts ports_;
  const SupervisorProgram program_;
  const SupervisionRules rules_;
  std::function<bool(FarewellMode)> succeed_;
  Line* line_ = nullptr;
  Spawners* spawners_ = nullptr;
  const JobTable* jobs_ = nullptr;
  const BoxTable* boxes_ = nullptr;
  State state_ = State::alive;
  bool attached_ = false;
  bool left_ = false;
  std::optional<FarewellMode> begins_by_;  // what the keeper before ended with
  pid_t pid_ = 0;
  UniqueFd pidfd_;
  UniqueFd rescue_;
  std::optional<int> status_;
  std::chrono::steady_clock::time_point started_;
  unsigned quick_deaths_ = 0;     // in a row
  unsigned unserved_deaths_ = 0;  // in a row, before Serving
  int stop_ = 0;               // SIGTERM or SIGINT, once it came
  bool stop_passed_on_ = false;
};

}  // namespace coppice::process
