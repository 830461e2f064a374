#include "daemon/settings/key.h"

#include <type_traits>

namespace coppice::daemon {
namespace {

using std::chrono::milliseconds;

// As daemon/options always had them: more than anybody needs, and no sum of such numbers overflows.
constexpr std::int64_t kMostJobs = 1'000'000'000;
constexpr std::int64_t kMostBytes = std::int64_t{1} << 60;
constexpr std::int64_t kDay = 86'400'000;
constexpr std::int64_t kCentury = 100 * 366 * kDay;
constexpr std::int64_t kSecond = 1'000;

constexpr std::string_view kAtShutdown[] = {"stop", "leave"};

std::int64_t number(const Value& value) { return std::get<std::int64_t>(value); }
const std::string& text(const Value& value) { return std::get<std::string>(value); }

template <auto Member>
Value get(const Settings& settings) {
  const auto& value = settings.*Member;
  if constexpr (std::is_same_v<std::decay_t<decltype(value)>, milliseconds>) {
    return value.count();
  } else if constexpr (std::is_integral_v<std::decay_t<decltype(value)>>) {
    return std::int64_t{value};
  } else {
    return value;
  }
}

template <auto Member>
void set(Settings& settings, const Value& value) {
  auto& member = settings.*Member;
  using Type = std::decay_t<decltype(member)>;
  if constexpr (std::is_same_v<Type, milliseconds>) {
    member = milliseconds(number(value));
  } else if constexpr (std::is_integral_v<Type>) {
    member = static_cast<Type>(number(value));
  } else {
    member = std::get<Type>(value);
  }
}

template <auto Member>
Value get_quota(const Settings& settings) {
  return settings.quotas.*Member;
}

template <auto Member>
void set_quota(Settings& settings, const Value& value) {
  settings.quotas.*Member = number(value);
}

template <auto Member>
constexpr Key quota(std::string_view name, Kind kind, std::string_view description, std::int64_t most = kMostJobs) {
  Key key;
  key.name = name;
  key.kind = kind;
  key.description = description;
  key.get = get_quota<Member>;
  key.set = set_quota<Member>;
  key.least = kind == Kind::size ? 4096 : 0;
  key.most = most;
  key.reloadable = true;
  key.unlimited = true;
  return key;
}

template <auto Member>
constexpr Key plain(std::string_view name, Kind kind, std::string_view description) {
  Key key;
  key.name = name;
  key.kind = kind;
  key.description = description;
  key.get = get<Member>;
  key.set = set<Member>;
  return key;
}

constexpr Key with_option(Key key, std::string_view option) {
  key.option = option;
  return key;
}

constexpr Key within(Key key, std::int64_t least, std::int64_t most) {
  key.least = least;
  key.most = most;
  return key;
}

constexpr Key reloadable(Key key) {
  key.reloadable = true;
  return key;
}

constexpr Key otherwise(Key key, std::string_view words) {
  key.fallback = words;
  return key;
}

constexpr Key bare(Key key, std::int64_t unit) {
  key.bare = unit;
  return key;
}

constexpr Key idle_exit() {
  Key key;
  key.name = "idle-exit";
  key.kind = Kind::duration;
  key.description = "End when there has been no live job and no connection for so long.";
  key.get = [](const Settings& settings) -> Value {
    if (!settings.idle_exit) return std::monostate();
    return settings.idle_exit->count();
  };
  key.set = [](Settings& settings, const Value& value) { settings.idle_exit = milliseconds(number(value)); };
  key.fallback = "never";
  return within(with_option(key, "--idle-exit"), 1, kDay);
}

constexpr Key at_shutdown() {
  Key key;
  key.name = "at-shutdown";
  key.kind = Kind::choice;
  key.description =
      "What becomes of jobs when the daemon is told to end: they are stopped by their policy, or left, to be taken over "
      "by the next daemon on the same state directory.";
  key.get = [](const Settings& settings) -> Value { return std::string(kAtShutdown[settings.leave_jobs ? 1 : 0]); };
  key.set = [](Settings& settings, const Value& value) { settings.leave_jobs = text(value) == kAtShutdown[1]; };
  key.choices = kAtShutdown;
  return reloadable(with_option(key, "--at-shutdown"));
}

template <typename Type, Type HistoryBounds::*Member>
constexpr Key history(std::string_view name, Kind kind, std::string_view description, std::int64_t least,
                      std::int64_t most) {
  Key key;
  key.name = name;
  key.kind = kind;
  key.description = description;
  key.get = [](const Settings& settings) -> Value {
    if constexpr (std::is_same_v<Type, milliseconds>) return (settings.history.*Member).count();
    else return settings.history.*Member;
  };
  key.set = [](Settings& settings, const Value& value) { settings.history.*Member = Type(number(value)); };
  return reloadable(within(key, least, most));
}

constexpr Key kKeys[] = {
    otherwise(with_option(plain<&Settings::sockets>(
                              "sockets", Kind::addresses,
                              "Where to listen: paths, or unix:@name for abstract addresses. A mode behind the path says who "
                              "may connect, as in /run/coppice/socket;mode=0666; without one it is the daemon's user "
                              "alone. They are opened beside those that the service manager hands over; the one that is there "
                              "where nothing is said is not."),
                          "--socket"),
              "the file socket in the directory of runtime"),
    otherwise(with_option(plain<&Settings::state_directory>("state", Kind::path,
                                                           "Where the history of jobs and their logs are kept."),
                          "--state"),
              "/var/lib/coppice; for other users $XDG_STATE_HOME/coppice, or ~/.local/state/coppice"),
    otherwise(with_option(plain<&Settings::runtime_directory>("runtime", Kind::path, "Where the socket is by default."),
                          "--runtime"),
              "/run/coppice; for other users $XDG_RUNTIME_DIR/coppice, or /tmp/coppice-UID"),
    with_option(plain<&Settings::journal>("journal", Kind::path,
                                          "The journal's socket, or that of one of its namespaces, for streams of "
                                          "kind journal."),
                "--journal"),
    otherwise(with_option(plain<&Settings::keeper>("keeper", Kind::path, "The keeper's program."), "--keeper"),
              "coppice-keeper beside coppiced, then in ../libexec/coppice"),
    idle_exit(),
    at_shutdown(),
    reloadable(within(with_option(plain<&Settings::stop_timeout>(
                                      "stop-timeout", Kind::duration,
                                      "What stopping all jobs at the end may take before they are killed. Give the "
                                      "service manager 15 s more."),
                                  "--stop-timeout"),
                      1, kDay)),
    within(with_option(plain<&Settings::restarts>("restarts", Kind::count,
                                                  "Deaths of the supervisor in a row, each soon after its start, after "
                                                  "which it is not started again."),
                       "--restarts"),
           1, 1'000'000),
    within(with_option(plain<&Settings::restarts_within>("restarts-within", Kind::duration,
                                                         "How soon that is; a pause before the next start follows such "
                                                         "a death."),
                       "--restarts-within"),
           0, kDay),
    reloadable(with_option(plain<&Settings::admin_group>(
                               "admin-group", Kind::text,
                               "The group whose members see and touch the jobs of everybody and set the bounds of slices. "
                               "They run jobs as themselves all the same; but who types into a job of root's can do what "
                               "root can. A group that does not exist has no members, and \"\" names none."),
                           "--admin-group")),
    with_option(history<std::int64_t, &HistoryBounds::jobs>(
                    "history.max-jobs", Kind::count, "Forget ended jobs, with their logs, beyond so many.", 0, kMostJobs),
                "--history-max-jobs"),
    bare(with_option(history<milliseconds, &HistoryBounds::age>("history.max-age", Kind::duration,
                                                               "Forget jobs that ended longer ago.", kSecond, kCentury),
                     "--history-max-age"),
         kSecond),
    with_option(history<std::int64_t, &HistoryBounds::bytes>("history.max-bytes", Kind::size,
                                                            "Forget jobs that take more together, on the disk.", 0,
                                                            kMostBytes),
                "--history-max-bytes"),
    quota<&Quotas::live_jobs>("quotas.live-jobs", Kind::count, "Jobs of a user that have not ended, the queued ones too."),
    quota<&Quotas::queued_jobs>("quotas.queued-jobs", Kind::count, "Those of them that wait for a place in a slice."),
    quota<&Quotas::slices>("quotas.slices", Kind::count, "Slices that have live jobs of a user in them."),
    quota<&Quotas::processes>("quotas.processes", Kind::count,
                              "Processes of a user, also those outside of its jobs: from there on a fork in its jobs fails. "
                              "Each of its jobs gets it as the rlimit nproc, and may ask for less.", 1 << 22),
    quota<&Quotas::memory>("quotas.memory", Kind::size,
                           "The sum of limits.memoryMax over a user's live jobs. With this bound, each of them must have "
                           "that limit, and must require it.", kMostBytes),
    quota<&Quotas::connections>("quotas.connections", Kind::count,
                                "Connections of a user. One too many is closed at once, and the daemon's log says so.",
                                1024),
    quota<&Quotas::requests>("quotas.requests", Kind::count, "Calls of a user that are not answered yet.", 1024),
    quota<&Quotas::message_size>("quotas.message-size", Kind::size,
                                 "Bytes of one message. A larger one ends its connection, and the daemon's log says so.",
                                 std::int64_t{16} << 20),
    quota<&Quotas::descriptors>("quotas.descriptors", Kind::count,
                                "Descriptors that a user has passed and that are neither taken nor closed yet. One too "
                                "many ends its connection, and the daemon's log says so.", 1024),
};

}  // namespace

std::span<const Key> keys() { return kKeys; }

const Key* find_key(std::string_view name) {
  for (const Key& key : kKeys)
    if (key.name == name) return &key;
  return nullptr;
}

bool is_table(std::string_view name) {
  if (name.empty() || name == kUserQuotas) return true;
  for (const Key& key : kKeys)
    if (key.name.size() > name.size() && key.name.starts_with(name) && key.name[name.size()] == '.') return true;
  return false;
}

}  // namespace coppice::daemon
