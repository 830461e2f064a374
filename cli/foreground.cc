#include "cli/foreground.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "base/errno_text.h"
#include "cli/attachment.h"
#include "cli/jobs.h"
#include "cli/output.h"
#include "cli/persistent_client.h"
#include "cli/queue_words.h"
#include "cli/random_key.h"
#include "cli/reconnect.h"
#include "cli/trouble.h"
#include "ipc/api/escape.h"
#include "ipc/api/interface.h"

namespace coppice::cli {
namespace {

using nlohmann::json;

constexpr char kQueued[] = "queued";

// The result that a reply or an error carries, if it does.
const json* result_in(const json& parameters) {
  const auto found = parameters.find("result");
  return found != parameters.end() && found->is_object() ? &*found : nullptr;
}

// What a pipe that is ready takes without blocking: PIPE_BUF of Linux.
constexpr std::size_t kTaken = 4096;

}  // namespace

Foreground::Foreground(varlink::Client client, Target target, Telling telling)
    : client_(std::move(client)), target_(std::move(target)), telling_(telling) {}

Foreground::Ending Foreground::run(const json& spec, const std::vector<int>& more) {
  Beginning beginning = {api::method::kRun, varlink::Mode::more, spec, {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO},
                         random_key()};
  beginning.descriptors.insert(beginning.descriptors.end(), more.begin(), more.end());
  begin(std::move(beginning));
  while (!over_) step();
  return std::move(ending_);
}

Foreground::Ending Foreground::run_in_terminal(const json& spec, const std::vector<int>& descriptors) {
  begin({api::method::kStart, varlink::Mode::plain, spec, descriptors, random_key()});
  for (bool again = false;; again = true) {
    while (!over_ && !answered_) step();
    if (!over_ && presses_ == 0) attach(again);
    if (over_) break;
    ask_result();
    while (!over_ && !broken_) step();
    if (over_) break;
  }
  return std::move(ending_);
}

void Foreground::begin(Beginning beginning) {
  beginning_ = std::move(beginning);
  try {
    ask();
  } catch (const varlink::Disconnected&) {
    come_back();
  }
}

void Foreground::ask() {
  json parameters = {{"spec", beginning_.spec}, {"key", beginning_.key}};
  last_call_ = beginning_.mode == varlink::Mode::more;
  answered_ = false;
  if (last_call_) parameters["unchecked"] = true;
  if (output_taken_ > 0) parameters["outputFrom"] = output_taken_;
  if (error_taken_ > 0) parameters["errorFrom"] = error_taken_;
  client_.send(beginning_.method, parameters, beginning_.mode, beginning_.descriptors);
}

void Foreground::ask_result() {
  last_call_ = true;
  broken_ = false;
  try {
    client_.send(api::method::kWait, {{"job", {{"id", ending_.job.at("id")}}}, {"unchecked", true}});
  } catch (const varlink::Disconnected&) {
    come_back();
  }
}

// The first interrupt waits for the daemon too, the second does not.
void Foreground::come_back() {
  broken_ = true;
  // What they asked for may not have been read.
  orders_.clear();
  passed_on_ = 0;
  while (!over_) {
    std::optional<varlink::Client> client = await_return(target_, interrupts_.descriptor());
    if (!client) {
      take_interrupt();
      over_ = presses_ > 1;
      if (!over_ && telling_ != Telling::nothing) say("waiting for the daemon; once more leaves the job to it");
      continue;
    }
    client_ = std::move(*client);
    try {
      return ask();
    } catch (const varlink::Disconnected&) {
      // It has died again.
    }
  }
}

void Foreground::attach(bool again) {
  const json job = {{"id", ending_.job.at("id")}};
  try {
    Attachment attachment(target_, job, AttachWish(), interrupts_);
    if (attachment.run() != Attachment::Parting::hung_up) return;
    ending_.interrupted = SIGHUP;
    over_ = true;
  } catch (const varlink::MethodError& error) {
    if (error.name() != api::error::kWrongState) throw;
    // It ended before anybody could look; what it wrote is in its log. Who has seen some of it would see that twice.
    if (!again) print_what_it_wrote(job);
  } catch (const varlink::Unintelligible&) {
    throw;
  } catch (const varlink::Disconnected&) {
    // The first connection will tell.
  }
}

void Foreground::print_what_it_wrote(const json& job) const {
  try {
    PersistentClient client(target_);
    // To its end: what the terminal showed last may be on its way there.
    print_log(client, {{"job", job}, {"follow", true}});
  } catch (const varlink::MethodError&) {
    // It never ran; its result says why.
  }
}

void Foreground::step() {
  // poll(2) passes over -1. The next reply waits until the piece of this one is written.
  const bool writing = !outgoing_.bytes.empty();
  std::vector<pollfd> polled = {{writing ? -1 : client_.descriptor(), POLLIN, 0},
                                {interrupts_.descriptor(), POLLIN, 0},
                                {writing ? outgoing_.descriptor : -1, POLLOUT, 0}};
  for (const varlink::Client& order : orders_) polled.push_back({order.descriptor(), POLLIN, 0});
  if (::poll(polled.data(), polled.size(), -1) < 0) {
    if (errno == EINTR) return;
    throw errno_error("poll", "the daemon", errno);
  }
  if (polled[0].revents != 0) take_reply();
  if (polled[1].revents != 0) take_interrupt();
  if (polled[2].revents != 0) write_piece();
  if (!orders_.empty()) read_orders();
  // After a reply too: the job may only now be known to an interrupt that came before.
  end_job();
}

void Foreground::take_reply() {
  std::optional<varlink::Reply> received;
  try {
    received = client_.receive();
  } catch (const varlink::Unintelligible&) {
    throw;
  } catch (const varlink::Disconnected&) {
    return come_back();
  }
  const varlink::Reply& reply = *received;
  const json& parameters = reply.parameters();
  const auto job = parameters.find("job");
  if (job != parameters.end() && job->is_object()) {
    ending_.job = *job;
    if (telling_ == Telling::all && job->value("state", "") == kQueued && !std::exchange(told_queue_, true))
      tell_queue();
  }
  if (const json* result = result_in(parameters)) ending_.result = *result;
  take_piece(parameters);
  if (reply.failed() && reply.error() != api::error::kJobFailed) reply.throw_if_failed();
  answered_ = !reply.continues();
  over_ = last_call_ && answered_;
}

void Foreground::tell_queue() const {
  try {
    varlink::Client client = varlink::Client::connect(target_.address);
    say(queue_words(client, ending_.job));
  } catch (const std::exception&) {
    // A courtesy; what is wrong with the daemon the first connection will tell.
  }
}

// A piece of a stream that goes to the log.
void Foreground::take_piece(const json& parameters) {
  const auto data = parameters.find("data");
  if (data == parameters.end() || !data->is_string()) return;
  auto bytes = api::base64_decode(data->get_ref<const std::string&>());
  if (!bytes) throw Trouble("the daemon's answer is not understood: data is not base64");
  const bool error = parameters.value("stream", "") == "error";
  (error ? error_taken_ : output_taken_) += bytes->size();
  outgoing_ = {error ? STDERR_FILENO : STDOUT_FILENO, std::move(*bytes)};
}

void Foreground::write_piece() {
  std::string& bytes = outgoing_.bytes;
  const ssize_t written = ::write(outgoing_.descriptor, bytes.data(), std::min(kTaken, bytes.size()));
  if (written < 0 && (errno == EINTR || errno == EAGAIN)) return;
  // A reader that went away costs what it would have read, and not the job.
  bytes.erase(0, written < 0 ? bytes.size() : static_cast<std::size_t>(written));
}

void Foreground::take_interrupt() {
  const int number = interrupts_.take();
  if (number == 0) return;
  ending_.interrupted = number;
  // Before the job has an id there is nothing to ask for: the second time the connection is closed.
  if (++presses_ >= 3 || (presses_ == 2 && ending_.job.is_null())) over_ = true;
}

// Orders what the interrupts ask for, once the job is known.
void Foreground::end_job() {
  if (over_ || ending_.job.is_null() || presses_ == passed_on_) return;
  passed_on_ = presses_;
  const bool kill = presses_ > 1;
  const json reference = {{"job", {{"id", ending_.job.at("id")}}}};
  if (telling_ != Telling::nothing && std::exchange(told_of_, presses_) < presses_)
    say((kill ? "killing " : "stopping ") + job_title(ending_.job) +
        (kill ? "" : "; once more kills it"));
  try {
    varlink::Client order = varlink::Client::connect(target_.address);
    order.send(kill ? api::method::kKill : api::method::kStop, reference);
    orders_.push_back(std::move(order));
  } catch (const std::system_error& error) {
    // It has just died, and is told when it is back; or it ends, and the job does anyway.
    if (nobody_listens(error)) return;
    leave_to_daemon(error);
  } catch (const std::exception& error) {
    leave_to_daemon(error);
  }
}

// Closing our connection ends the job as well.
void Foreground::leave_to_daemon(const std::exception& error) {
  say("the daemon takes no order to end the job (" + std::string(error.what()) + "): leaving it to the daemon");
  over_ = true;
}

// An order that the daemon refuses is told; the result of one that it followed comes as the job's own.
void Foreground::read_orders() {
  for (auto order = orders_.begin(); order != orders_.end();) {
    pollfd polled = {order->descriptor(), POLLIN, 0};
    if (::poll(&polled, 1, 0) <= 0) {
      ++order;
      continue;
    }
    try {
      const varlink::Reply reply = order->receive();
      const bool over_already =
          reply.error() == api::error::kNoSuchJob || reply.error() == api::error::kWrongState;
      if (reply.failed() && !over_already) reply.throw_if_failed();
    } catch (const varlink::MethodError& error) {
      say(sentence_of(error));
    } catch (const varlink::Disconnected&) {
      // The daemon ends; the first connection will tell.
    }
    order = orders_.erase(order);
  }
}

}  // namespace coppice::cli
