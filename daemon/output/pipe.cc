#include "daemon/output/pipe.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "base/errno_text.h"

namespace coppice::daemon {

OutputPipe make_output_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw errno_error("pipe2", "", errno);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

PipeState look_into(int pipe) noexcept {
  pollfd poll{pipe, POLLIN, 0};
  int ready;
  do {
    ready = ::poll(&poll, 1, 0);
  } while (ready < 0 && errno == EINTR);
  const int events = ready > 0 ? poll.revents : 0;
  PipeState state;
  state.readable = (events & POLLIN) != 0;
  // POLLHUP comes with POLLIN while bytes are left (pipe_poll).
  state.at_end = (events & POLLHUP) != 0 && !state.readable;
  return state;
}

}  // namespace coppice::daemon
