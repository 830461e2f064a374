#include "daemon/terminal/pty.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>

#include "base/errno_text.h"

namespace coppice::daemon {

Pty open_pty(uid_t owner, config::TerminalSize size) {
  Pty pty;
  pty.master.reset(::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
  if (!pty.master) throw errno_error("open", "/dev/ptmx", errno);
  const int unlocked = 0;
  if (::ioctl(pty.master.get(), TIOCSPTLCK, &unlocked) != 0) throw errno_error("unlock", "a terminal", errno);
  pty.slave = open_slave(pty.master.get());
  if (::fchown(pty.slave.get(), owner, static_cast<gid_t>(-1)) != 0)
    throw errno_error("chown", "a terminal", errno);
  set_size(pty.master.get(), size);
  return pty;
}

UniqueFd open_slave(int master) {
  // By descriptor: a path below /dev/pts may be another mount's (ioctl_tty(2), since Linux 4.13).
  UniqueFd slave(::ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!slave) throw errno_error("open", "a terminal", errno);
  return slave;
}

config::TerminalSize size_of(int master) {
  winsize window{};
  if (::ioctl(master, TIOCGWINSZ, &window) != 0) throw errno_error("TIOCGWINSZ", "a terminal", errno);
  config::TerminalSize size;
  size.columns = window.ws_col;
  size.rows = window.ws_row;
  return size;
}

void set_size(int master, config::TerminalSize size) {
  winsize window{};
  window.ws_col = static_cast<unsigned short>(size.columns);
  window.ws_row = static_cast<unsigned short>(size.rows);
  if (::ioctl(master, TIOCSWINSZ, &window) != 0) throw errno_error("TIOCSWINSZ", "a terminal", errno);
}

}  // namespace coppice::daemon
