# shellcheck shell=bash disable=SC2016,SC2154
step "Purge"
check "purging succeeds" in_guest env DEBIAN_FRONTEND=noninteractive \
    apt-get purge --yes --quiet ir-meterd ir-meter-sim
in_guest rm /etc/apt/sources.list.d/ir-meterd.sources
check "the daemon has stopped" in_guest sh -c '! pgrep --list-name --exact ir-meterd'
# The account stays by Debian's custom; apt's logs and the packages themselves do not count.
# Where systemd does not make the folders for secrets, they go, too.
nothing_left() {
    local secrets='/etc/credstore*/meter-key'
    in_guest test -e /usr/lib/tmpfiles.d/credstore.conf || secrets='/etc/credstore*'
    nothing "$(in_guest find / -xdev \
        \( -path /packages -o -path /repository -o -path /proc -o -path /var/log -o \
        -path /var/cache/apt \) -prune -o \
        \( -iname '*ir-meter*' -o -iname '*irmeter*' -o -path "$secrets" \) -print)"
}
check_soon "nothing is left behind" nothing_left
check "no unit has failed" in_guest sh -c '! systemctl --failed --no-legend | grep .'
check "the bus does not know the name" \
    in_guest sh -c '! busctl list --activatable | grep org.irmeterd'
not_run "udev link, unplugging and memory limit of a real serial port: see the virtual machine"
