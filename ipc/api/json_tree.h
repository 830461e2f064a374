// A JSON value in memory, for whoever goes on to work with it.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

namespace coppice::api {

// What an Encoder writes to (encoder.h).
class JsonTree {
 public:
  void begin_object() { open_.push_back(put(nlohmann::json::object())); }
  void end_object() { open_.pop_back(); }
  void begin_array() { open_.push_back(put(nlohmann::json::array())); }
  void end_array() { open_.pop_back(); }
  void key(std::string_view name) { member_ = &(*open_.back())[std::string(name)]; }

  void boolean(bool value) { put(value); }
  void integer(std::int64_t value) { put(value); }
  void integer(std::uint64_t value) { put(value); }
  void real(double value) { put(value); }
  void text(std::string_view value) { put(value); }

  nlohmann::json take() { return std::move(root_); }

 private:
  nlohmann::json* put(nlohmann::json value) {
    nlohmann::json* place = &root_;
    if (!open_.empty() && open_.back()->is_array()) {
      place = &open_.back()->emplace_back();
    } else if (!open_.empty()) {
      place = member_;
    }
    *place = std::move(value);
    return place;
  }

  nlohmann::json root_;
  // The innermost last. What is open gets no sibling, so that these stay where they are.
  std::vector<nlohmann::json*> open_;
  nlohmann::json* member_ = nullptr;
};

}  // namespace coppice::api
