# Runs in: container
# A Varlink client that nobody here wrote: systemd's.

address=unix:/run/coppice/socket
need_varlinkctl() { command -v varlinkctl >/dev/null || skip "systemd $(systemctl --version | awk 'NR == 1 { print $2 }') has no varlinkctl"; }

case_varlinkctl_reads_the_interfaces() {
  need_varlinkctl
  start_daemon
  has "$(varlinkctl info "$address")" io.coppice.Jobs "the interfaces"
  has "$(varlinkctl introspect "$address" io.coppice.Jobs)" "method Start" "the interface"
}

case_varlinkctl_runs_a_job() {
  need_varlinkctl
  start_daemon
  local answer
  answer=$(varlinkctl call --json=short "$address" io.coppice.Jobs.Run '{"spec":{"commands":[{"argv":["/bin/echo","hello"]}]}}')
  same "$(jq -r .result.outcome <<<"$answer")" succeeded "its outcome"
  same "$(jq -r .data <<<"$answer" | base64 -d)" hello "what it printed"
}

case_varlinkctl_follows_a_stream_of_replies() {
  need_varlinkctl
  start_daemon
  coppice start --name one -- sleep 1000
  coppice start --name two -- sleep 1000
  same "$(varlinkctl call --more --json=short "$address" io.coppice.Jobs.List '{}' | tr -d '\036' | jq -r .job.name | sort | tr '\n' ' ')" \
    "one two " "the jobs"
}
