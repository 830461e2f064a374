#include "daemon/bequest.h"

#include <fcntl.h>

namespace coppice::daemon {

int Bequest::duplicate(int descriptor) {
  if (descriptor < 0) return -1;
  descriptors.emplace_back(::fcntl(descriptor, F_DUPFD_CLOEXEC, process::kFirstHandedDescriptor));
  return descriptors.back() ? descriptors.back().get() : -1;
}

void Bequest::add(process::Box box, process::Tag tag, int descriptor) {
  const int copy = duplicate(descriptor);
  if (copy >= 0) handover.held.push_back({box, tag, copy});
}

}  // namespace coppice::daemon
