#include "process/keeper_protocol.h"

#include <cstring>
#include <type_traits>

namespace coppice::process {
namespace {

// The type of a packet on the wire, bound to its message. Never reused for another layout.
template <typename Message>
constexpr std::uint32_t kType = 0;
template <>
constexpr std::uint32_t kType<Hello> = 1;
template <>
constexpr std::uint32_t kType<LaunchRequest> = 2;
template <>
constexpr std::uint32_t kType<SignalRequest> = 3;
template <>
constexpr std::uint32_t kType<Deposit> = 4;
template <>
constexpr std::uint32_t kType<Forget> = 5;
template <>
constexpr std::uint32_t kType<Launched> = 6;
template <>
constexpr std::uint32_t kType<Failed> = 7;
template <>
constexpr std::uint32_t kType<Exited> = 8;
template <>
constexpr std::uint32_t kType<Signalled> = 9;
template <>
constexpr std::uint32_t kType<Orphans> = 10;

template <typename Variant>
Packet encode_any(const Variant& message) {
  return std::visit(
      [](const auto& fields) {
        using Message = std::decay_t<decltype(fields)>;
        static_assert(kType<Message> != 0);
        // No padding: no byte of our stack goes out by accident.
        static_assert(std::has_unique_object_representations_v<Message>);
        static_assert(sizeof kType<Message> + sizeof fields <= kMaxPacketSize);
        Packet packet{};
        std::memcpy(packet.bytes.data(), &kType<Message>, sizeof kType<Message>);
        std::memcpy(packet.bytes.data() + sizeof kType<Message>, &fields, sizeof fields);
        packet.size = sizeof kType<Message> + sizeof fields;
        return packet;
      },
      message);
}

template <typename Message>
bool read_as(std::span<const std::byte> packet, Message& message) {
  std::uint32_t type = 0;
  if (packet.size() != sizeof type + sizeof message) return false;
  std::memcpy(&type, packet.data(), sizeof type);
  if (type != kType<Message>) return false;
  std::memcpy(&message, packet.data() + sizeof type, sizeof message);
  return true;
}

// Reads the packet as the first message of the variant that it is; nothing if it is none.
template <typename... Messages>
std::optional<std::variant<Messages...>> decode_any(std::span<const std::byte> packet,
                                                    const std::variant<Messages...>*) {
  std::optional<std::variant<Messages...>> found;
  const auto attempt = [&]<typename Message>(Message message) {
    if (read_as(packet, message)) found = message;
  };
  (attempt(Messages{}), ...);
  return found;
}

bool key_valid(Key key) { return key != 0 && (key & kReservedKeys) == 0; }

struct RequestCheck {
  std::size_t descriptors;

  bool operator()(const Hello&) const { return descriptors == 0; }
  bool operator()(const LaunchRequest& launch) const {
    return key_valid(launch.key) && launch.has_pen <= 1 &&
           descriptors >= kPenIndex + launch.has_pen;
  }
  bool operator()(const SignalRequest& signal) const {
    return key_valid(signal.key) && descriptors == 0;
  }
  bool operator()(const Deposit& deposit) const {
    return key_valid(deposit.key) && descriptors > 0;
  }
  bool operator()(const Forget& forget) const { return key_valid(forget.key) && descriptors == 0; }
};

}  // namespace

Packet encode(const Request& request) { return encode_any(request); }
Packet encode(const Report& report) { return encode_any(report); }

std::optional<Request> decode_request(std::span<const std::byte> packet, std::size_t descriptors) {
  std::optional<Request> request = decode_any(packet, static_cast<const Request*>(nullptr));
  if (request && !std::visit(RequestCheck{descriptors}, *request)) request.reset();
  return request;
}

std::optional<Report> decode_report(std::span<const std::byte> packet) {
  std::optional<Report> report = decode_any(packet, static_cast<const Report*>(nullptr));
  if (!report) return report;
  const auto* failed = std::get_if<Failed>(&*report);
  if (failed && !step_from_number(static_cast<std::uint32_t>(failed->step))) report.reset();
  return report;
}

}  // namespace coppice::process
