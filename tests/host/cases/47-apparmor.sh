# Runs in: vm
# The profile of the package, on a kernel that has AppArmor.

case_the_apparmor_profile_lets_jobs_run_as_before() {
  [ "$(cat /sys/module/apparmor/parameters/enabled 2>/dev/null)" = Y ] || skip "this kernel has no AppArmor"
  command -v apparmor_parser >/dev/null || skip "there is no apparmor_parser"
  local profile=/etc/apparmor.d/usr.sbin.coppiced
  cp /usr/share/apparmor/extra-profiles/usr.sbin.coppiced "$profile"
  apparmor_parser -r "$profile"
  start_daemon
  same "$(cat "/proc/$(supervisor)/attr/current")" "coppiced (enforce)" "what confines the supervisor"
  same "$(coppice run -- cat /proc/self/attr/current)" unconfined "what confines a job"
  same "$(coppice run --no-new-privileges -- echo free)" free "a job without new privileges"
  same "$(coppice run --user alice -- id -un)" alice "a job of another user"
  coppice start --name fugitive -- sh -c 'setsid -f sleep 1011; exec sleep 1012'
  coppice kill fugitive
  same "$(pgrep -f 'sleep 101[12]' || true)" "" "what is alive of a killed job"
  coppice daemon upgrade
  systemctl stop coppiced.service
  apparmor_parser -R "$profile"
  rm "$profile"
}
