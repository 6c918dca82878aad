# shellcheck shell=bash disable=SC2154
step "Setup in a terminal"
# As a person meets it: all well, the probe upside down, a wrong key, a broker with a password, none.
for recording in happy upside-down wrong-key password no-broker; do
    check "it ends with a reading: $recording" sh -c '"$@" >&3 2>&1' - \
        "$here/../../../tools/recordings" --booted "$guest_leader" "$recording" 3>&1
done
# They leave the service disabled.
in_guest systemctl enable --now --quiet ir-meterd
