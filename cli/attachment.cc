#include "cli/attachment.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/errno_text.h"
#include "ipc/api/interface.h"

namespace coppice::cli {
namespace {

using nlohmann::json;

constexpr char kControlC = 0x03;

json size_object(const config::TerminalSize& size) { return {{"columns", size.columns}, {"rows", size.rows}}; }

// Of a daemon that has gone meanwhile the caller knows what to do.
varlink::Client connect_to(const Target& target) {
  try {
    return try_connect(target);
  } catch (const std::system_error& error) {
    if (nobody_listens(error)) throw varlink::Disconnected(error.what());
    throw;
  }
}

}  // namespace

Attachment::Attachment(Target target, json job, AttachWish wish, const Interrupts& interrupts)
    : target_(std::move(target)),
      job_(std::move(job)),
      wish_(std::move(wish)),
      interrupts_(interrupts),
      signals_({SIGWINCH, SIGTSTP, SIGCONT, SIGQUIT}),
      terminal_(STDIN_FILENO),
      keys_(wish_.detach_keys) {}

Attachment::~Attachment() { restore(); }

bool Attachment::connect(bool take) {
  json parameters = {{"job", job_}, {"readOnly", wish_.read_only}, {"take", take}};
  if (const auto size = size_of_terminal(STDIN_FILENO)) parameters["size"] = size_object(*size);
  varlink::Client client = connect_to(target_);
  client.send(api::method::kAttach, parameters, varlink::Mode::upgrade);
  std::array<pollfd, 2> polled = {{{client.descriptor(), POLLIN, 0}, {interrupts_.descriptor(), POLLIN, 0}}};
  while (::poll(polled.data(), polled.size(), -1) < 0)
    if (errno != EINTR) throw errno_error("poll", "the daemon", errno);
  if (polled[0].revents == 0) return false;
  const varlink::Reply reply = client.receive();
  reply.throw_if_failed();
  writer_ = reply.parameters().at("writer").get<bool>();
  connection_ = client.release();
  return true;
}

Attachment::Parting Attachment::run() {
  if (!connect(wish_.take)) return Parting::called;
  take_over();
  while (!parting_) pass();
  restore();
  return *parting_;
}

void Attachment::take_over() {
  terminal_.enter();
  taken_over_ = true;
  const auto size = size_of_terminal(STDIN_FILENO);
  if (std::exchange(wish_.fresh_screen, false) && size)
    shown_ = std::string(static_cast<std::size_t>(size->rows), '\n') + "\033[H";
}

void Attachment::part(Parting parting) {
  if (!parting_) parting_ = parting;
}

void Attachment::pass() {
  const auto wanted = [](bool wants, short events) { return wants ? events : short{0}; };
  const bool room = shown_.empty() && !ended_;
  std::array<pollfd, 5> polled = {{{interrupts_.descriptor(), POLLIN, 0},
                                   {signals_.descriptor(), POLLIN, 0},
                                   {typed_.empty() ? STDIN_FILENO : -1, POLLIN, 0},
                                   {room || !typed_.empty() ? connection_.get() : -1,
                                    static_cast<short>(wanted(room, POLLIN) | wanted(!typed_.empty(), POLLOUT)), 0},
                                   {shown_.empty() ? -1 : output_.descriptor(), POLLOUT, 0}}};
  if (::poll(polled.data(), polled.size(), -1) < 0) {
    if (errno == EINTR) return;
    throw errno_error("poll", "the terminals", errno);
  }
  if (polled[0].revents != 0) return part(Parting::called);
  if (polled[1].revents != 0) return take_signal();
  if (polled[2].revents != 0) take_keys();
  if ((polled[3].revents & POLLOUT) != 0) send_keys();
  if ((polled[3].revents & ~POLLOUT) != 0) take_screen();
  if (polled[4].revents != 0) draw();
  if (ended_ && shown_.empty()) part(Parting::ended);
}

void Attachment::take_keys() {
  std::array<char, 4096> buffer;
  const ssize_t size = ::read(STDIN_FILENO, buffer.data(), buffer.size());
  if (size < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (size <= 0) return part(Parting::hung_up);
  const std::string_view keys(buffer.data(), static_cast<std::size_t>(size));
  typed_ = keys_.pass(keys);
  if (keys_.pressed() || (wish_.read_only && keys.find(kControlC) != std::string_view::npos)) part(Parting::detached);
  // Somebody else has the keyboard.
  if (!writer_) typed_.clear();
  if (!typed_.empty()) send_keys();
}

void Attachment::send_keys() {
  const ssize_t size = ::send(connection_.get(), typed_.data(), typed_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (size >= 0) typed_.erase(0, static_cast<std::size_t>(size));
  // The terminal has ended; what it showed last is still to be read.
  if (size < 0 && errno != EAGAIN && errno != EINTR) typed_.clear();
}

void Attachment::take_screen() {
  if (!shown_.empty() || ended_) return;
  std::array<char, 65536> buffer;
  const ssize_t size = ::recv(connection_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (size < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (size <= 0) {
    ended_ = true;
    typed_.clear();
    return;
  }
  shown_.assign(buffer.data(), static_cast<std::size_t>(size));
  draw();
}

void Attachment::draw() {
  const std::size_t size = output_.write(shown_);
  traces_.see(std::string_view(shown_).substr(0, size));
  shown_.erase(0, size);
}

void Attachment::take_signal() {
  switch (signals_.take()) {
    case SIGWINCH: return tell_size();
    case SIGTSTP: return suspend();
    case SIGCONT: return resume();
    case SIGQUIT: return part(Parting::hung_up);
    default: return;
  }
}

// As the shell's user expects of a program that is stopped from outside. An orphaned process group is not stopped
// by the kernel (setpgid(2)); then nothing has happened.
void Attachment::suspend() {
  restore();
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTSTP);
  static_cast<void>(::raise(SIGTSTP));
  static_cast<void>(::sigprocmask(SIG_UNBLOCK, &stop, nullptr));  // here it stops
  static_cast<void>(::sigprocmask(SIG_BLOCK, &stop, nullptr));
  resume();
}

void Attachment::resume() {
  // In the background there is nothing to show it on: the shell's `fg` is a SIGCONT again.
  if (!terminal_.in_foreground()) static_cast<void>(::raise(SIGTTIN));
  take_over();
  typed_.clear();
  shown_.clear();
  try {
    if (!connect(writer_)) part(Parting::called);
  } catch (const varlink::MethodError&) {
    // It ended meanwhile; what the old connection still has is shown.
  }
}

void Attachment::tell_size() {
  const auto size = size_of_terminal(STDIN_FILENO);
  if (!size || !writer_) return;
  json parameters = size_object(*size);
  parameters["job"] = job_;
  try {
    if (!orders_) orders_ = varlink::Client::connect(target_.address);
    orders_->send(api::method::kResize, parameters, varlink::Mode::oneway);
  } catch (const std::exception&) {
    // The daemon ends, and the terminal's connection will tell; or it has no room, and the size stays.
    orders_.reset();
  }
}

void Attachment::restore() noexcept {
  if (!std::exchange(taken_over_, false)) return;
  try {
    static_cast<void>(output_.write(traces_.undo()));
  } catch (const std::exception&) {
    // The terminal is gone.
  }
  traces_ = Traces();
  terminal_.leave();
}

}  // namespace coppice::cli
