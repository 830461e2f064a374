// lender PATH: a supervisor that gives its line to whoever listens at PATH, and does as it is told from there.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>

#include "process/packet_socket.h"

int main(int, char** argv) {
  using namespace coppice;
  const int test = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, argv[1], sizeof address.sun_path - 1);
  // The test is over.
  if (::connect(test, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) return 99;
  const char* listen = std::getenv("LISTEN_FDS");
  const std::string words = std::to_string(::getpid()) + " " + (listen ? listen : "none");
  const std::array line{std::atoi(std::getenv("COPPICE_KEEPER_FD"))};
  process::send_packet(test, std::as_bytes(std::span(words)), line, process::Blocking::yes);
  std::array<std::byte, 1> code;
  std::vector<UniqueFd> none;
  const auto told = process::receive_packet(test, code, none, process::Blocking::yes);
  return told.kind == process::Receive::packet ? std::to_integer<int>(code[0]) : 98;
}
