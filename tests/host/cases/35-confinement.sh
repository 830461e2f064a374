# Runs in: container vm
# What holds a job that is root.

# Writes itself into each cgroup that shows below the places named; then waits.
scatter='
  for file in $(find "$@" -name cgroup.procs -o -name cgroup.threads -o -name tasks 2>/dev/null); do
    echo $$ >"$file"
  done 2>/dev/null
  echo tried
  exec sleep 1010'

case_K10_a_root_job_cannot_leave_its_pen_by_the_files_that_it_sees() {
  start_daemon
  coppice start --name escapee -- sh -c "$scatter" sh /sys/fs/cgroup
  eventually logged escapee tried
  local pid path
  pid=$(fact escapee '.mainPids[0]')
  path=$(sed -n 's/^0:://p' "/proc/$pid/cgroup")
  has "$path" "$(property coppiced.service ControlGroup)/" "where it is"
  coppice kill escapee
  same "$(pgrep -x -f 'sleep 1010' || true)" "" "what is alive of it"
}

# Through the root directory of init, root sees the cgroups of all.
case_K10_a_root_job_that_leaves_all_the_same_is_found_and_killed() {
  start_daemon
  coppice start --name escapee -- sh -c "$scatter" sh /proc/1/root/sys/fs/cgroup
  eventually logged escapee tried
  has "$(coppice kill escapee)" "sleep 1010" "what was killed"
  same "$(pgrep -x -f 'sleep 1010' || true)" "" "what is alive of it"
}
logged() { [ "$(coppice logs "$1")" = "$2" ]; }
