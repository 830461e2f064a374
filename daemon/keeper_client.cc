#include "daemon/keeper_client.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

#include "base/errno_text.h"
#include "process/info/pidfd.h"
#include "process/packet_socket.h"

namespace coppice::daemon {
namespace {

// A turn of the loop reads at most this many packets, so that a burst of exits delays nobody else.
constexpr int kPacketsPerTurn = 64;
// Where more trees are waited for at a time, an orphan says too little about any of them: they look for themselves.
constexpr std::size_t kOrphanWatches = 32;
// What farewell() may take.
constexpr auto kFarewellBound = std::chrono::seconds(2);
// Between two tries while too many descriptors are in flight, of which there is no event.
constexpr int kRetryPause = 1;  // ms

using Phase = CommandState::Phase;

struct Incoming {
  process::Receive kind = process::Receive::failed;
  std::optional<process::Report> report;
  std::vector<UniqueFd> descriptors;
};

Incoming receive_report(int socket, process::Blocking blocking) {
  Incoming incoming;
  std::array<std::byte, process::kMaxPacketSize> buffer;
  const auto received = process::receive_packet(socket, buffer, incoming.descriptors, blocking);
  incoming.kind = received.kind;
  if (received.kind == process::Receive::packet)
    incoming.report =
        process::decode_report(std::span(buffer).first(received.size), incoming.descriptors.size());
  return incoming;
}

// The key that a report is about; 0 for none.
process::Key key_of(const process::Report& report) {
  return std::visit(
      [](const auto& fields) -> process::Key {
        if constexpr (requires { fields.key; }) {
          return fields.key;
        } else {
          return 0;
        }
      },
      report);
}

void check_version(const process::Hello& hello) {
  if (hello.version == process::kProtocolVersion) return;
  throw std::runtime_error("the keeper speaks version " + std::to_string(hello.version) +
                           " of the protocol, this is version " + std::to_string(process::kProtocolVersion));
}

void take_held(Handover& handover, const process::Held& held, std::vector<UniqueFd>& descriptors) {
  for (std::size_t i = 0; i < held.count; ++i)
    handover.boxes[held.box][held.tags[i]] = std::move(descriptors[i]);
}

}  // namespace

KeeperClient::KeeperClient(asio::io_context& context, UniqueFd socket, std::function<void()> lost)
    : socket_(context, socket.get()), lost_(std::move(lost)) {
  static_cast<void>(socket.release());
}

Handover KeeperClient::greet() {
  process::Hello hello;
  hello.pid = static_cast<std::uint32_t>(::getpid());
  const int error = process::send_packet(socket_.native_handle(), process::encode(process::Request(hello)).view(),
                                         {}, process::Blocking::yes);
  if (error != 0) throw errno_error("greet the keeper", "", error);
  Handover handover;
  while (true) {
    Incoming incoming = receive_report(socket_.native_handle(), process::Blocking::yes);
    if (incoming.kind == process::Receive::truncated)
      throw std::runtime_error("the keeper holds more descriptors than this process may have open");
    if (!incoming.report) throw std::runtime_error("the keeper did not answer with a greeting");
    if (const auto* answer = std::get_if<process::Hello>(&*incoming.report)) {
      check_version(*answer);
      keeper_pid_ = static_cast<pid_t>(answer->pid);
      keeper_ = process::open_pidfd(keeper_pid_);
    } else if (const auto* held = std::get_if<process::Held>(&*incoming.report)) {
      holding_.insert(held->box);
      take_held(handover, *held, incoming.descriptors);
    } else if (const auto* end = std::get_if<process::HandedOver>(&*incoming.report)) {
      handover.last_key = last_key_ = end->last_key;
      handover.restarts = end->restarts;
      handover.commands = handed_;
      return handover;
    } else {
      // Any report may come in between: a command ends when it pleases.
      deliver_handed(*incoming.report);
    }
  }
}

void KeeperClient::deliver_handed(const process::Report& report) {
  const process::Key key = key_of(report);
  if (key == 0 || std::holds_alternative<process::Signalled>(report)) return;
  HandedCommand& command = handed_[key];
  command.key = key;
  follow(command, report);
}

void KeeperClient::listen() { await_packet(); }

bool KeeperClient::await_death(std::chrono::milliseconds bound) const {
  if (!keeper_) return true;
  pollfd death{keeper_.get(), POLLIN, 0};
  return ::poll(&death, 1, static_cast<int>(bound.count())) == 1;
}

void KeeperClient::serving() { send(process::Serving{}); }

void KeeperClient::say_alive() {
  // A keeper that reads nothing would be told when it is too late.
  if (!queue_.empty()) return;
  process::Alive sign;
  sign.number = alive_number_ = std::max(alive_number_ + 1, 1U);
  send(sign);
}

bool KeeperClient::farewell(process::FarewellMode mode) {
  process::Farewell request;
  request.mode = mode;
  send(request);
  const auto deadline = std::chrono::steady_clock::now() + kFarewellBound;
  while (!queue_.empty() && !is_lost_ && std::chrono::steady_clock::now() < deadline) {
    if (!send_first()) {
      pollfd room{socket_.native_handle(), POLLOUT, 0};
      static_cast<void>(::poll(&room, 1, kRetryPause));
    }
  }
  const bool said = queue_.empty() && !is_lost_;
  // That the keeper hangs up is no news from now on.
  is_lost_ = true;
  queue_.clear();
  return said;
}

process::Key KeeperClient::reserve_keys(std::size_t count) {
  last_key_ += count;
  return last_key_ - count + 1;
}

void KeeperClient::skip_keys(process::Key last) { last_key_ = std::max(last_key_, last); }

void KeeperClient::launch(CommandProcess& process, process::Key key, int record, int pen, int input, int output,
                          int error) {
  process::LaunchRequest request;
  request.key = key;
  request.has_pen = 1;
  const std::array descriptors{record, input, output, error, pen};
  ask(process, key, request, descriptors);
}

void KeeperClient::adopt_foreign(CommandProcess& process, process::Key key, pid_t pid, ProcessIdentity identity,
                                 int pidfd, int pen) {
  process::AdoptRequest request;
  request.key = key;
  request.pid = static_cast<std::uint32_t>(pid);
  request.identity_kind = identity.kind;
  request.identity = identity.value;
  request.has_pen = pen >= 0 ? 1 : 0;
  const std::array descriptors{pidfd, pen};
  ask(process, key, request, std::span(descriptors).first(1 + request.has_pen));
}

void KeeperClient::ask(CommandProcess& process, process::Key key, const process::Request& request,
                       std::span<const int> descriptors) {
  process.key = key;
  process.phase = Phase::launching;
  processes_.emplace(key, &process);
  try {
    send(request, descriptors);
  } catch (...) {
    // It never left us.
    processes_.erase(key);
    process.phase = Phase::idle;
    throw;
  }
}

void KeeperClient::adopt(CommandProcess& process, const HandedCommand& command) {
  const auto latest = handed_.extract(command.key);
  static_cast<CommandState&>(process) = latest ? latest.mapped() : command;
  processes_.emplace(process.key, &process);
  note_running(process);
}

void KeeperClient::note_running(const CommandState& state) {
  if (state.phase == Phase::running)
    running_.insert(state.pid);
  else
    running_.erase(state.pid);
}

void KeeperClient::forget_handed(process::Key key) {
  if (handed_.erase(key) == 0) return;
  process::Forget request;
  request.key = key;
  send(request);
}

void KeeperClient::hold(process::Box box, std::span<const ToHold> all) {
  if (!all.empty()) holding_.insert(box);
  while (!all.empty()) {
    const auto part = all.first(std::min(all.size(), process::kMaxHeld));
    all = all.subspan(part.size());
    process::Hold request;
    request.box = box;
    request.number = held_number_ + 1;
    std::array<int, process::kMaxHeld> descriptors{};
    for (const ToHold& one : part) {
      request.tags[request.count] = one.tag;
      descriptors[request.count++] = one.descriptor;
    }
    send(request, std::span(descriptors).first(request.count));
    // Only what is on its way has a number: the keeper waits for each.
    ++held_number_;
  }
}

void KeeperClient::hold(process::Box box, process::Tag tag, int descriptor) {
  const ToHold one{tag, descriptor};
  hold(box, std::span(&one, 1));
}

void KeeperClient::drop(process::Box box) { drop(box, 0); }

void KeeperClient::drop(process::Box box, process::Tag tag) {
  if (!holding_.contains(box)) return;
  if (tag == 0) holding_.erase(box);
  process::Drop request;
  request.box = box;
  request.tag = tag;
  request.number = ++held_number_;
  send(request);
}

void KeeperClient::signal(const CommandProcess& process, int signo) {
  if (process.phase != CommandProcess::Phase::running) return;
  process::SignalRequest request;
  request.key = process.key;
  request.signal = static_cast<std::uint32_t>(signo);
  send(request);
}

void KeeperClient::forget(CommandProcess& process) {
  if (process.key == 0 || processes_.erase(process.key) == 0) return;
  running_.erase(process.pid);
  process::Forget request;
  request.key = process.key;
  send(request);
}

void KeeperClient::send(const process::Request& request, std::span<const int> descriptors) {
  if (is_lost_) return;
  const process::Packet packet = process::encode(request);
  if (queue_.empty()) {
    const int error = process::send_packet(socket_.native_handle(), packet.view(), descriptors,
                                           process::Blocking::no);
    if (error == 0) return;
    if (error != EAGAIN && error != ETOOMANYREFS) return lose();
  }
  Pending pending{packet, {}};
  for (const int descriptor : descriptors) {
    pending.descriptors.emplace_back(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
    if (!pending.descriptors.back()) throw errno_error("queue a packet for the keeper", "", errno);
  }
  queue_.push_back(std::move(pending));
  if (queue_.size() == 1) await_room();
}

void KeeperClient::await_room() {
  socket_.async_wait(asio::posix::descriptor_base::wait_write, [this](const std::error_code& error) {
    if (!error) flush();
  });
}

// False when there is no room for it now.
bool KeeperClient::send_first() {
  const Pending& first = queue_.front();
  std::vector<int> descriptors;
  for (const UniqueFd& descriptor : first.descriptors) descriptors.push_back(descriptor.get());
  const int error = process::send_packet(socket_.native_handle(), first.packet.view(), descriptors,
                                         process::Blocking::no);
  if (error == EAGAIN || error == ETOOMANYREFS) return false;
  if (error == 0) queue_.pop_front();
  else lose();
  return true;
}

void KeeperClient::flush() {
  while (!queue_.empty())
    if (!send_first()) return await_room();
}

void KeeperClient::await_packet() {
  socket_.async_wait(asio::posix::descriptor_base::wait_read, [this](const std::error_code& error) {
    if (!error) receive();
  });
}

void KeeperClient::receive() {
  for (int count = 0; count < kPacketsPerTurn; ++count) {
    const Incoming incoming = receive_report(socket_.native_handle(), process::Blocking::no);
    switch (incoming.kind) {
      case process::Receive::packet:
        if (!incoming.report) return lose();
        deliver(*incoming.report);
        break;
      case process::Receive::would_block:
        return await_packet();
      case process::Receive::closed:
      case process::Receive::truncated:
      case process::Receive::failed:
        return lose();
    }
  }
  await_packet();
}

CommandProcess* KeeperClient::find(process::Key key) const {
  const auto found = processes_.find(key);
  return found == processes_.end() ? nullptr : found->second;
}

void KeeperClient::deliver(const process::Report& report) {
  if (std::holds_alternative<process::Orphans>(report)) {
    if (orphan_watches_.size() > kOrphanWatches) return;
    for (Notifier* watch : orphan_watches_) watch->notify_all();
    return;
  }
  if (std::holds_alternative<process::Alive>(report)) {
    if (alive_answered_) alive_answered_();
    return;
  }
  // A signal that came too late is no failure: the exit is reported by itself.
  const process::Key key = key_of(report);
  if (CommandProcess* process = find(key)) {
    if (!follow(*process, report)) return;
    note_running(*process);
    if (process->wake) process->wake->notify_all();
  } else if (const auto handed = handed_.find(key); handed != handed_.end()) {
    follow(handed->second, report);
  }
}

void KeeperClient::lose() {
  if (std::exchange(is_lost_, true)) return;
  queue_.clear();
  lost_();
}

KeeperClient::OrphanWatch::OrphanWatch(KeeperClient& keeper, Notifier& notifier)
    : keeper_(keeper), notifier_(notifier) {
  keeper_.orphan_watches_.insert(&notifier_);
}

KeeperClient::OrphanWatch::~OrphanWatch() {
  keeper_.orphan_watches_.erase(keeper_.orphan_watches_.find(&notifier_));
}

}  // namespace coppice::daemon
