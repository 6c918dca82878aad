# shellcheck shell=bash disable=SC2016,SC2154
step "The sandbox"
check "its exposure is at most 1.3" \
    in_guest systemd-analyze security --no-pager --threshold=13 ir-meterd.service
in_guest mkdir -p /etc/systemd/system/ir-meterd.service.d
in_guest cp /usr/share/doc/ir-meterd/examples/local-broker.conf \
    /etc/systemd/system/ir-meterd.service.d/
in_guest systemctl daemon-reload
check "with local-broker.conf it is at most 1.1" \
    in_guest systemd-analyze security --no-pager --threshold=11 ir-meterd.service
in_guest systemctl restart ir-meterd
check_soon "with local-broker.conf the meter is online" meter_is online
check_soon "and on the broker" topic_is "ir-meterd/meter/$meter_id/availability" online
in_guest rm -r /etc/systemd/system/ir-meterd.service.d
in_guest systemctl daemon-reload
in_guest systemctl restart ir-meterd

# confined COMMAND...: as root, but with the devices that the service may use
confined() {
    in_guest sh -c 'echo $$ >/sys/fs/cgroup/system.slice/ir-meterd.service/cgroup.procs && exec "$@"' \
        sh "$@"
}
refused() {
    local output
    output=$("$@" 2>&1) || true
    echo "$output"
    grep -q "not permitted" <<<"$output"
}
not() { ! "$@"; }
in_guest mknod /dev/memory c 1 1
in_guest mknod /dev/ttyS77 c 4 141
check "DeviceAllow= keeps it from other devices" refused confined dd if=/dev/memory count=0
check "but not from serial ports" not refused confined dd if=/dev/ttyS77 count=0
in_guest rm /dev/memory /dev/ttyS77
