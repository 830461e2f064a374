// The row of segments in which each change of a job is recorded before it is carried out.
//
// One thread, the control thread: an append is one pwritev(2) into room that was set aside, some 2 µs. Opening and
// replaying is for the start.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/register/segment.h"

namespace coppice::daemon {

class Register {
 public:
  // Segments beyond this are to be made superfluous, where what counts takes less: see crowded().
  static constexpr std::size_t kSegments = 3;

  // Opens what is in `directory`, which is made if missing. Segments that are damaged are kept there, renamed to
  // "NNNNNNNN.damaged", and told by problems(). Throws std::runtime_error with the remedy for one of a newer version,
  // std::system_error.
  explicit Register(std::string directory);

  // Calls `each` with every record that there is, the oldest first, and whether it was made since this machine was
  // started. Call it once, before the first append.
  void replay(const std::function<void(const nlohmann::json&, bool of_this_boot)>& each);
  // What had to be left out, a sentence each.
  const std::vector<std::string>& problems() const { return problems_; }

  enum class Weight {
    // Refused when there is no more than the spare room left.
    refusable,
    // Something that has happened, or an end that somebody asked for.
    needed,
  };
  // One object in CBOR. Throws std::system_error; then nothing is recorded.
  void append(std::span<const std::uint8_t> record, Weight weight);

  // There are so many segments that the owner should record again all that counts, and then drop the old ones: those
  // before the number that `newest` told when it began.
  // Not before there are twice as many as that left the last time: jobs that fill more than kSegments would be recorded
  // without end.
  bool crowded() const { return segments_.size() > std::max(kSegments, 2 * left_); }
  std::uint64_t newest() const { return last_number_; }
  // All but the last of those before `number`, which is kept for the events in it.
  void drop_before(std::uint64_t number);

 private:
  struct Numbered {
    std::uint64_t number;
    RegisterSegment segment;
  };

  void open_segments();
  void set_aside(const std::string& path, const std::string& why);
  void begin_segment();
  std::string path_of(std::uint64_t number) const;

  std::string directory_;
  std::string boot_;
  std::deque<Numbered> segments_;
  // How many drop_before() left.
  std::size_t left_ = 0;
  std::uint64_t last_number_ = 0;
  std::vector<std::string> problems_;
};

}  // namespace coppice::daemon
