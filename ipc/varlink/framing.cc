#include "ipc/varlink/framing.h"

#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/errno_text.h"
#include "ipc/varlink/message.h"

namespace coppice::varlink {
namespace {

// Most calls fit; a long one doubles its room as it proves to be long.
constexpr std::size_t kFirstRoom = 4096;
constexpr std::size_t kMostRoomAtOnce = std::size_t{256} << 10;
constexpr std::size_t kRoomKept = std::size_t{64} << 10;

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

}  // namespace

MessageReader::MessageReader(std::size_t max_bytes, std::size_t max_descriptors)
    : max_bytes_(max_bytes), max_descriptors_(std::min(max_descriptors, kMaxDescriptors)) {}

MessageReader::Status MessageReader::read(int socket) {
  for (;;) {
    bool end = false;
    const std::size_t seen = peek(socket, end);
    if (end && length_ == 0) return Status::end;
    if (end) throw CutShort("the connection ended within a message");
    if (seen == 0) return Status::again;
    const char* begin = buffer_.data() + length_;
    const void* nul = std::memchr(begin, '\0', seen);
    const bool complete = nul != nullptr;
    const std::size_t size = complete ? static_cast<const char*>(nul) - begin + 1 : seen;
    if (length_ + size - complete > max_bytes_)
      throw ProtocolError("a message above " + std::to_string(max_bytes_) + " bytes");
    const std::size_t before = length_;
    take(socket, size);
    if (complete && length_ == before + size) {
      --length_;
      return Status::message;
    }
  }
}

std::size_t MessageReader::peek(int socket, bool& end) {
  if (buffer_.size() == length_)
    buffer_.resize(length_ + std::clamp(length_, kFirstRoom, kMostRoomAtOnce));
  for (;;) {
    const ssize_t got = ::recv(socket, buffer_.data() + length_, buffer_.size() - length_,
                               MSG_PEEK | MSG_DONTWAIT);
    if (got > 0) return static_cast<std::size_t>(got);
    if (got == 0) {
      end = true;
      return 0;
    }
    const int error = errno;
    if (would_block(error)) return 0;
    if (error != EINTR) throw errno_error("recv", "varlink connection", error);
  }
}

void MessageReader::take(int socket, std::size_t size) {
  alignas(cmsghdr) char control[CMSG_SPACE(kMaxDescriptors * sizeof(int))];
  iovec vector = {};
  vector.iov_base = buffer_.data() + length_;
  vector.iov_len = size;
  msghdr header = {};
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = sizeof control;
  // Room first: once received, a descriptor that cannot be stored would leak.
  descriptors_.reserve(descriptors_.size() + kMaxDescriptors);
  ssize_t got;
  do got = ::recvmsg(socket, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
  if (got < 0) throw errno_error("recvmsg", "varlink connection", errno);
  receive_descriptors(header);
  length_ += static_cast<std::size_t>(got);
}

void MessageReader::receive_descriptors(const msghdr& header) {
  const std::size_t before = descriptors_.size();
  // Owned first, judged afterwards: whatever is wrong, none may leak.
  msghdr* mutable_header = const_cast<msghdr*>(&header);
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(mutable_header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof fd);
      UniqueFd owned(fd);
      descriptors_.push_back(std::move(owned));
    }
  }
  if (header.msg_flags & MSG_CTRUNC)
    throw ProtocolError("descriptors of a message were lost: too many, or none left here");
  if (descriptors_.size() == before) return;
  if (length_ > 0) throw ProtocolError("descriptors behind the first byte of a message");
  if (descriptors_.size() > max_descriptors_)
    throw ProtocolError("more than " + std::to_string(max_descriptors_) + " descriptors in a message");
}

void MessageReader::next() {
  length_ = 0;
  descriptors_.clear();
  if (buffer_.size() <= kRoomKept) return;
  std::string small(kFirstRoom, '\0');
  buffer_.swap(small);
}

MessageWriter::MessageWriter(std::string text, std::vector<int> descriptors)
    : text_(std::move(text)), descriptors_(std::move(descriptors)) {}

bool MessageWriter::write(int socket) {
  while (sent_ < text_.size()) {
    alignas(cmsghdr) char control[CMSG_SPACE(kMaxDescriptors * sizeof(int))];
    iovec vector = {};
    vector.iov_base = text_.data() + sent_;
    vector.iov_len = text_.size() - sent_;
    msghdr header = {};
    header.msg_iov = &vector;
    header.msg_iovlen = 1;
    if (sent_ == 0 && !descriptors_.empty()) {
      const std::size_t size = descriptors_.size() * sizeof(int);
      std::memset(control, 0, sizeof control);
      header.msg_control = control;
      header.msg_controllen = CMSG_SPACE(size);
      cmsghdr* part = CMSG_FIRSTHDR(&header);
      part->cmsg_level = SOL_SOCKET;
      part->cmsg_type = SCM_RIGHTS;
      part->cmsg_len = CMSG_LEN(size);
      std::memcpy(CMSG_DATA(part), descriptors_.data(), size);
    }
    const ssize_t sent = ::sendmsg(socket, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) {
      sent_ += static_cast<std::size_t>(sent);
      continue;
    }
    const int error = errno;
    if (would_block(error)) return false;
    if (error != EINTR) throw errno_error("sendmsg", "varlink connection", error);
  }
  return true;
}

}  // namespace coppice::varlink
