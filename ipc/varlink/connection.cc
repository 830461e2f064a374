#include "ipc/varlink/connection.h"

#include <poll.h>
#include <sys/socket.h>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/co_spawn.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <cerrno>

#include "base/readiness.h"

namespace coppice::varlink {
namespace {

// <asm-generic/socket.h>; older headers lack it.
constexpr int kPeerPidfd = 77;

// A peer that always has another call ready, or always takes another reply, shares the loop all the same.
constexpr std::uint64_t kCallsInARow = 8;
constexpr std::size_t kBytesInARow = std::size_t{256} << 10;

bool peer_left(const std::system_error& error) {
  const int code = error.code().value();
  return code == EPIPE || code == ECONNRESET || code == ENOTCONN;
}

asio::system_error aborted() { return asio::system_error(asio::error::operation_aborted); }

bool is_abort(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::system_error& error) {
    return error.code() == asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

// Whatever ends a sending half way (an exception at any wait) makes the connection useless, unless there is
// nobody left to be confused: then what the peer sent before it left is still carried out.
class Sending {
 public:
  Sending(const MessageWriter& writer, const bool& peer_gone, bool& sending, bool& over)
      : writer_(writer), peer_gone_(peer_gone), sending_(sending), over_(over) {
    sending_ = true;
  }
  ~Sending() {
    sending_ = false;
    if (!done_ && writer_.begun() && !peer_gone_) over_ = true;
  }
  Sending(const Sending&) = delete;
  Sending& operator=(const Sending&) = delete;
  void done() { done_ = true; }

 private:
  const MessageWriter& writer_;
  const bool& peer_gone_;
  bool& sending_;
  bool& over_;
  bool done_ = false;
};

}  // namespace

Connection::Connection(std::shared_ptr<Server::State> state, UniqueFd socket, const Peer& peer)
    : state_(std::move(state)),
      socket_(state_->context),
      peer_(peer),
      reader_(state_->bounds_of(peer.uid).message_bytes, state_->bounds.descriptors_per_message) {
  socket_.assign(socket.get());
  static_cast<void>(socket.release());  // assign() throws, or owns it now
}

Connection::~Connection() = default;

void Connection::start() {
  watch();
  auto self = shared_from_this();
  auto finished = [self](std::exception_ptr failure) { self->finish(std::move(failure)); };
  asio::awaitable<void> running = run(self);
  asio::co_spawn(state_->context, std::move(running),
                 asio::bind_cancellation_slot(signal_.slot(), std::move(finished)));
}

UniqueFd Connection::peer_process() {
  int pidfd = -1;
  socklen_t size = sizeof pidfd;
  if (::getsockopt(socket_.native_handle(), SOL_SOCKET, kPeerPidfd, &pidfd, &size) != 0) return UniqueFd();
  return UniqueFd(pidfd);
}

void Connection::drain() {
  draining_ = true;
  if (reading_) signal_.emit(asio::cancellation_type::terminal);
}

void Connection::close(const MethodError& farewell) {
  farewell_ = farewell;
  close();
}

void Connection::close() {
  closing_ = true;
  signal_.emit(asio::cancellation_type::terminal);
}

// One wait for the whole life of the socket: the kernel reports a peer that closed (EPOLLHUP) even while
// calls lie unread, and does not report one that only shut its sending side down.
void Connection::watch() {
  socket_.async_wait(asio::posix::descriptor_base::wait_error,
                     [self = shared_from_this()](const asio::error_code& error) {
                       if (!error) self->notice();
                     });
}

void Connection::notice() {
  const short events = ready_events(socket_.native_handle(), POLLPRI);
  if ((events & (POLLHUP | POLLERR)) != 0) {
    peer_gone_ = true;
    cancel_handler();
    return;
  }
  if (events == 0) return watch();
  // Out-of-band data (MSG_OOB) would raise it again and again.
  state_->tell(peer_, "connection ended: urgent data");
  close();
}

void Connection::cancel_handler() {
  if (current_ != nullptr && !current_->oneway) signal_.emit(asio::cancellation_type::terminal);
}

asio::awaitable<void> Connection::run(std::shared_ptr<Connection> self) {
  for (;;) {
    // What cancelled the last handler must not end the reading of what the peer sent before it left.
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    if (self->closing_ || self->draining_ || self->over_) co_return;
    Request request;
    asio::awaitable<bool> reading = self->read_call(request);
    const bool got = co_await std::move(reading);
    if (!got) co_return;
    asio::awaitable<void> performing = self->perform(request);
    co_await std::move(performing);
    if (self->turn_ % kCallsInARow == 0 && !self->closing_) {
      co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
      asio::awaitable<void> yielding = self->yield();
      co_await std::move(yielding);
    }
  }
}

asio::awaitable<bool> Connection::read_call(Request& request) {
  for (;;) {
    const auto status = reader_.read(socket_.native_handle());
    settle(reader_.pending(), reader_.descriptors().size());
    if (status == MessageReader::Status::end) co_return false;
    if (status == MessageReader::Status::message) break;
    reading_ = true;
    asio::awaitable<void> waiting = wait(asio::posix::descriptor_base::wait_read);
    co_await std::move(waiting);
    reading_ = false;
    if (closing_ || draining_) co_return false;
  }
  request = decode_call(reader_.text(), state_->bounds.message_values);
  if (!reader_.descriptors().empty()) request.descriptors = std::move(reader_.descriptors());
  reader_.next();
  co_return true;
}

asio::awaitable<void> Connection::perform(Request& request) {
  Call call(*this, request);
  current_ = &request;
  ++turn_;
  if (peer_gone_ && !request.oneway) {
    auto cancel = [self = shared_from_this(), turn = turn_] {
      if (self->turn_ == turn) self->cancel_handler();
    };
    asio::post(state_->context, std::move(cancel));
  }
  std::exception_ptr failure;
  try {
    asio::awaitable<void> handling = handle(call, request);
    co_await std::move(handling);
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) {
    // What cancelled the handler must not cancel the telling of how it ended.
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    asio::awaitable<void> answering = answer_failure(call, failure);
    try {
      co_await std::move(answering);
    } catch (...) {
      over_ = true;
      tell(std::current_exception());
    }
  }
  current_ = nullptr;
  settle(0, 0);
}

asio::awaitable<void> Connection::handle(Call& call, const Request& request) {
  const Handler& handler = state_->service.find(request.method, request.parameters);
  asio::awaitable<void> running = handler(call);
  co_await std::move(running);
  if (!call.answered() && !request.oneway)
    throw std::logic_error("the handler of " + request.method + " gave no answer");
}

asio::awaitable<void> Connection::answer_failure(Call& call, std::exception_ptr failure) {
  if (over_ || (peer_gone_ && is_abort(failure))) co_return;
  if (closing_ && !farewell_) co_return;
  if (closing_ && is_abort(failure)) {
    if (call.answered() || call.oneway()) co_return;
    asio::awaitable<void> parting = call.error(*farewell_);
    co_await std::move(parting);
    co_return;
  }
  std::unique_ptr<MethodError> error;
  try {
    std::rethrow_exception(failure);
  } catch (const MethodError& thrown) {
    error = std::make_unique<MethodError>(thrown);
  } catch (...) {
    const auto& translator = state_->service.translator();
    if (translator) error = std::make_unique<MethodError>(translator(failure));
  }
  if (call.oneway() || peer_gone_) co_return;
  if (!error || call.answered()) std::rethrow_exception(failure);
  asio::awaitable<void> answering = call.error(*error);
  co_await std::move(answering);
}

asio::awaitable<void> Connection::send(std::string text, std::vector<UniqueFd> descriptors) {
  if (over_ || peer_gone_) throw aborted();
  if (sending_) throw std::logic_error("two replies at the same time on one connection");
  if (text.size() - 1 > state_->bounds.message_bytes)
    throw std::length_error("a reply above " + std::to_string(state_->bounds.message_bytes) + " bytes");
  std::vector<int> borrowed;
  for (const UniqueFd& descriptor : descriptors) borrowed.push_back(descriptor.get());
  const std::size_t size = text.size();
  MessageWriter writer(std::move(text), std::move(borrowed));
  Sending sending(writer, peer_gone_, sending_, over_);
  for (;;) {
    bool done = false;
    try {
      done = writer.write(socket_.native_handle());
    } catch (const std::system_error& error) {
      if (!peer_left(error)) throw;
      peer_gone_ = true;
      throw aborted();
    }
    if (done) break;
    sent_in_a_row_ = 0;
    asio::awaitable<void> waiting = wait(asio::posix::descriptor_base::wait_write);
    co_await std::move(waiting);
  }
  sending.done();
  sent_in_a_row_ += size;
  if (sent_in_a_row_ < kBytesInARow) co_return;
  sent_in_a_row_ = 0;
  asio::awaitable<void> yielding = yield();
  co_await std::move(yielding);
}

UniqueFd Connection::release() {
  over_ = true;
  return UniqueFd(socket_.release());
}

asio::awaitable<void> Connection::wait(asio::posix::descriptor_base::wait_type what) {
  asio::error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  co_await socket_.async_wait(what, token);
  if (error) throw asio::system_error(error);
}

asio::awaitable<void> Connection::yield() {
  co_await asio::post(state_->context, asio::use_awaitable);
}

void Connection::finish(std::exception_ptr failure) {
  reader_.next();  // its descriptors are the first to go: they may be what others lack
  if (failure && !closing_ && !draining_) tell(failure);
  try {
    settle(0, 0);
  } catch (...) {
    // Giving back never fails; only taking does.
  }
  asio::error_code ignored;  // nothing was written that a failing close could lose
  socket_.close(ignored);
  state_->leave(*this);
  auto actions = std::move(closing_actions_);
  for (auto& action : actions) action();
}

void Connection::settle(std::size_t bytes, std::size_t descriptors) {
  if (bytes > charged_bytes_) state_->charge_bytes(peer_.uid, bytes - charged_bytes_);
  else state_->discharge_bytes(peer_.uid, charged_bytes_ - bytes);
  charged_bytes_ = bytes;
  if (descriptors > charged_descriptors_)
    state_->charge_descriptors(peer_.uid, descriptors - charged_descriptors_);
  else state_->discharge_descriptors(peer_.uid, charged_descriptors_ - descriptors);
  charged_descriptors_ = descriptors;
}

void Connection::tell(const std::exception_ptr& failure) const {
  if (is_abort(failure)) return;
  try {
    std::rethrow_exception(failure);
  } catch (const std::system_error& error) {
    if (!peer_left(error)) state_->tell(peer_, std::string("connection ended: ") + error.what());
  } catch (const std::exception& error) {
    state_->tell(peer_, std::string("connection ended: ") + error.what());
  } catch (...) {
    state_->tell(peer_, "connection ended: unknown failure");
  }
}

}  // namespace coppice::varlink
