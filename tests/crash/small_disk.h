// A file system of the test's own: small, filled up, read-only.
#pragma once

#include <cstddef>
#include <string>

namespace coppice::crash {

// Gives this process, and what it starts from now on, mounts that nobody else sees. Why that is not possible; empty if
// it is done. Call it before there is a second thread.
std::string hide_mounts();

class SmallDisk {
 public:
  // Mounts a tmpfs of so many bytes at `path`, which is made. Throws std::system_error.
  SmallDisk(std::string path, std::size_t size);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  const std::string& path() const { return path_; }
  // Takes all the room that is left, with a file that belongs to nobody; gives it back.
  void fill();
  void clear();
  // For what is opened from now on. The kernel lets nobody make a file system read-only that has files open for
  // writing, so a read-only view is laid over it.
  void set_read_only(bool read_only);

 private:
  std::string path_;
};

}  // namespace coppice::crash
