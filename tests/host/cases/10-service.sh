# Runs in: container
# The service as systemd sees it.

# What systemd 252 does not know, and leaves out: the units do without it there.
newer='RestartSteps|RestartMaxDelaySec|DelegateSubgroup'
case_units_are_understood_by_systemd() {
  local unit said
  for unit in coppiced.service coppiced.socket; do
    said=$(systemd-analyze verify --man=no "$unit" 2>&1) || fail "$unit: $said"
    said=$(grep -v -E "Unknown key '?($newer)'? in section" <<<"$said" || true)
    same "$said" "" "what systemd-analyze says of $unit"
  done
}

case_the_socket_starts_the_daemon() {
  systemctl start coppiced.socket
  same "$(property coppiced.service ActiveState)" inactive "the service before anybody asked"
  same "$(coppice run -- echo hello)" hello "what a job printed"
  same "$(property coppiced.service ActiveState)" active "the service afterwards"
  same "$(cat "/proc/$(keeper)/comm")" coppice-keeper "the main process"
}

case_a_job_is_a_cgroup_below_the_service() {
  start_daemon
  local pid path
  coppice start --name inside -- sleep 1000
  pid=$(fact inside '.mainPids[0]')
  path=$(sed -n 's/^0:://p' "/proc/$pid/cgroup")
  has "$path" "$(property coppiced.service ControlGroup)/" "the job's cgroup"
  same "$(fact inside .containment)" cgroup "its containment"
  same "$(cat "/sys/fs/cgroup$path/cgroup.procs")" "$pid" "what is in it"
}

case_a_tree_that_tries_to_get_away_is_killed() {
  start_daemon
  coppice start --name fugitive -- sh -c 'setsid -f sleep 1001; trap "" TERM; (setsid sh -c "sleep 1002 & sleep 1003") & wait'
  eventually pgrep -x -f 'sleep 1003'
  coppice kill fugitive
  same "$(pgrep -f 'sleep 100[123]' || true)" "" "what is alive of it"
  same "$(fact fugitive .result.outcome)" killed "its outcome"
}

case_stop_leaves_no_process_no_cgroup_no_mount() {
  start_daemon
  local before group
  before=$(sort /proc/self/mountinfo)
  group=$(service_cgroup)
  coppice start --name one -- sh -c 'setsid -f sleep 1004; sleep 1005'
  coppice start --name two --slice ci/build -- sleep 1006
  systemctl stop coppiced.service coppiced.socket
  same "$(property coppiced.service ActiveState)" inactive "the service"
  same "$(property coppiced.service Result)" success "how it ended"
  same "$(pgrep -f 'sleep 100[456]' || true)" "" "what is alive of the jobs"
  [ ! -d "$group" ] || fail "there is still a cgroup $group"
  same "$(sort /proc/self/mountinfo)" "$before" "the mounts"
}

case_D1_a_killed_supervisor_costs_no_job() {
  start_daemon
  local first pid
  coppice start --name survivor --stdin -- cat
  pid=$(fact survivor '.mainPids[0]')
  first=$(supervisor)
  kill -KILL "$first"
  eventually other_supervisor "$first"
  eventually serving
  same "$(fact survivor '.mainPids[0]')" "$pid" "the job's process"
  echo still here | coppice write --close survivor
  coppice wait survivor
  same "$(coppice logs survivor)" "still here" "its output"
  same "$(property coppiced.service NRestarts)" 0 "restarts by systemd"
}

case_history_outlives_a_restart_of_the_service() {
  start_daemon
  coppice run --name past -- sh -c 'exit 3' || same "$?" 3 "the exit status of run"
  coppice start --name later -- true
  coppice wait later
  systemctl restart coppiced.service
  eventually serving
  same "$(coppice history --json | jq -r 'select(.name == "later").result.outcome')" succeeded "what history tells"
}
