# Runs in: container
# Who may do what, with accounts of this machine.

case_A2_a_user_starts_jobs_of_its_own() {
  start_daemon
  same "$(served alice coppice run -- id -un)" alice "who the job is"
  served alice coppice start --name hers -- sleep 1000
  same "$(fact hers .owner)" alice "its owner"
  same "$(ps -o user= -p "$(fact hers '.mainPids[0]')" | tr -d ' ')" alice "the user of its process"
  served alice coppice kill hers
}

case_A2_another_user_sees_and_touches_nothing() {
  start_daemon
  served alice coppice start --name hers -- sleep 1000
  same "$(served bob coppice ps --json)" "" "what bob is shown"
  local verb
  for verb in kill stop freeze status logs rm; do
    refused served bob coppice "$verb" hers
  done
  same "$(fact hers .state)" running "the job afterwards"
  same "$(coppice ps --json | jq -r .name)" hers "what root is shown"
  coppice kill hers
}

case_A2_running_as_another_user_is_roots_alone() {
  start_daemon
  same "$(coppice run --user bob -- id -un)" bob "who a job of root's is"
  refused served alice coppice run --user bob -- id
  has "$said" root "the refusal"
  refused served alice coppice run --root / -- id
  has "$said" root "the refusal"
  refused served alice coppice run --nice -5 -- id
}

case_a_user_without_a_daemon_and_without_a_session_is_told() {
  refused as alice coppice ps
  has "$said" "no daemon answers at" "what coppice says"
  has "$said" COPPICE_SOCKET "what to do"
}

case_a_private_daemon_runs_in_a_users_session() {
  user_session alice
  same "$(in_session alice systemd-run --user --quiet --collect --pipe --wait coppice run -- sh -c 'echo hello')" hello \
    "what a job printed"
  # It outlives what started it until it is idle, and is a part of her session.
  local pid
  pid=$(pgrep -u alice -x coppiced)
  has "$(sed -n 's/^0:://p' "/proc/$pid/cgroup")" /user@1000.service/ "the daemon's cgroup"
  systemctl stop user@1000.service
  gone "$pid" || fail "the daemon outlived the session"
}
