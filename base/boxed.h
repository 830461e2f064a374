// A value that is rarely there, kept apart: without it a Boxed takes one pointer, where std::optional takes all its room.
//
// What std::optional can do, with the same words: it owns the value, copies copy it, and access without a value is
// undefined.
#pragma once

#include <memory>
#include <optional>
#include <utility>

namespace coppice {

template <typename T>
class Boxed {
 public:
  Boxed() = default;
  Boxed(std::nullopt_t /*nothing*/) {}
  Boxed(T value) : value_(std::make_unique<T>(std::move(value))) {}
  Boxed(std::optional<T> value) {
    if (value) *this = *std::move(value);
  }
  Boxed(const Boxed& other) : value_(other ? std::make_unique<T>(*other) : nullptr) {}
  Boxed(Boxed&&) noexcept = default;
  Boxed& operator=(Boxed other) noexcept {
    value_ = std::move(other.value_);
    return *this;
  }
  ~Boxed() = default;

  T value_or(T other) const { return value_ ? *value_ : std::move(other); }
  T& emplace() {
    value_ = std::make_unique<T>();
    return *value_;
  }
  void reset() { value_.reset(); }

  bool has_value() const { return value_ != nullptr; }
  explicit operator bool() const { return has_value(); }
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return value_.get(); }
  const T* operator->() const { return value_.get(); }

 private:
  std::unique_ptr<T> value_;
};

}  // namespace coppice
