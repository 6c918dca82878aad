# shellcheck shell=bash disable=SC2016,SC2154
step "First installation"
in_guest cp "/repository/$suite/ir-meterd.sources" /etc/apt/sources.list.d
# Debian's mirror is out of reach, which is a warning; what is known of it stays.
check "apt knows the repository" in_guest sh -c \
    'apt-get update --quiet; apt-cache policy ir-meterd | grep "file:/repository"'
check "apt installs the packages from it" in_guest sh -c 'DEBIAN_FRONTEND=noninteractive \
    apt-get install --yes --quiet --no-install-recommends ir-meterd ir-meter-sim >/tmp/installation
    status=$?; cat /tmp/installation; exit $status'
check "which ends with the next command" \
    in_guest grep --quiet "sudo ir-meterctl setup" /tmp/installation
if [ ${#checks_failed[@]} -gt 0 ]; then
    echo "Nothing else can be tried."
    exit 1
fi
check "the configuration is there" \
    in_guest cmp /usr/share/ir-meterd/ir-meterd.toml /etc/ir-meterd/ir-meterd.toml
check "the account exists" in_guest getent passwd ir-meterd
check "the service is not enabled before there is a key" \
    unit_is UnitFileState disabled
check "the unit has no mistakes" \
    in_guest systemd-analyze verify --man=no --recursive-errors=no ir-meterd.service

# What apt has just done is all there was: the account, the policy and the name in one go.
check "the very first start succeeds" in_guest systemctl enable --now --quiet ir-meterd
check "it is active (running)" running
check "without having been started twice" unit_is NRestarts 0
check_soon "anybody sees that there is no probe" meter_is no-device
check "the bus could have started it" \
    in_guest systemctl cat dbus-org.irmeterd.IrMeter1.service
