// The "finish" of a service of runit or s6, which both call with the exit status of what ran: writes that to the FIFO
// "result" in its directory, so that who asked for the run learns of its end from an event.

#include <fcntl.h>
#include <unistd.h>

#include <string>

int main(int argc, char** argv) {
  const int result = ::open("result", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  const std::string text = std::string(argc > 1 ? argv[1] : "?") + "\n";
  return ::write(result, text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : 1;
}
