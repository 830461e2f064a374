# Runs in: container
# What the package's scripts do with what an administrator did before.

# changed COMMAND…: a package like ours of a higher version, as a file, after COMMAND was run in its folder.
changed() {
  local parts
  parts=$(mktemp -d)
  dpkg-deb -R "$JOB/coppice.deb" "$parts/tree"
  (cd "$parts/tree" && "$@")
  sed -i 's/^Version: .*/&+host1/' "$parts/tree/DEBIAN/control"
  dpkg-deb --root-owner-group -Znone -b "$parts/tree" /tmp/changed.deb >/dev/null
  rm -rf "$parts"
  echo /tmp/changed.deb
}

broken_daemon() { printf '#!/bin/sh\necho broken >&2\nexit 1\n' >usr/sbin/coppiced; }
other_settings() { echo '# another comment' >>etc/coppice/coppiced.toml; }

case_an_upgrade_that_the_daemon_refuses_costs_no_job_and_says_what_to_do() {
  start_daemon
  local first said
  coppice start --name steady --stdin -- cat
  first=$(supervisor)
  said=$(dpkg -i "$(changed broken_daemon)" 2>&1) || fail "dpkg failed: $said"
  has "$said" "the new programs have not taken over" "what dpkg printed"
  has "$said" "coppice daemon upgrade" "what dpkg printed"
  same "$(dpkg-query -W -f '${db:Status-Abbrev}' coppice)" "ii " "the package"
  same "$(supervisor)" "$first" "the supervisor"
  echo still here | coppice write --close steady
  coppice wait steady
  same "$(coppice logs steady)" "still here" "what the job printed"
}

case_a_socket_that_was_disabled_stays_so() {
  systemctl disable --now coppiced.socket
  dpkg -i "$(changed true)"
  same "$(systemctl is-enabled coppiced.socket || true)" disabled "the socket"
  systemctl enable coppiced.socket
}

case_settings_that_were_edited_are_kept_by_an_upgrade() {
  local before
  echo '# ours' >>/etc/coppice/coppiced.toml
  before=$(cat /etc/coppice/coppiced.toml)
  dpkg --force-confold -i "$(changed other_settings)"
  same "$(cat /etc/coppice/coppiced.toml)" "$before" "the settings"
  dpkg -P coppice
}

case_an_upgrade_starts_no_daemon_that_did_not_run() {
  systemctl stop coppiced.service
  dpkg -i "$(changed true)"
  same "$(systemctl is-active coppiced.service || true)" inactive "the service"
}

case_history_is_there_again_after_remove_and_install() {
  start_daemon
  coppice run --name past -- true
  dpkg -r coppice
  dpkg -i "$JOB/coppice.deb"
  same "$(coppice history --name past --json | jq -r .result.outcome)" succeeded "what history tells"
}

case_files_are_as_they_were_packaged() {
  same "$(dpkg --verify coppice)" "" "what dpkg finds changed"
  getent group coppice >/dev/null || fail "there is no group coppice"
}
