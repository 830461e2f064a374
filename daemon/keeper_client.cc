#include "daemon/keeper_client.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <utility>

#include "base/errno_text.h"
#include "process/packet_socket.h"

namespace coppice::daemon {
namespace {

// A turn of the loop reads at most this many packets, so that a burst of exits delays nobody else.
constexpr int kPacketsPerTurn = 64;

process::Receive receive_report(int socket, process::Blocking blocking,
                                std::optional<process::Report>& report) {
  std::array<std::byte, process::kMaxPacketSize> buffer;
  std::vector<UniqueFd> descriptors;
  const auto received = process::receive_packet(socket, buffer, descriptors, blocking);
  if (received.kind == process::Receive::packet)
    report = process::decode_report(std::span(buffer).first(received.size));
  return received.kind;
}

}  // namespace

KeeperClient::KeeperClient(asio::io_context& context, UniqueFd socket, std::function<void()> lost)
    : socket_(context, socket.get()), lost_(std::move(lost)) {
  static_cast<void>(socket.release());
}

void KeeperClient::greet() {
  process::Hello hello;
  hello.pid = static_cast<std::uint32_t>(::getpid());
  const int error = process::send_packet(socket_.native_handle(), process::encode(process::Request(hello)).view(),
                                         {}, process::Blocking::yes);
  if (error != 0) throw errno_error("greet the keeper", "", error);
  std::optional<process::Report> report;
  const auto kind = receive_report(socket_.native_handle(), process::Blocking::yes, report);
  const auto* answer = report ? std::get_if<process::Hello>(&*report) : nullptr;
  if (kind != process::Receive::packet || !answer)
    throw std::runtime_error("the keeper did not answer with a greeting");
  if (answer->version != process::kProtocolVersion)
    throw std::runtime_error("the keeper speaks version " + std::to_string(answer->version) +
                             " of the protocol, this is version " +
                             std::to_string(process::kProtocolVersion));
  keeper_pid_ = static_cast<pid_t>(answer->pid);
}

void KeeperClient::listen() { await_packet(); }

void KeeperClient::launch(CommandProcess& process, int record, int pen, int input, int output,
                          int error) {
  process.key = ++last_key_;
  process.phase = CommandProcess::Phase::launching;
  processes_.emplace(process.key, &process);
  process::LaunchRequest request;
  request.key = process.key;
  request.has_pen = 1;
  const std::array descriptors{record, input, output, error, pen};
  try {
    send(request, descriptors);
  } catch (...) {
    // It never left us.
    processes_.erase(process.key);
    process.phase = CommandProcess::Phase::idle;
    throw;
  }
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
  Pending pending;
  pending.packet = packet;
  for (const int descriptor : descriptors) {
    pending.descriptors.emplace_back(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
    if (!pending.descriptors.back()) {
      throw errno_error("queue a packet for the keeper", "", errno);
    }
  }
  queue_.push_back(std::move(pending));
  if (queue_.size() == 1) await_room();
}

void KeeperClient::await_room() {
  socket_.async_wait(asio::posix::descriptor_base::wait_write, [this](const std::error_code& error) {
    if (!error) flush();
  });
}

void KeeperClient::flush() {
  while (!queue_.empty()) {
    const Pending& first = queue_.front();
    std::vector<int> descriptors;
    for (const UniqueFd& descriptor : first.descriptors) descriptors.push_back(descriptor.get());
    const int error = process::send_packet(socket_.native_handle(), first.packet.view(), descriptors,
                                           process::Blocking::no);
    if (error == EAGAIN || error == ETOOMANYREFS) return await_room();
    if (error != 0) return lose();
    queue_.pop_front();
  }
}

void KeeperClient::await_packet() {
  socket_.async_wait(asio::posix::descriptor_base::wait_read, [this](const std::error_code& error) {
    if (!error) receive();
  });
}

void KeeperClient::receive() {
  for (int count = 0; count < kPacketsPerTurn; ++count) {
    std::optional<process::Report> report;
    switch (receive_report(socket_.native_handle(), process::Blocking::no, report)) {
      case process::Receive::packet:
        if (!report) return lose();
        deliver(*report);
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
  using Phase = CommandProcess::Phase;
  CommandProcess* process = nullptr;
  if (const auto* launched = std::get_if<process::Launched>(&report)) {
    if ((process = find(launched->key))) {
      process->pid = static_cast<pid_t>(launched->pid);
      process->phase = Phase::running;
    }
  } else if (const auto* failed = std::get_if<process::Failed>(&report)) {
    if ((process = find(failed->key))) {
      process->failure = *failed;
      process->phase = Phase::failed;
    }
  } else if (const auto* exited = std::get_if<process::Exited>(&report)) {
    if ((process = find(exited->key))) {
      process->exited = *exited;
      process->phase = Phase::exited;
    }
  } else if (std::holds_alternative<process::Orphans>(report)) {
    for (Notifier* watch : orphan_watches_) watch->notify_all();
  }
  // A signal that came too late is no failure: the exit is reported by itself.
  if (process && process->wake) process->wake->notify_all();
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
