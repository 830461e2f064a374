#include "tests/terminal/look.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

#include "tests/support/observe.h"

namespace coppice::support {

Look::Look(const Daemon& daemon, const json& job, const json& options) {
  varlink::Client client = daemon.connect();
  json parameters = options;
  parameters["job"] = ref(job);
  client.send("io.coppice.Jobs.Attach", parameters, varlink::Mode::upgrade);
  const varlink::Reply reply = next_reply(client);
  if (reply.failed()) throw std::runtime_error("Attach: " + reply.error() + reply.parameters().dump());
  writer_ = reply.parameters().at("writer").get<bool>();
  socket_ = client.release();
}

void Look::type(std::string_view keys) {
  if (::send(socket_.get(), keys.data(), keys.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(keys.size()))
    throw std::runtime_error("the viewer's keys are not taken");
}

Look::Read Look::read_some() {
  pollfd polled{socket_.get(), POLLIN, 0};
  const auto bound = std::chrono::milliseconds(kDeadline).count();
  if (::poll(&polled, 1, static_cast<int>(bound)) != 1) return Read::late;
  std::array<char, 65536> buffer;
  const ssize_t size = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
  if (size <= 0) return Read::end;
  text_.append(buffer.data(), static_cast<std::size_t>(size));
  return Read::some;
}

bool Look::sees(const std::string& text) {
  while (text_.find(text) == std::string::npos)
    if (read_some() != Read::some) return false;
  return true;
}

bool Look::ends() {
  for (;;) {
    const Read read = read_some();
    if (read != Read::some) return read == Read::end;
  }
}

json in_terminal(const std::string& line) {
  json wanted = shell(line);
  wanted["input"] = {{"kind", "pty"}};
  return wanted;
}

}  // namespace coppice::support
