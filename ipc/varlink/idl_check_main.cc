// idl_check FILE…: fails, naming file and line, unless each is an interface description that every
// parser in use takes. For build rules: it prints nothing when all is well.
#include <cstdio>
#include <exception>
#include <fstream>
#include <sstream>

#include "ipc/varlink/idl.h"

namespace {

bool check(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file) {
    std::fprintf(stderr, "%s: cannot be read\n", path);
    return false;
  }
  try {
    coppice::varlink::parse_interface(text.str(), coppice::varlink::Dialect::portable);
    return true;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", path, error.what());
    return false;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fputs("usage: idl_check FILE…\n", stderr);
    return 2;
  }
  bool good = true;
  for (int i = 1; i < argc; ++i) good = check(argv[i]) && good;
  return good ? 0 : 1;
}
