# shellcheck shell=bash
# A guest: a root with a systemd of its own as PID 1, in its own namespaces. To be sourced.
#
#   guest_can                       says what this machine lacks to run one; fails then
#   guest_prepare ROOT COMMAND...   runs a command in the root before it is booted
#   guest_start ROOT                boots it and returns when its default target is reached
#   in_guest COMMAND...             runs a command inside, as root
#   guest_stop                      shuts it down and leaves no process, mount or cgroup
#
# The guest has a network of its own with nothing but loopback in it, and no udev: devices are the
# kernel's, and only the virtual machine can plug them.

guest_supervisor=    # PID of systemd-nspawn
guest_leader=        # PID of the guest's PID 1, as seen from here
guest_console=       # what the guest says while it boots
guest_cgroups=()

guest_can() {
    local tool
    if [ "$(id -u)" != 0 ]; then
        echo "root is needed"
        return 1
    fi
    for tool in systemd-nspawn nsenter; do
        if ! command -v "$tool" >/dev/null; then
            echo "$tool is not installed"
            return 1
        fi
    done
    if ! unshare --mount --pid --fork --cgroup --net true 2>/dev/null; then
        echo "namespaces cannot be made here"
        return 1
    fi
    if ! guest_make_cgroups 2>/dev/null; then
        echo "control groups cannot be made here"
        return 1
    fi
    guest_remove_cgroups
}

# A group of its own keeps what nspawn does away from the machine's other groups. Where the machine
# still has the old hierarchies, systemd's own of them is needed next to the unified one.
guest_make_cgroups() {
    local top
    guest_cgroups=()
    for top in /sys/fs/cgroup/unified /sys/fs/cgroup/systemd /sys/fs/cgroup; do
        if [ "$top" = /sys/fs/cgroup ] && [ ${#guest_cgroups[@]} -gt 0 ]; then
            break
        fi
        if [ -e "$top/cgroup.procs" ]; then
            mkdir "$top/ir-meterd-guest-$$" || return 1
            guest_cgroups+=("$top/ir-meterd-guest-$$")
        fi
    done
    [ ${#guest_cgroups[@]} -gt 0 ]
}

guest_remove_cgroups() {
    local group
    for group in "${guest_cgroups[@]}"; do
        [ ! -d "$group" ] || find "$group" -depth -type d -exec rmdir {} +
    done
    guest_cgroups=()
}

# guest_nspawn LOG ARGUMENT...: systemd-nspawn, in that group of its own
guest_nspawn() {
    local log=$1 group
    shift
    for group in "${guest_cgroups[@]}"; do
        echo "$BASHPID" >"$group/cgroup.procs"
    done
    export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 SYSTEMD_NSPAWN_LOCK=0
    exec systemd-nspawn --register=no --keep-unit --settings=no "$@" </dev/null >"$log" 2>&1
}

# guest_prepare ROOT COMMAND...: runs a command in a root that is not booted, with this machine's
# network
guest_prepare() {
    local root=$1 status=0
    shift
    guest_make_cgroups
    (guest_nspawn "$root.log" --directory="$root" --pipe --resolv-conf=replace-host "$@") ||
        status=$?
    guest_remove_cgroups
    [ "$status" = 0 ] || tail -n 20 "$root.log" >&2
    return "$status"
}

guest_start() {
    local root=$1
    guest_console=$root.console
    guest_make_cgroups
    # bpf: without it the guest's systemd cannot enforce DeviceAllow= and IPAddressDeny=, and does
    # not say so
    guest_nspawn "$guest_console" --directory="$root" --machine="ir-meterd-guest-$$" --boot \
        --private-network --capability=all --system-call-filter=bpf --resolv-conf=off \
        --timezone=off --link-journal=no &
    guest_supervisor=$!
    if ! wait_for 300 guest_is_up; then
        tail -n 20 "$guest_console" >&2
        return 1
    fi
}

guest_is_up() {
    local child='' state
    read -r child _ <"/proc/$guest_supervisor/task/$guest_supervisor/children" || true
    [ "$(cat "/proc/$child/comm" 2>/dev/null)" = systemd ] || return 1
    guest_leader=$child
    state=$(in_guest systemctl is-system-running 2>/dev/null) || true
    [ "$state" = running ] || [ "$state" = degraded ]
}

in_guest() {
    nsenter --target "$guest_leader" --mount --uts --ipc --net --pid --cgroup --root --wd -- "$@"
}

guest_is_down() { ! kill -0 "$guest_supervisor" 2>/dev/null; }

guest_stop() {
    [ -n "$guest_supervisor" ] || return 0
    kill -TERM "$guest_supervisor" 2>/dev/null || true  # nspawn makes an orderly shutdown of it
    if ! wait_for 30 guest_is_down; then
        kill -KILL "$guest_leader" "$guest_supervisor" 2>/dev/null || true
    fi
    wait "$guest_supervisor" 2>/dev/null || true
    guest_supervisor=
    guest_leader=
    wait_for 10 guest_remove_cgroups 2>/dev/null || true
}
