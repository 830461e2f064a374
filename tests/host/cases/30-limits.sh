# Runs in: vm
# Limits that the kernel enforces, hit for real. The figures are what the kernel counts, never how fast something was.

# The pen of a job that runs, as a directory.
pen() { echo "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$(fact "$1" '.mainPids[0]')/cgroup")"; }
used() { fact "$1" ".result.usage.$2 // empty"; }
mebibytes() { echo $(($1 << 20)); }
# What a job runs to need as much memory as it is told, at once.
eater='head -c 512M /dev/zero | tail -c 512M >/dev/null'
# told JOB FIGURE FACT: whether this kernel tells that figure; where it does not, the job must not pretend.
told() {
  [ -z "$(used "$1" "$2")" ] || return 0
  same "$(coppice explain --json | jq -r --arg name "$3" 'select(.name == $name).state')" missing "$3, as $2 is not told"
  return 1
}

case_explain_says_that_every_controller_works() {
  start_daemon
  local controller
  for controller in cpu io memory pids; do
    same "$(coppice explain --json | jq -r --arg name "controller.$controller" 'select(.name == $name).state')" working \
      "the controller $controller"
  done
}

case_memoryMax_ends_all_of_a_job_that_exceeds_it() {
  start_daemon
  # The eater is a child; the command itself, and another child, use next to nothing and die with it.
  coppice start --name greedy --memory-max 64M -- bash -c "sleep 1009 & ($eater) & wait -n; sleep 1009"
  local status=0
  coppice wait --quiet greedy || status=$?
  same "$status" 137 "the exit status of wait"
  same "$(fact greedy .result.outcome)" out_of_memory "its outcome"
  same "$(pgrep -x -f 'sleep 1009' || true)" "" "what is alive of it"
  ! told greedy memoryPeak kernel.memory.peak ||
    between "$(used greedy memoryPeak)" "$(mebibytes 60)" "$(mebibytes 64)" "its peak of memory"
  same "$(coppice run -- echo served)" served "another job afterwards"
}

case_a_leftover_that_runs_out_of_memory_is_no_success() {
  start_daemon
  coppice start --name left --memory-max 64M --leftovers wait -- bash -c "setsid sh -c '$eater' & exit 0"
  coppice wait --quiet left || true
  same "$(fact left .result.outcome)" out_of_memory "its outcome"
}

case_a_start_that_runs_out_of_memory_says_so() {
  start_daemon
  refused coppice run --memory-max 4096 -- true
  has "$said" memory "the refusal"
}

case_memoryMax_leaves_no_swap() {
  start_daemon
  coppice start --name held --memory-max 64M -- sleep 1000
  local group
  group=$(pen held)
  same "$(cat "$group/memory.max")" "$(mebibytes 64)" memory.max
  same "$(cat "$group/memory.oom.group")" 1 memory.oom.group
  [ ! -e "$group/memory.swap.max" ] || same "$(cat "$group/memory.swap.max")" 0 memory.swap.max
}

case_memoryHigh_holds_a_job_down_and_does_not_kill_it() {
  start_daemon
  local file=/var/tmp/host-test
  dd if=/dev/zero of="$file" bs=1M count=128 status=none
  sync "$file"
  echo 3 >/proc/sys/vm/drop_caches
  coppice start --name reader --memory-high 32M -- sh -c "cat $file >/dev/null"
  coppice wait --quiet reader || fail "it ended as $(fact reader .result.outcome)"
  rm "$file"
  ! told reader memoryPeak kernel.memory.peak || between "$(used reader memoryPeak)" 1 "$(mebibytes 40)" "its peak of memory"
}

case_processesMax_refuses_a_fork() {
  start_daemon
  # The first that is refused is told, with what was made before.
  coppice start --name many --processes-max 10 -- python3 -c '
import os, time
made = 0
try:
    while made < 50:
        if os.fork() == 0:
            time.sleep(1000)
        made += 1
except BlockingIOError:
    print(made, flush=True)'
  coppice wait --quiet many || true
  same "$(coppice logs many)" 9 "forks until one was refused"
  ! told many processesPeak kernel.pids.peak || same "$(used many processesPeak)" 10 "its peak of processes"
}

# kept JOB QUOTA: over fifty periods of 100 ms in which the kernel throttled the job, it had its quota (microseconds of CPU
# time a period), give or take a tenth. Where the machine below is busy there are periods in which it could not have that.
kept() {
  local group throttled periods used from_throttled from_periods from_used
  group=$(pen "$1")
  eventually throttled "$group" 3
  read -r from_throttled from_periods from_used <<<"$(cpu "$group")"
  eventually throttled "$group" $((from_throttled + 50))
  read -r throttled periods used <<<"$(cpu "$group")"
  throttled=$((throttled - from_throttled)) periods=$((periods - from_periods)) used=$((used - from_used))
  between "$used" $((throttled * $2 * 9 / 10)) $((periods * $2 * 11 / 10)) \
    "microseconds of CPU time in $periods periods, $throttled of them throttled"
}
cpu() {
  awk '/^nr_throttled/ { throttled = $2 } /^nr_periods/ { periods = $2 } /^usage_usec/ { used = $2 }
    END { print throttled, periods, used }' "$1/cpu.stat"
}
throttled() { [ "$(awk '/^nr_throttled/ { print $2 }' "$1/cpu.stat")" -ge "$2" ]; }

