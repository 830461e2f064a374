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
  // By descriptor: a path below /dev/pts may be another mount's (ioctl_tty(2), since Linux 4.13).
  pty.slave.reset(::ioctl(pty.master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!pty.slave) throw errno_error("open", "a terminal", errno);
  if (::fchown(pty.slave.get(), owner, static_cast<gid_t>(-1)) != 0)
    throw errno_error("chown", "a terminal", errno);
  set_size(pty.master.get(), size);
  return pty;
}

void set_size(int master, config::TerminalSize size) {
  winsize window{};
  window.ws_col = static_cast<unsigned short>(size.columns);
  window.ws_row = static_cast<unsigned short>(size.rows);
  if (::ioctl(master, TIOCSWINSZ, &window) != 0) throw errno_error("TIOCSWINSZ", "a terminal", errno);
}

}  // namespace coppice::daemon
