# shellcheck shell=bash disable=SC2016,SC2154
step "Things that go away"
pid=$(unit MainPID)
unplug_probe
check_soon "the probe is gone: no-device" meter_is no-device
plug_probe
check_soon "it is back: online" meter_is online

in_guest systemctl stop mosquitto
in_guest systemctl start mosquitto
check_soon "after the broker was away the meter is online there" \
    topic_is "ir-meterd/meter/$meter_id/availability" online
check_soon "and so is the daemon" \
    topic_is 'ir-meterd/daemon/+/availability' online

in_guest systemctl restart dbus
check_soon "after the bus was restarted the daemon is on it again" meter_is online
check "all this time it was the same process" unit_is MainPID "$pid"

step "A daemon that dies or hangs"
restarted() { [ "$(unit NRestarts)" -gt "$1" ] && running; }
check "nothing has restarted it so far" unit_is NRestarts 0
in_guest kill -KILL "$(unit MainPID)"
check_soon "after kill -9 it is running again" restarted 0
check_soon "and reads the meter" meter_is online
drop_in test-watchdog WatchdogSec=3s
in_guest systemctl restart ir-meterd
check_soon "with a short watchdog it is online" meter_is online
count=$(unit NRestarts)
in_guest kill -STOP "$(unit MainPID)"
check_soon "stopped, the watchdog gets it running again" restarted "$count"
check "as the journal says" in_guest sh -c \
    'journalctl --quiet --unit=ir-meterd --grep "Watchdog timeout" | grep -q .'
check_soon "and it reads the meter" meter_is online
count=$(unit NRestarts)
ages() { [ "$(topic "ir-meterd/meter/$meter_id/live" | sed 's/.*"time":"\([^"]*\)".*/\1/')" \> "$1" ]; }
check_soon "beyond its limit it goes on reading" \
    ages "$(in_guest date --utc --date='+6 seconds' +%FT%TZ)"
check "and the watchdog has nothing to object to" unit_is NRestarts "$count"
drop_in test-watchdog
