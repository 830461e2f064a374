# Runs in: container vm
# What holds a job that is root.

case_K10_a_root_job_cannot_leave_its_pen_by_cgroup_files() {
  start_daemon
  coppice start --name escapee -- sh -c '
    for file in $(find / -xdev -path "*cgroup*" -name cgroup.procs 2>/dev/null) \
        $(find /sys/fs/cgroup /proc/1/root/sys/fs/cgroup -name cgroup.procs 2>/dev/null); do
      echo $$ >"$file"
    done 2>/dev/null
    echo tried
    exec sleep 1010'
  eventually logged escapee tried
  local pid path
  pid=$(fact escapee '.mainPids[0]')
  path=$(sed -n 's/^0:://p' "/proc/$pid/cgroup")
  has "$path" "$(property coppiced.service ControlGroup)/" "where it is"
  coppice kill escapee
  same "$(pgrep -x -f 'sleep 1010' || true)" "" "what is alive of it"
}
logged() { [ "$(coppice logs "$1")" = "$2" ]; }
