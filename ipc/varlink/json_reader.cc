#include "ipc/varlink/message.h"

namespace coppice::varlink {
namespace {

using nlohmann::json;

// Builds the value while the text is read, so that what is refused never takes memory first.
class Builder {
 public:
  explicit Builder(std::size_t max_values) : max_values_(max_values) {}

  bool null() { return add(nullptr) != nullptr; }
  bool boolean(bool value) { return add(value) != nullptr; }
  bool number_integer(json::number_integer_t value) { return add(value) != nullptr; }
  bool number_unsigned(json::number_unsigned_t value) { return add(value) != nullptr; }
  bool number_float(json::number_float_t value, const std::string&) { return add(value) != nullptr; }
  bool string(std::string& value) { return add(std::move(value)) != nullptr; }
  bool binary(json::binary_t&) { return fail("binary value"); }
  bool start_object(std::size_t) { return open(json::value_t::object); }
  bool end_object() { return close(); }
  bool start_array(std::size_t) { return open(json::value_t::array); }
  bool end_array() { return close(); }

  bool key(std::string& name) {
    const auto [place, inserted] = open_.back()->get_ref<json::object_t&>().try_emplace(name);
    if (!inserted) return fail("key \"" + name + "\" is given twice");
    member_ = &place->second;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const json::exception&) {
    return fail("malformed JSON at byte " + std::to_string(position));
  }

  const std::string& error() const { return error_; }
  json take() { return std::move(root_); }

 private:
  bool fail(std::string error) {
    error_ = std::move(error);
    return false;
  }

  json* add(json value) {
    if (++values_ > max_values_) {
      fail("more than " + std::to_string(max_values_) + " values");
      return nullptr;
    }
    json* place = &root_;
    if (!open_.empty()) {
      if (open_.back()->is_array()) {
        open_.back()->push_back(nullptr);
        place = &open_.back()->back();
      } else {
        place = member_;
      }
    }
    *place = std::move(value);
    return place;
  }

  bool open(json::value_t type) {
    if (open_.size() == kMaxDepth) return fail("nested deeper than " + std::to_string(kMaxDepth));
    json* place = add(json(type));
    if (place == nullptr) return false;
    open_.push_back(place);
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  std::size_t max_values_;
  std::size_t values_ = 0;
  json root_;
  std::vector<json*> open_;
  json* member_ = nullptr;
  std::string error_;
};

}  // namespace

json read_object(std::string_view text, std::size_t max_values) {
  // nlohmann/json would skip a byte order mark, which JSON does not allow.
  if (text.substr(0, 1) == "\xEF") throw ProtocolError("malformed JSON at byte 1");
  Builder builder(max_values);
  if (!json::sax_parse(text.begin(), text.end(), &builder)) throw ProtocolError(builder.error());
  json value = builder.take();
  if (!value.is_object()) throw ProtocolError("a message is a JSON object");
  return value;
}

}  // namespace coppice::varlink
