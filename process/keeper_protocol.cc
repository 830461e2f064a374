#include "process/keeper_protocol.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace coppice::process {
namespace {

// The type of a packet on the wire, bound to its message. Never reused for another layout: 4, 6 and 8 were
// messages of version 1.
template <typename Message>
constexpr std::uint32_t kType = 0;
template <>
constexpr std::uint32_t kType<Hello> = 1;
template <>
constexpr std::uint32_t kType<LaunchRequest> = 2;
template <>
constexpr std::uint32_t kType<SignalRequest> = 3;
template <>
constexpr std::uint32_t kType<Forget> = 5;
template <>
constexpr std::uint32_t kType<Failed> = 7;
template <>
constexpr std::uint32_t kType<Signalled> = 9;
template <>
constexpr std::uint32_t kType<Orphans> = 10;
template <>
constexpr std::uint32_t kType<Launched> = 11;
template <>
constexpr std::uint32_t kType<Exited> = 12;
template <>
constexpr std::uint32_t kType<Hold> = 13;
template <>
constexpr std::uint32_t kType<Drop> = 14;
template <>
constexpr std::uint32_t kType<AdoptRequest> = 15;
template <>
constexpr std::uint32_t kType<Serving> = 16;
template <>
constexpr std::uint32_t kType<Farewell> = 17;
template <>
constexpr std::uint32_t kType<Launching> = 18;
template <>
constexpr std::uint32_t kType<Held> = 19;
template <>
constexpr std::uint32_t kType<HandedOver> = 20;
template <>
constexpr std::uint32_t kType<Alive> = 21;

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

bool identity_valid(IdentityKind kind) { return kind <= IdentityKind::start_time; }

bool tags_valid(std::uint32_t count, std::span<const Tag> tags) {
  if (count == 0 || count > kMaxHeld) return false;
  return std::ranges::find(tags.first(count), Tag{0}) == tags.first(count).end();
}

struct RequestCheck {
  std::size_t descriptors;

  bool operator()(const Hello&) const { return descriptors == 0; }
  bool operator()(const LaunchRequest& launch) const {
    return key_valid(launch.key) && launch.has_pen <= 1 &&
           descriptors == kPenIndex + launch.has_pen;
  }
  bool operator()(const SignalRequest& signal) const {
    return key_valid(signal.key) && descriptors == 0;
  }
  bool operator()(const Forget& forget) const { return key_valid(forget.key) && descriptors == 0; }
  bool operator()(const Hold& hold) const {
    return hold.number != 0 && tags_valid(hold.count, hold.tags) && descriptors == hold.count;
  }
  bool operator()(const Drop& drop) const { return drop.number != 0 && descriptors == 0; }
  bool operator()(const AdoptRequest& adopt) const {
    return key_valid(adopt.key) && identity_valid(adopt.identity_kind) && adopt.pid != 0 &&
           adopt.has_pen <= 1 && descriptors == kAdoptedPenIndex + adopt.has_pen;
  }
  bool operator()(const Serving&) const { return descriptors == 0; }
  bool operator()(const Alive& alive) const { return alive.number != 0 && descriptors == 0; }
  bool operator()(const Farewell& farewell) const {
    return farewell.mode >= FarewellMode::end && farewell.mode <= FarewellMode::upgrade && descriptors == 0;
  }
};

struct ReportCheck {
  std::size_t descriptors;

  bool operator()(const Failed& failed) const {
    return descriptors == 0 && step_from_number(static_cast<std::uint32_t>(failed.step)).has_value();
  }
  bool operator()(const Launched& launched) const {
    return descriptors == 0 && identity_valid(launched.identity_kind);
  }
  bool operator()(const Held& held) const {
    return tags_valid(held.count, held.tags) && descriptors == held.count;
  }
  template <typename Other>
  bool operator()(const Other&) const {
    return descriptors == 0;
  }
};

}  // namespace

Packet encode(const Request& request) { return encode_any(request); }
Packet encode(const Report& report) { return encode_any(report); }

std::optional<Request> decode_request(std::span<const std::byte> packet, std::size_t descriptors) {
  std::optional<Request> request = decode_any(packet, static_cast<const Request*>(nullptr));
  if (request && !std::visit(RequestCheck{descriptors}, *request)) request.reset();
  return request;
}

std::optional<Report> decode_report(std::span<const std::byte> packet, std::size_t descriptors) {
  std::optional<Report> report = decode_any(packet, static_cast<const Report*>(nullptr));
  if (report && !std::visit(ReportCheck{descriptors}, *report)) report.reset();
  return report;
}

}  // namespace coppice::process
