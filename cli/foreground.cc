#include "cli/foreground.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "base/errno_text.h"
#include "cli/attachment.h"
#include "cli/jobs.h"
#include "cli/output.h"
#include "cli/queue_words.h"
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
  const json parameters = {{"spec", spec}, {"unchecked", true}};
  std::vector<int> descriptors = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};
  descriptors.insert(descriptors.end(), more.begin(), more.end());
  client_.send(api::method::kRun, parameters, varlink::Mode::more, descriptors);
  while (!over_) step();
  return std::move(ending_);
}

Foreground::Ending Foreground::run_in_terminal(const json& spec, const std::vector<int>& descriptors) {
  last_call_ = false;
  client_.send(api::method::kStart, {{"spec", spec}}, varlink::Mode::plain, descriptors);
  while (!over_ && ending_.job.is_null()) step();
  if (ending_.job.is_null()) return std::move(ending_);
  if (presses_ == 0) attach();
  last_call_ = true;
  const json parameters = {{"job", {{"id", ending_.job.at("id")}}}, {"unchecked", true}};
  if (!over_) client_.send(api::method::kWait, parameters);
  while (!over_) step();
  return std::move(ending_);
}

void Foreground::attach() {
  const json job = {{"id", ending_.job.at("id")}};
  try {
    Attachment attachment(target_, job, AttachWish(), interrupts_);
    if (attachment.run() != Attachment::Parting::hung_up) return;
    ending_.interrupted = SIGHUP;
    over_ = true;
  } catch (const varlink::MethodError& error) {
    if (error.name() != api::error::kWrongState) throw;
    // It ended before anybody could look; what it wrote is in its log.
    print_what_it_wrote(job);
  }
}

void Foreground::print_what_it_wrote(const json& job) const {
  try {
    varlink::Client client = varlink::Client::connect(target_.address);
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
  const varlink::Reply reply = client_.receive();
  const json& parameters = reply.parameters();
  const auto job = parameters.find("job");
  if (job != parameters.end() && job->is_object()) {
    ending_.job = *job;
    if (telling_ == Telling::all && job->value("state", "") == kQueued) tell_queue();
  }
  if (const json* result = result_in(parameters)) ending_.result = *result;
  take_piece(parameters);
  if (reply.failed() && reply.error() != api::error::kJobFailed) reply.throw_if_failed();
  over_ = last_call_ && !reply.continues();
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
  if (telling_ != Telling::nothing)
    say((kill ? "killing " : "stopping ") + job_title(ending_.job) +
        (kill ? "" : "; once more kills it"));
  try {
    varlink::Client order = varlink::Client::connect(target_.address);
    order.send(kill ? api::method::kKill : api::method::kStop, reference);
    orders_.push_back(std::move(order));
  } catch (const std::exception& error) {
    // Closing our connection ends the job as well.
    say("the daemon takes no order to end the job (" + std::string(error.what()) +
        "): leaving it to the daemon");
    over_ = true;
  }
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
