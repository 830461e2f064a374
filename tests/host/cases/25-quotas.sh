# Runs in: container
# The configuration's say about users.

case_A2_members_of_the_admin_group_touch_all_jobs() {
  getent group coppice >/dev/null || fail "there is no group coppice"
  sed -i 's/^\(coppice:.*\)$/\1bob/' /etc/group
  start_daemon
  served alice coppice start --name hers -- sleep 1000
  served bob coppice kill hers
  refused served bob coppice run --user alice -- id
  sed -i 's/^\(coppice:.*:\)bob$/\1/' /etc/group
  same "$(fact hers .result.outcome)" killed "what became of the job"
}

case_A4_a_quota_names_itself() {
  mkdir -p /etc/coppice/coppiced.toml.d
  printf '[quotas]\nlive-jobs = 2\n' >/etc/coppice/coppiced.toml.d/host-test.toml
  start_daemon
  served alice coppice start --name one -- sleep 1000
  served alice coppice start --name two -- sleep 1000
  refused served alice coppice start --name three -- sleep 1000
  has "$said" 2 "the refusal"
  has "$said" jobs "the refusal"
  served bob coppice run -- true
  coppice run -- true
  served alice coppice kill one
  served alice coppice run -- true
}