case_cpuMax_of_a_tenth_is_kept_within_a_tenth_of_it() {
  start_daemon
  coppice start --name hot --cpu-max 0.1 -- sh -c 'while :; do :; done'
  kept hot 10000
}

case_cpuMax_of_a_half_is_kept_within_a_tenth_of_it() {
  start_daemon
  coppice start --name hot --cpu-max 0.5 -- sh -c 'while :; do :; done'
  kept hot 50000
}

case_figures_are_those_of_a_known_program() {
  start_daemon
  # Two children that use some two seconds each, one after the other; eight MiB to the disk; and in the end what all of it
  # used by the kernel's other count.
  coppice start --name known -- python3 -c '
import os
for _ in range(2):
    if os.fork() == 0:
        while os.times().user + os.times().system < 2:
            pass
        os._exit(0)
    os.wait()
os.spawnvp(os.P_WAIT, "dd", "dd if=/dev/zero of=/var/tmp/host-test bs=1M count=8 oflag=direct status=none".split())
print(round(sum(os.times()[:4]) * 1000000))'
  coppice wait --quiet known || fail "it ended as $(fact known .result.outcome)"
  rm /var/tmp/host-test
  local told
  told=$(coppice logs known)
  # That count is in ticks of 10 ms for each process, and ends before the program does.
  between "$told" 4000000 60000000 "microseconds of CPU time by the other count"
  between "$(fact known '.result.usage | .cpuUser + .cpuSystem')" $((told - 50000)) $((told + 1000000)) "microseconds of CPU time"
  between "$(used known ioWritten)" "$(mebibytes 8)" "$(mebibytes 9)" "bytes written"
  ! told known processesPeak kernel.pids.peak || same "$(used known processesPeak)" 2 "its peak of processes"
}

case_limits_of_a_running_job_change_at_once_and_outlive_the_supervisor() {
  start_daemon
  local group first
  coppice start --name changing --memory-max 256M -- sleep 1000
  group=$(pen changing)
  coppice limit changing --memory-max 128M --cpu-max 0.5 --processes-max 7 --cpu-weight 50
  same "$(cat "$group/memory.max")" "$(mebibytes 128)" memory.max
  same "$(cat "$group/cpu.max")" "50000 100000" cpu.max
  same "$(cat "$group/pids.max")" 7 pids.max
  same "$(cat "$group/cpu.weight")" 50 cpu.weight
  coppice limit changing --cpu-max unlimited --memory-max unlimited
  same "$(cat "$group/memory.max")" max "memory.max, lifted"
  same "$(cat "$group/cpu.max")" "max 100000" "cpu.max, lifted"
  first=$(supervisor)
  kill -KILL "$first"
  eventually other_supervisor "$first"
  eventually serving
  same "$(fact changing '.limits | keys | join(" ")')" "cpuWeight processesMax" "limits after the supervisor's death"
  same "$(cat "$group/pids.max")" 7 "pids.max after it"
}

case_each_attempt_has_the_limits() {
  start_daemon
  coppice start --name again --processes-max 9 --restart always --restart-delay 10ms -- sleep 1000
  coppice limit again --processes-max 8
  coppice signal KILL again
  eventually second_attempt again
  same "$(cat "$(pen again)/pids.max")" 8 "pids.max of the second attempt"
}
second_attempt() { [ "$(fact "$1" '"\(.attempt) \(.state)"')" = "2 running" ]; }

case_limits_of_a_slice_hold_for_its_jobs_together() {
  start_daemon
  local group job
  coppice start --slice ci/a --name one -- sh -c 'while :; do :; done'
  coppice slice set ci --memory-max 64M --processes-max 20
  coppice start --slice ci/b --name two -- sh -c 'while :; do :; done'
  group=$(dirname "$(dirname "$(pen one)")")
  same "$(cat "$group/memory.max")" "$(mebibytes 64)" "memory.max of the slice"
  # Who asks for too much dies as a whole, and the others go on.
  coppice start --slice ci --name three -- sh -c "$eater"
  coppice wait --quiet three || true
  same "$(fact three .result.outcome)" out_of_memory "the outcome of the third"
  for job in one two; do same "$(fact "$job" .state)" running "the job $job"; done
  # Made again, its cgroup has them again.
  coppice kill --slice ci
  systemctl restart coppiced.service
  eventually serving
  coppice start --slice ci --name four -- sleep 1000
  same "$(cat "$(dirname "$(pen four)")/pids.max")" 20 "pids.max of the slice after a restart of the service"
}
