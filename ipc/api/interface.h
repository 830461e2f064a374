// The interface file and the names in it.
#pragma once

#include <string_view>

namespace coppice::api {

// io.coppice.Jobs.varlink, byte for byte; validated when it was built in.
std::string_view interface_text();

// io.coppice.Daemon, likewise.
std::string_view daemon_interface_text();

inline constexpr char kInterface[] = "io.coppice.Jobs";

namespace method {
inline constexpr char kStart[] = "io.coppice.Jobs.Start";
inline constexpr char kRun[] = "io.coppice.Jobs.Run";
inline constexpr char kWait[] = "io.coppice.Jobs.Wait";
inline constexpr char kSignal[] = "io.coppice.Jobs.Signal";
inline constexpr char kStop[] = "io.coppice.Jobs.Stop";
inline constexpr char kKill[] = "io.coppice.Jobs.Kill";
inline constexpr char kFreeze[] = "io.coppice.Jobs.Freeze";
inline constexpr char kThaw[] = "io.coppice.Jobs.Thaw";
inline constexpr char kSetLimits[] = "io.coppice.Jobs.SetLimits";
inline constexpr char kRenew[] = "io.coppice.Jobs.Renew";
inline constexpr char kList[] = "io.coppice.Jobs.List";
inline constexpr char kHistory[] = "io.coppice.Jobs.History";
inline constexpr char kProcesses[] = "io.coppice.Jobs.Processes";
inline constexpr char kWriteInput[] = "io.coppice.Jobs.WriteInput";
inline constexpr char kResize[] = "io.coppice.Jobs.Resize";
inline constexpr char kReadLog[] = "io.coppice.Jobs.ReadLog";
inline constexpr char kOpenLog[] = "io.coppice.Jobs.OpenLog";
inline constexpr char kAttach[] = "io.coppice.Jobs.Attach";
inline constexpr char kSetSlice[] = "io.coppice.Jobs.SetSlice";
inline constexpr char kListSlices[] = "io.coppice.Jobs.ListSlices";
inline constexpr char kSubscribe[] = "io.coppice.Jobs.Subscribe";
inline constexpr char kRemove[] = "io.coppice.Jobs.Remove";
inline constexpr char kExplain[] = "io.coppice.Daemon.Explain";
inline constexpr char kReload[] = "io.coppice.Daemon.Reload";
inline constexpr char kUpgrade[] = "io.coppice.Daemon.Upgrade";
}  // namespace method

namespace error {
inline constexpr char kNoSuchJob[] = "io.coppice.Jobs.NoSuchJob";
inline constexpr char kNoSuchSlice[] = "io.coppice.Jobs.NoSuchSlice";
inline constexpr char kNameTaken[] = "io.coppice.Jobs.NameTaken";
inline constexpr char kInvalidSpec[] = "io.coppice.Jobs.InvalidSpec";
inline constexpr char kStartFailed[] = "io.coppice.Jobs.StartFailed";
inline constexpr char kJobFailed[] = "io.coppice.Jobs.JobFailed";
inline constexpr char kWrongState[] = "io.coppice.Jobs.WrongState";
inline constexpr char kLimitUnavailable[] = "io.coppice.Jobs.LimitUnavailable";
inline constexpr char kContainmentUnavailable[] = "io.coppice.Jobs.ContainmentUnavailable";
inline constexpr char kPermissionDenied[] = "io.coppice.Jobs.PermissionDenied";
inline constexpr char kStillDying[] = "io.coppice.Jobs.StillDying";
inline constexpr char kTimedOut[] = "io.coppice.Jobs.TimedOut";
inline constexpr char kExhausted[] = "io.coppice.Jobs.Exhausted";
inline constexpr char kShuttingDown[] = "io.coppice.Jobs.ShuttingDown";
inline constexpr char kReloadRefused[] = "io.coppice.Daemon.ReloadRefused";
inline constexpr char kUpgradeRefused[] = "io.coppice.Daemon.UpgradeRefused";
inline constexpr char kGoverningDenied[] = "io.coppice.Daemon.PermissionDenied";
}  // namespace error

}  // namespace coppice::api
