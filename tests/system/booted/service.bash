# shellcheck shell=bash disable=SC2016,SC2034,SC2154
# The service in the guest, as a test sees it from outside. To be sourced after guest.bash.

key=0123456789ABCDEF0123        # the simulated meter's
wrong_key=00000000000000000000

# as USER COMMAND...: runs a command in the guest as somebody else
as() {
    local user=$1
    shift
    in_guest setpriv --reuid="$user" --regid="$user" --init-groups -- "$@"
}

# Comparisons of what was read, for check
same() { [ "$1" = "$2" ] || { echo "\"$1\" is not \"$2\"" && return 1; }; }
differ() { [ "$1" != "$2" ] || { echo "both are \"$1\"" && return 1; }; }
holds() { grep -q -e "$2" <<<"$1" || { echo "no \"$2\" in \"$1\"" && return 1; }; }
nothing() { [ -z "$1" ] || { echo "$1" && return 1; }; }

# unit PROPERTY: as the service manager has it
unit() { in_guest systemctl show --property="$1" --value ir-meterd; }
unit_is() { same "$(unit "$1")" "$2"; }
running() { same "$(unit ActiveState) $(unit SubState)" "active running"; }

meter_object=/org/irmeterd/IrMeter1/Meter/main
# meter PROPERTY: as busctl has it, without type and quotes
meter() {
    in_guest busctl get-property org.irmeterd.IrMeter1 "$meter_object" \
        org.irmeterd.IrMeter1.Meter "$1" | sed 's/^[a-z]* //; s/^"\(.*\)"$/\1/'
}
meter_is() {
    local state
    state=$(meter State) && [ "$state" = "$1" ] && return
    echo "the state is ${state:-not known}: $(meter StateDetail)"
    return 1
}

# topic TOPIC: the retained message of a topic, or the next one
topic() { in_guest timeout 20 mosquitto_sub -C 1 -t "$1"; }
topic_is() { same "$(topic "$1")" "$2"; }

# drop_in NAME LINE...: a piece of configuration for the unit; without lines it is taken away
drop_in() {
    local file=/etc/systemd/system/ir-meterd.service.d/$1.conf
    shift
    if [ $# -gt 0 ]; then
        in_guest mkdir -p "$(dirname "$file")"
        { echo "[Service]" && printf '%s\n' "$@"; } | in_guest tee "$file" >/dev/null
    else
        in_guest rm -f "$file"
        in_guest rmdir --ignore-fail-on-non-empty "$(dirname "$file")"
    fi
    in_guest systemctl daemon-reload
}

# configure: standard input becomes the configuration
configure() { in_guest tee /etc/ir-meterd/ir-meterd.toml >/dev/null; }

# configure_probe: a meter at /dev/ir-probe, read once a second, and behind it standard input
configure_probe() {
    {
        printf '%s\n' '[[meter]]' 'name = "main"' 'device = "/dev/ir-probe"' 'interval = "1s"'
        cat
    } | configure
}

# set_key: by the program that is there for it, from standard input
set_key() { in_guest ir-meterctl set-key <<<"$1"; }

# encrypt NAME: standard input becomes an encrypted credential
encrypt() {
    in_guest systemd-creds encrypt --quiet --name="$1" - "/etc/credstore.encrypted/$1" 2>/dev/null
}

# The simulated meter on a pseudo-terminal, as a service of its own. Like a probe that udev has not
# recognised it belongs to the group dialout.
plug_probe() {
    in_guest systemd-run --quiet --collect --unit=simulator \
        ir-meter-sim --link /dev/ir-probe --baud 0
    wait_for "$patience" in_guest test -c /dev/ir-probe
    own_probe dialout 660
}
# own_probe GROUP MODE
own_probe() {
    in_guest sh -c 'probe=$(readlink -f /dev/ir-probe); chgrp "$1" "$probe"; chmod "$2" "$probe"' \
        sh "$@"
}
unplug_probe() { in_guest systemctl stop simulator; }

# journal_has FIELD=VALUE...: whether the service has logged such an entry
journal_has() { in_guest journalctl --quiet --lines=1 --grep . -t ir-meterd "$@" | grep -q .; }
