# shellcheck shell=bash disable=SC2016,SC2154
step "First reading"
configure_probe <<'TOML'
[mqtt]
url = "mqtt://localhost:1883"
TOML
check "ir-meterctl stores the key" set_key "$key"
check "nobody but root can read it" in_guest sh -c \
    '! find /etc/credstore /etc/credstore.encrypted -type f -perm /077 | grep .'
plug_probe
in_guest systemctl restart ir-meterd
check_soon "the meter is online" meter_is online
check "it has an energy register" holds "$(meter EnergyImport)" '^[1-9]'
meter_id=$(meter Manufacturer | tr "[:upper:]" "[:lower:]")_$(meter SerialNumber)
check "the broker has the registers" holds \
    "$(topic "ir-meterd/meter/$meter_id/registers")" '"energy_import_kwh":'
check "the broker hears momentary values" holds \
    "$(topic "ir-meterd/meter/$meter_id/live")" '"power_w":'
check "Home Assistant is told" holds \
    "$(topic "homeassistant/device/$meter_id/config")" 'unique_id'
check "the cache has BT23" \
    in_guest sh -c '[ "$(stat --format=%s /run/ir-meterd/main/BT23)" = 8 ]'

step "A reboot"
unplug_probe
guest_stop
guest_start "$work/root"
check "the service has come up by itself" running
plug_probe
check_soon "and reads the meter" meter_is online
