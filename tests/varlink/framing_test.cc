#include "ipc/varlink/framing.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cstring>

#include "ipc/varlink/message.h"
#include "tests/varlink/test_server.h"

namespace coppice::varlink {
namespace {

using Status = MessageReader::Status;
using namespace std::string_literals;

struct Pair {
  Pair() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) std::abort();
    near.reset(ends[0]);
    far.reset(ends[1]);
  }
  UniqueFd near, far;
};

void send_with(int socket, const std::string& bytes, std::size_t descriptors) {
  UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  MessageWriter writer(bytes, std::vector<int>(descriptors, null.get()));
  ASSERT_TRUE(writer.write(socket));
}

TEST(Framing, messages_come_one_by_one_and_nothing_is_taken_behind_them) {
  Pair pair;
  MessageReader reader(1000, 10);
  EXPECT_EQ(reader.read(pair.near.get()), Status::again);
  send_text(pair.far.get(), "one\0two\0thr"s);
  ASSERT_EQ(reader.read(pair.near.get()), Status::message);
  EXPECT_EQ(reader.text(), "one");
  char rest[32] = {};
  ASSERT_EQ(::recv(pair.near.get(), rest, sizeof rest, MSG_PEEK), 7);
  EXPECT_EQ(std::memcmp(rest, "two\0thr", 7), 0);
  reader.next();
  ASSERT_EQ(reader.read(pair.near.get()), Status::message);
  reader.next();
  EXPECT_EQ(reader.read(pair.near.get()), Status::again);
  send_text(pair.far.get(), "ee\0"s);
  ASSERT_EQ(reader.read(pair.near.get()), Status::message);
  EXPECT_EQ(reader.text(), "three");
}

TEST(Framing, an_end_between_messages_is_an_end_and_one_within_is_an_error) {
  Pair pair;
  MessageReader reader(1000, 10);
  send_text(pair.far.get(), "one\0half"s);
  pair.far.reset();
  ASSERT_EQ(reader.read(pair.near.get()), Status::message);
  reader.next();
  EXPECT_THROW(reader.read(pair.near.get()), ProtocolError);
  Pair other;
  other.far.reset();
  EXPECT_EQ(MessageReader(1000, 10).read(other.near.get()), Status::end);
}

TEST(Framing, the_size_bound_is_exact) {
  Pair pair;
  MessageReader reader(8, 10);
  send_text(pair.far.get(), "12345678\0"s);
  EXPECT_EQ(reader.read(pair.near.get()), Status::message);
  reader.next();
  send_text(pair.far.get(), "123456789"s);
  EXPECT_THROW(reader.read(pair.near.get()), ProtocolError);
}

TEST(Framing, pipelined_descriptors_stay_with_their_message) {
  Pair pair;
  MessageReader reader(1000, 10);
  send_with(pair.far.get(), "none\0"s, 0);
  send_with(pair.far.get(), "two\0"s, 2);
  send_with(pair.far.get(), "one\0"s, 1);
  send_with(pair.far.get(), "none\0"s, 0);
  for (const std::size_t expected : {0u, 2u, 1u, 0u}) {
    ASSERT_EQ(reader.read(pair.near.get()), Status::message);
    EXPECT_EQ(reader.descriptors().size(), expected) << reader.text();
    for (const UniqueFd& fd : reader.descriptors()) EXPECT_EQ(::fcntl(fd.get(), F_GETFD), FD_CLOEXEC);
    reader.next();
  }
}

TEST(Framing, descriptors_behind_the_first_byte_are_refused_and_closed) {
  Pair pair;
  const std::size_t before = open_descriptors();
  {
    MessageReader reader(1000, 10);
    send_text(pair.far.get(), "ha");
    EXPECT_EQ(reader.read(pair.near.get()), Status::again);
    send_with(pair.far.get(), "lf\0"s, 3);
    EXPECT_THROW(reader.read(pair.near.get()), ProtocolError);
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST(Framing, too_many_descriptors_are_refused_and_closed) {
  Pair pair;
  const std::size_t before = open_descriptors();
  {
    MessageReader reader(1000, 4);
    send_with(pair.far.get(), "five\0"s, 5);
    EXPECT_THROW(reader.read(pair.near.get()), ProtocolError);
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST(Framing, as_many_descriptors_as_the_kernel_allows_come_through) {
  Pair pair;
  MessageReader reader(1000, kMaxDescriptors);
  send_with(pair.far.get(), "all\0"s, kMaxDescriptors);
  ASSERT_EQ(reader.read(pair.near.get()), Status::message);
  EXPECT_EQ(reader.descriptors().size(), kMaxDescriptors);
}

TEST(Framing, a_writer_goes_on_where_the_socket_was_full) {
  Pair pair;
  std::string text(std::size_t{2} << 20, 'x');
  text.push_back('\0');
  MessageWriter writer(text, std::vector<int>());
  MessageReader reader(std::size_t{4} << 20, 0);
  ASSERT_FALSE(writer.write(pair.far.get()));
  EXPECT_TRUE(writer.begun());
  bool sent = false;
  Status status = Status::again;
  while (status == Status::again) {
    status = reader.read(pair.near.get());
    if (!sent) sent = writer.write(pair.far.get());
  }
  EXPECT_EQ(reader.text().size(), text.size() - 1);
}

TEST(Framing, writing_to_nobody_is_an_error_and_no_signal) {
  Pair pair;
  pair.far.reset();
  MessageWriter writer("a\0"s, std::vector<int>());
  EXPECT_THROW(writer.write(pair.near.get()), std::system_error);
}

}  // namespace
}  // namespace coppice::varlink
