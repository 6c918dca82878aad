# shellcheck shell=bash disable=SC2016,SC2154
step "Other users"
in_guest useradd --no-create-home stranger
in_guest useradd --no-create-home --groups ir-meterd friend
denied() {
    local output
    output=$(as "$@" 2>&1) || true
    echo "$output"
    grep -q -e AccessDenied -e 'Access denied' -e 'Permission denied' <<<"$output"
}
name=org.irmeterd.IrMeter1
interface=org.irmeterd.IrMeter1.Meter
check "a stranger reads a property" \
    as stranger busctl get-property $name "$meter_object" $interface Power
check "and lists the meters" as stranger busctl call $name /org/irmeterd/IrMeter1 \
    org.freedesktop.DBus.ObjectManager GetManagedObjects
check "and introspects" as stranger busctl introspect $name "$meter_object"
check "and reads the log level" as stranger busctl get-property $name \
    /org/freedesktop/LogControl1 org.freedesktop.LogControl1 LogLevel
check "but may not have the meter read" \
    denied stranger busctl call $name "$meter_object" $interface ReadNow
check "nor retry a key" denied stranger busctl call $name "$meter_object" $interface RetryKey
check "nor set the log level" denied stranger busctl set-property $name \
    /org/freedesktop/LogControl1 org.freedesktop.LogControl1 LogLevel s debug
check "nor own a name of the service" denied stranger dbus-send --system --print-reply \
    --dest=org.freedesktop.DBus / org.freedesktop.DBus.RequestName string:$name uint32:0
check "a stranger reads the cache" as stranger cat /run/ir-meterd/main/reading.json
check "but not what is known of keys" denied stranger ls /var/lib/ir-meterd
check "a member of the group ir-meterd may have the meter read" \
    as friend busctl call $name "$meter_object" $interface ReadNow

step "Another program has the probe"
in_guest systemctl stop ir-meterd
# It waits for the lock: the question below takes it, too, for a moment.
in_guest systemd-run --quiet --collect --unit=holder flock /dev/ir-probe sleep infinity
check_soon "it holds the probe" in_guest sh -c '! flock --nonblock /dev/ir-probe true'
in_guest systemctl start ir-meterd
check_soon "the meter is device-busy" meter_is device-busy
check "which says how to find out who" holds "$(meter StateDetail)" 'sudo ir-meterctl check'
check "and root is told" holds "$(in_guest ir-meterctl check)" 'flock, PID'
in_guest systemctl stop holder
check_soon "when it lets go, the meter is online" meter_is online

step "Checks by different users"
# Asking for a poll is not for everybody; the latest one can be told all the same.
check_soon "a stranger is told that all is well" as stranger ir-meterctl check
in_guest systemctl stop ir-meterd
own_probe root 600
check "root is told what the service may not do" \
    holds "$(in_guest ir-meterctl check)" 'you may open the device, but the service may not'
in_guest systemctl start ir-meterd
check_soon "which says so itself" meter_is no-permission
check "and where it is told how to let it" \
    holds "$(in_guest ir-meterctl check)" 'Cure: .*/60-ir-meterd.rules'
in_guest systemctl stop ir-meterd
own_probe dialout 660
check "and reads the meter without it" \
    holds "$(in_guest ir-meterctl check)" 'ok  BT28: power_import'
in_guest systemctl start ir-meterd
check_soon "the meter is online" meter_is online
