# shellcheck shell=bash disable=SC2016,SC2154
step "The log"
in_guest systemctl restart ir-meterd
check_soon "the meter is online" meter_is online
check "a change of state has fields of its own" journal_has METER=main STATE=online
check "and a message ID" in_guest sh -c \
    'journalctl -t ir-meterd STATE=online -o verbose --lines=1 | grep -q MESSAGE_ID='
check "which journalctl -x explains" in_guest sh -c \
    'journalctl -t ir-meterd STATE=no-device -x --lines=1 --no-pager | grep -q "plug in the probe"'
check "systemctl reads the log level" \
    same "$(in_guest systemctl service-log-level ir-meterd)" info
check "systemctl sets the log level" in_guest systemctl service-log-level ir-meterd debug
check "which is then in force" \
    same "$(in_guest systemctl service-log-level ir-meterd)" debug
check "systemctl reads the log target" in_guest systemctl service-log-target ir-meterd
in_guest systemctl service-log-level ir-meterd info

step "Configurations"
good=$(in_guest cat /etc/ir-meterd/ir-meterd.toml)
pid=$(unit MainPID)
echo 'nonsense = 1' | configure
check "the reload of a bad file fails" in_guest sh -c '! systemctl reload ir-meterd'
check_soon "a bad file is refused with its place" in_guest sh -c \
    'journalctl --quiet -t ir-meterd --grep "ir-meterd.toml:1:" | grep -q .'
check "and the daemon goes on" unit_is MainPID "$pid"
check_soon "online" meter_is online
status_says() { holds "$(unit StatusText)" "$1"; }
check_soon "and says so in its status" status_says '^configuration refused, line 1;'
in_guest systemctl restart ir-meterd 2>/dev/null || true
check_soon "started with a bad file it fails" unit_is ActiveState failed
check "with exit status 78" unit_is ExecMainStatus 78
check "and is not started again" unit_is NRestarts 0
configure <<<"${good/\"1s\"/\"2s\"}"
check "with a good file it starts" in_guest systemctl start ir-meterd
configure <<<"$good"
check "a good file is loaded while it runs" in_guest systemctl reload ir-meterd
check_soon "online" meter_is online
