// lender PATH: a supervisor that gives its line to whoever listens at PATH, and does as it is told from there: by one byte, the
// code to exit with, or 200 to ignore SIGABRT from now on, which is answered by that byte.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>
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
  const char* watchdog = std::getenv("COPPICE_KEEPER_WATCHDOG");
  const std::string words =
      std::to_string(::getpid()) + " " + (listen ? listen : "none") + " " + (watchdog ? watchdog : "none");
  const std::array line{std::atoi(std::getenv("COPPICE_KEEPER_FD"))};
  process::send_packet(test, std::as_bytes(std::span(words)), line, process::Blocking::yes);
  std::array<std::byte, 1> code;
  std::vector<UniqueFd> none;
  while (true) {
    const auto told = process::receive_packet(test, code, none, process::Blocking::yes);
    if (told.kind != process::Receive::packet) return 98;
    if (code[0] != std::byte{200}) return std::to_integer<int>(code[0]);
    std::signal(SIGABRT, SIG_IGN);
    process::send_packet(test, code, {}, process::Blocking::yes);
  }
}
