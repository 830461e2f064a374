#include "base/readiness.h"

#include <poll.h>

namespace coppice {

short ready_events(int descriptor, short events) {
  pollfd state{descriptor, events, 0};
  // It does not wait, so nothing can interrupt it.
  return ::poll(&state, 1, 0) > 0 ? state.revents : short{0};
}

}  // namespace coppice
