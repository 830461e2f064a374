# Runs in: container vm
# What the daemon tells systemd, and what systemd does to it.

case_start_returns_when_connections_are_accepted() {
  same "$(property coppiced.service Type)" notify "the type of the service"
  systemctl start coppiced.service
  same "$(coppice run -- echo hello)" hello "what a job printed at once"
}

status_says() { case $(property coppiced.service StatusText) in *"$1"*) ;; *) return 1 ;; esac; }
case_the_status_tells_of_jobs() {
  start_daemon
  coppice start --name one -- sleep 1000
  coppice start --name two -- sleep 1000
  eventually status_says "2 jobs"
  coppice kill one
  eventually status_says "1 job"
}

case_a_stopped_supervisor_is_replaced_and_costs_no_job() {
  local patience=4 first pid
  [ "$WHERE" = container ] || patience=40
  with_options "WatchdogSec=$patience"
  start_daemon
  coppice start --name survivor --stdin -- cat
  pid=$(fact survivor '.mainPids[0]')
  first=$(supervisor)
  kill -STOP "$first"
  eventually other_supervisor "$first"
  eventually serving
  same "$(fact survivor '.mainPids[0]')" "$pid" "the job's process"
  echo still here | coppice write --close survivor
  coppice wait survivor
  same "$(coppice logs survivor)" "still here" "its output"
  same "$(property coppiced.service NRestarts)" 0 "restarts by systemd"
  has "$(journalctl -u coppiced.service --since "@$began" -o cat)" "no sign of life" "the log"
}

service_is() { [ "$(property coppiced.service ActiveState)" = "$1" ]; }
other_keeper() { local now; now=$(keeper) && [ "$now" != 0 ] && [ "$now" != "$1" ] && [ -d "/proc/$now" ]; }
# Before systemd 254 nothing can be started in a unit whose jobs have controllers, while jobs live (packaging/systemd/README.md).
need_subgroup() {
  local version
  version=$(systemctl --version | awk 'NR == 1 { print $2 }')
  if [ "$version" -lt 254 ] && grep -qw memory /sys/fs/cgroup/cgroup.controllers; then
    skip "systemd $version knows no DelegateSubgroup="
  fi
}

case_a_killed_keeper_is_followed_and_costs_no_job() {
  need_subgroup
  start_daemon
  local first pid
  coppice start --name survivor -- sleep 1000
  pid=$(fact survivor '.mainPids[0]')
  first=$(keeper)
  kill -KILL "$first"
  eventually other_keeper "$first"
  eventually serving
  eventually service_is active
  same "$(cat "/proc/$(keeper)/comm")" coppice-keeper "the main process that systemd knows"
  same "$(fact survivor '.mainPids[0]')" "$pid" "the job's process"
  ! gone "$pid" || fail "the job's process is dead"
  coppice kill survivor
  same "$(pgrep -x -f 'sleep 1000' || true)" "" "what is alive of the job"
}

case_D2_jobs_outlive_a_restart_that_leaves_them() {
  need_subgroup
  with_options "KillMode=process
ExecStart=
ExecStart=$(command -v coppiced) --at-shutdown leave"
  start_daemon
  local pid
  coppice start --name survivor --stdin -- cat
  pid=$(fact survivor '.mainPids[0]')
  systemctl restart coppiced.service
  eventually serving
  same "$(fact survivor '.mainPids[0]')" "$pid" "the job's process"
  coppice kill survivor
  gone "$pid" || fail "the job's process lives"
  # As it is packaged, so that the end of the case is the end of the daemon.
  default_options
  systemctl restart coppiced.service
}

case_the_journal_finds_a_job() {
  start_daemon
  local id
  id=$(coppice start --output journal -- sh -c 'echo from the job; exit 3')
  coppice wait "$id" || same "$?" 3 "its exit status"
  eventually journal_has "$id" "from the job"
  eventually journal_has "$id" "started"
  eventually journal_has "$id" "exit status 3"
}
journal_has() { journalctl "COPPICE_JOB=$1" -o cat | grep -q "$2"; }

case_a_reload_keeps_jobs_and_refuses_mistakes() {
  start_daemon
  local pid
  coppice start --name survivor -- sleep 1000
  pid=$(fact survivor '.mainPids[0]')
  mkdir -p /etc/coppice/coppiced.toml.d
  echo 'stop-timeout = "20s"' >/etc/coppice/coppiced.toml.d/host-test.toml
  systemctl reload coppiced.service
  echo 'stop-timout = "20s"' >/etc/coppice/coppiced.toml.d/host-test.toml
  refused coppice daemon reload
  has "$said" 'host-test.toml:1' "the refusal"
  has "$said" 'stop-timeout' "what it proposes"
  same "$(fact survivor '.mainPids[0]')" "$pid" "the job's process"
  same "$(property coppiced.service ActiveState)" active "the service"
}

case_the_daemons_environment_is_not_a_jobs() {
  start_daemon
  local names
  names=$(coppice run --clear-env -- /usr/bin/env | cut -d= -f1 | sort | tr '\n' ' ')
  case " $names" in
    *" NOTIFY_SOCKET "* | *" LISTEN_"* | *" WATCHDOG_"* | *" INVOCATION_ID "* | *" JOURNAL_STREAM "*) fail "a job got $names" ;;
  esac
  same "$(coppice run -- sh -c 'ls -l /proc/self/fd | grep -c socket:' || true)" 0 "sockets that a job was born with"
}
