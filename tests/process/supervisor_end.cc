#include "tests/process/supervisor_end.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "process/packet_socket.h"

namespace coppice::process::test {
namespace {

constexpr int kPatience = 30'000;  // ms; the machine may be busy

std::pair<UniqueFd, UniqueFd> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) std::abort();
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

}  // namespace

bool readable(int fd, short what) {
  pollfd poll{fd, what, 0};
  while (true) {
    const int ready = ::poll(&poll, 1, kPatience);
    if (ready >= 0 || errno != EINTR) return ready > 0;
  }
}

std::string read_to_end(int fd) {
  std::string text;
  std::array<char, 4096> buffer;
  while (readable(fd)) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  ADD_FAILURE() << "no end of output after 30 s: " << text;
  return text;
}

int SupervisorEnd::send(const Request& request, const std::vector<int>& descriptors) {
  return send_packet(socket_.get(), encode(request).view(), descriptors, Blocking::yes);
}

std::optional<Report> SupervisorEnd::next() {
  if (!readable(socket_.get())) {
    ADD_FAILURE() << "the keeper says nothing for 30 s";
    return std::nullopt;
  }
  std::array<std::byte, kMaxPacketSize> buffer;
  std::vector<UniqueFd> descriptors;
  const Received received = receive_packet(socket_.get(), buffer, descriptors, Blocking::no);
  if (received.kind != Receive::packet) return std::nullopt;
  const auto report = decode_report(std::span(buffer).first(received.size), descriptors.size());
  EXPECT_TRUE(report) << "a report that cannot be decoded";
  if (!report) return report;
  seen.push_back(*report);
  if (const auto* held = std::get_if<Held>(&*report))
    for (std::size_t i = 0; i < held->count; ++i) boxes[held->box][held->tags[i]] = std::move(descriptors[i]);
  return report;
}

bool SupervisorEnd::answers() {
  if (send(Hello{}) != 0) return false;
  while (const auto report = next()) {
    if (std::holds_alternative<Hello>(*report)) return true;
    pending_.push_back(*report);
  }
  return false;
}

std::optional<HandedOver> SupervisorEnd::greet() {
  // A keeper that could not be executed is gone by now, perhaps.
  if (send(Hello{}) != 0) return std::nullopt;
  while (const auto report = next()) {
    if (const auto* hello = std::get_if<Hello>(&*report)) keeper_pid = static_cast<pid_t>(hello->pid);
    if (const auto* end = std::get_if<HandedOver>(&*report)) {
      handed_ = std::exchange(seen, {});
      return *end;
    }
    pending_.push_back(*report);
  }
  return std::nullopt;
}

Command send_launch(SupervisorEnd& line, Key key, const Launch& launch, int pen, int other_input) {
  Command command;
  command.key = key;
  const UniqueFd record = seal(launch);
  auto [input, our_input] = make_pipe();
  auto [our_output, output] = make_pipe();
  auto [our_errors, errors] = make_pipe();
  command.input = std::move(our_input);
  command.output = std::move(our_output);
  command.errors = std::move(our_errors);
  LaunchRequest request;
  request.key = command.key;
  request.has_pen = pen >= 0 ? 1 : 0;
  std::vector<int> descriptors{record.get(), other_input >= 0 ? other_input : input.get(), output.get(), errors.get()};
  if (pen >= 0) descriptors.push_back(pen);
  EXPECT_EQ(line.send(request, descriptors), 0);
  return command;
}

}  // namespace coppice::process::test
