#include "daemon/group_watch.h"

#include <fcntl.h>

#include <asio/posix/stream_descriptor.hpp>
#include <cerrno>

#include "base/errno_text.h"
#include "base/unique_fd.h"

namespace coppice::daemon {

struct GroupWatch::Watch : std::enable_shared_from_this<Watch> {
  Watch(asio::io_context& context, int events, Notifier& notifier)
      : descriptor(context, events), notifier(notifier) {}

  void arm() {
    descriptor.async_wait(asio::posix::descriptor_base::wait_error,
                          [self = shared_from_this()](const std::error_code& error) {
                            if (error || !self->wanted) return;
                            self->notifier.notify_all();
                            // Armed again only after the waiters have read the file: until then it
                            // polls ready.
                            asio::post(self->descriptor.get_executor(), [self] {
                              if (self->wanted) self->arm();
                            });
                          });
  }

  asio::posix::stream_descriptor descriptor;
  Notifier& notifier;
  bool wanted = true;
};

GroupWatch::GroupWatch(asio::io_context& context, cgroup::Group& group, Notifier& notifier) {
  const int events = group.events();
  if (events < 0) return;
  // Asio closes what it watches, and the group reads through its own. The copy shares the open file,
  // so that reading through one makes the other quiet.
  UniqueFd copy(::fcntl(events, F_DUPFD_CLOEXEC, 0));
  if (!copy) throw errno_error("watch cgroup", group.name(), errno);
  watch_ = std::make_shared<Watch>(context, copy.get(), notifier);
  static_cast<void>(copy.release());
  watch_->arm();
}

GroupWatch::~GroupWatch() {
  if (!watch_) return;
  watch_->wanted = false;
  std::error_code ignored;
  // Nothing to do about a descriptor that will not close.
  watch_->descriptor.close(ignored);
}

}  // namespace coppice::daemon
