#include "tests/ending/dead_file_system.h"

#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/errno_text.h"

namespace coppice::support {
namespace {

constexpr std::uint64_t kFile = 2;

template <typename Body>
void answer(int device, std::uint64_t unique, const Body& body) {
  std::array<char, sizeof(fuse_out_header) + sizeof(Body)> reply{};
  fuse_out_header header{};
  header.len = reply.size();
  header.unique = unique;
  std::memcpy(reply.data(), &header, sizeof header);
  std::memcpy(reply.data() + sizeof header, &body, sizeof body);
  // An interrupted request is gone; then there is nobody to answer.
  static_cast<void>(::write(device, reply.data(), reply.size()));
}

void refuse(int device, std::uint64_t unique, int error) {
  fuse_out_header header{};
  header.len = sizeof header;
  header.error = -error;
  header.unique = unique;
  static_cast<void>(::write(device, &header, sizeof header));
}

fuse_attr attributes(std::uint64_t node) {
  fuse_attr attr{};
  attr.ino = node;
  attr.mode = node == kFile ? S_IFREG | 0644 : S_IFDIR | 0755;
  attr.nlink = 1;
  attr.size = node == kFile ? 4096 : 0;
  return attr;
}

}  // namespace

DeadFileSystem::DeadFileSystem(const std::string& directory) : directory_(directory) {
  device_.reset(::open("/dev/fuse", O_RDWR | O_CLOEXEC));
  if (!device_) {
    missing_ = errno_message("open", "/dev/fuse", errno);
    return;
  }
  const std::string options =
      "fd=" + std::to_string(device_.get()) + ",rootmode=40000,user_id=0,group_id=0,allow_other";
  if (::mount("coppice-test", directory.c_str(), "fuse", MS_NOSUID | MS_NODEV, options.c_str()) != 0) {
    missing_ = errno_message("mount", directory, errno);
    return;
  }
  mounted_ = true;
  end_.reset(::eventfd(0, EFD_CLOEXEC));
  thread_ = std::thread([this] { serve(); });
}

void DeadFileSystem::let_go() {
  // A forced unmount aborts the connection (fuse.rst): all who wait get an error.
  if (mounted_) ::umount2(directory_.c_str(), MNT_FORCE | MNT_DETACH);
  mounted_ = false;
}

DeadFileSystem::~DeadFileSystem() {
  let_go();
  if (!thread_.joinable()) return;
  const std::uint64_t one = 1;
  static_cast<void>(::write(end_.get(), &one, sizeof one));
  thread_.join();
}

void DeadFileSystem::serve() {
  alignas(8) std::array<char, FUSE_MIN_READ_BUFFER + 4096> buffer;
  for (;;) {
    pollfd waits[] = {{device_.get(), POLLIN, 0}, {end_.get(), POLLIN, 0}};
    if (::poll(waits, 2, -1) < 0 && errno != EINTR) return;
    if (waits[1].revents != 0) return;
    const ssize_t size = ::read(device_.get(), buffer.data(), buffer.size());
    if (size < 0 && (errno == EINTR || errno == EAGAIN || errno == ENOENT)) continue;
    if (size < static_cast<ssize_t>(sizeof(fuse_in_header))) return;
    fuse_in_header request{};
    std::memcpy(&request, buffer.data(), sizeof request);
    switch (request.opcode) {
      case FUSE_INIT: {
        fuse_init_out out{};
        out.major = FUSE_KERNEL_VERSION;
        out.minor = FUSE_KERNEL_MINOR_VERSION;
        out.max_write = 4096;
        answer(device_.get(), request.unique, out);
        break;
      }
      case FUSE_LOOKUP: {
        fuse_entry_out out{};
        out.nodeid = kFile;
        out.attr = attributes(kFile);
        answer(device_.get(), request.unique, out);
        break;
      }
      case FUSE_GETATTR: {
        fuse_attr_out out{};
        out.attr = attributes(request.nodeid);
        answer(device_.get(), request.unique, out);
        break;
      }
      case FUSE_OPEN: {
        fuse_open_out out{};
        out.open_flags = FOPEN_DIRECT_IO;
        answer(device_.get(), request.unique, out);
        break;
      }
      case FUSE_READ:
        holds_ = true;
        break;
      case FUSE_INTERRUPT:
      case FUSE_FORGET:
      case FUSE_BATCH_FORGET:
        // Take no answer.
        break;
      default:
        refuse(device_.get(), request.unique, ENOSYS);
    }
  }
}

}  // namespace coppice::support
