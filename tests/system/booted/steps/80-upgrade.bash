# shellcheck shell=bash disable=SC2016,SC2154
step "Upgrade in place"
check_soon "the meter is online" meter_is online
pid=$(unit MainPID)
newer=$(for deb in "${packages[@]}"; do
    case ${deb##*/} in
        ir-meterd_*) newer_package "$deb" "$work" ;;
    esac
done)
publish "$suite" "$work/root" "$newer"
check "apt upgrades to a higher version" in_guest sh -c 'apt-get update --quiet
    DEBIAN_FRONTEND=noninteractive apt-get upgrade --yes --quiet'
check "the version is the higher one" \
    holds "$(in_guest dpkg-query --show --showformat='${Version}' ir-meterd)" newer
check "the service was restarted" differ "$(unit MainPID)" "$pid"
check "it is active (running)" running
check "nobody was asked about the configuration" nothing \
    "$(in_guest dpkg-query --show --showformat='${Conffiles}' ir-meterd)"
check "the configuration is as it was" \
    same "$(in_guest cat /etc/ir-meterd/ir-meterd.toml)" "$good"
check_soon "it reads the meter" meter_is online
