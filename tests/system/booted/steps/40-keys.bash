# shellcheck shell=bash disable=SC2016,SC2154
step "Keys"
check "a wrong key is stored" set_key "$wrong_key"
in_guest systemctl restart ir-meterd
check_soon "the meter rejects it" meter_is key-rejected
check "the right key is stored" set_key "$key"
in_guest systemctl restart ir-meterd
check_soon "the meter is online" meter_is online

# credential plain|encrypted: the right key stored by hand, in this form and no other
credential() {
    in_guest rm -f /etc/credstore/meter-key /etc/credstore.encrypted/meter-key
    case $1 in
        plain)
            in_guest sh -c 'umask 077; cat >/etc/credstore/meter-key' <<<"$key"
            ;;
        encrypted)
            encrypt meter-key <<<"$key"
            ;;
    esac
    in_guest systemctl restart ir-meterd
}
credential none
check_soon "without any credential the service runs and says so" meter_is no-key
credential encrypted
check_soon "an encrypted credential is read" meter_is online
check "it is not the key that stands there" \
    in_guest sh -c "! grep -q $key /etc/credstore.encrypted/meter-key"
credential plain
check_soon "a plain credential is read" meter_is online
