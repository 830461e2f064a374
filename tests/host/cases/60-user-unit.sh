# Runs in: container
# The daemon of a user under systemd --user.

case_a_user_unit_serves_its_user() {
  user_session alice
  in_session alice systemctl --user start coppiced.socket
  same "$(in_session alice coppice run -- id -un)" alice "who the job is"
  eventually in_session alice systemctl --user --quiet is-active coppiced.service
  local pid
  in_session alice coppice start --name hers -- sleep 1000
  pid=$(in_session alice coppice status --json hers | jq -r '.mainPids[0]')
  has "$(sed -n 's/^0:://p' "/proc/$pid/cgroup")" /user@1000.service/ "the cgroup of her job"
  has "$(sed -n 's/^0:://p' "/proc/$pid/cgroup")" /coppiced.service/ "the cgroup of her job"
  same "$(in_session alice coppice status --json hers | jq -r .containment)" cgroup "its containment"
  in_session alice systemctl --user stop coppiced.socket coppiced.service
  gone "$pid" || fail "her job lives"
}
