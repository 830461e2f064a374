# Runs in: container
# What the package does to a machine.

# newer: a package like ours of a higher version, as a file.
newer() {
  local parts=/tmp/newer
  rm -rf "$parts"
  dpkg-deb -R "$JOB/coppice.deb" "$parts"
  sed -i 's/^Version: .*/&+host1/' "$parts/DEBIAN/control"
  dpkg-deb --root-owner-group -Znone -b "$parts" /tmp/newer.deb >/dev/null
  rm -rf "$parts"
  echo /tmp/newer.deb
}

case_an_installed_package_serves_without_further_steps() {
  dpkg -P coppice
  dpkg -i "$JOB/coppice.deb"
  same "$(property coppiced.socket ActiveState)" active "the socket"
  same "$(systemctl is-enabled coppiced.socket)" enabled "at the next boot"
  same "$(coppice run -- echo hello)" hello "what a job printed"
  same "$(served alice coppice run -- id -un)" alice "who a user's job is"
}

case_D2_an_upgrade_of_the_package_costs_no_job() {
  start_daemon
  local number before after first waiting
  for number in $(seq 50); do coppice start --name "job$number" -- sh -c 'sleep 1000; :'; done >/dev/null
  coppice start --name talker --stdin -- cat
  before=$(coppice ps --json | jq -r '"\(.name) \(.mainPids[0])"' | sort)
  first=$(supervisor)
  coppice wait talker >/dev/null &
  waiting=$!
  dpkg -i "$(newer)"
  same "$(dpkg-query -W -f '${Version}' coppice)" "$(dpkg-deb -f "$JOB/coppice.deb" Version)+host1" "the version"
  eventually serving
  [ "$(supervisor)" != "$first" ] || fail "the old supervisor runs"
  same "$(readlink "/proc/$(supervisor)/exe")" /usr/sbin/coppiced "the program of the supervisor"
  after=$(coppice ps --json | jq -r '"\(.name) \(.mainPids[0])"' | sort)
  same "$after" "$before" "jobs and their processes"
  echo done | coppice write --close talker
  wait "$waiting" || fail "a client that was waiting ended with status $?"
  same "$(coppice logs talker)" "done" "what a job printed"
  rm -f /tmp/newer.deb
}

case_remove_ends_jobs_and_keeps_what_is_known() {
  start_daemon
  coppice start --name last -- sh -c 'setsid -f sleep 1007; sleep 1008'
  dpkg -r coppice
  same "$(pgrep -f 'sleep 100[78]' || true)" "" "what is alive of the job"
  same "$(pgrep -x coppiced || pgrep -x coppice-keeper || true)" "" "what is alive of the daemon"
  [ ! -e /usr/bin/coppice ] || fail "the program is there"
  [ -d "$state" ] || fail "the history is gone"
  [ -f /etc/coppice/coppiced.toml ] || fail "the configuration is gone"
  [ ! -e /run/coppice/socket ] || fail "the socket is there"
}

case_purge_leaves_nothing() {
  start_daemon
  coppice run -- true
  local files
  files=$(dpkg -L coppice)
  dpkg -P coppice
  local file
  for file in $files /var/lib/coppice /run/coppice /etc/coppice; do
    [ -d "$file" ] && case $file in */coppice*) ;; *) continue ;; esac
    [ ! -e "$file" ] || fail "$file is left"
  done
  same "$(systemctl list-unit-files --no-legend 'coppiced*')" "" "units that systemd knows"
  same "$(dpkg -l coppice 2>/dev/null | tail -n 1 | cut -c1-2)" "" "what dpkg knows"
}
