# shellcheck shell=bash disable=SC2016,SC2154
step "A broker that wants to know everything"
# It asks for TLS, a certificate, a name and a password. The secrets of these are credentials.

# certificates FOLDER NAME...: an authority, and for each name a certificate of it with its key
certificates() {
    local folder=$1 name new=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)
    shift
    mkdir -p "$folder"
    openssl req -x509 "${new[@]}" -days 2 -subj /CN=authority \
        -keyout "$folder/authority.key" -out "$folder/authority.crt" 2>/dev/null
    for name in "$@"; do
        openssl req "${new[@]}" -subj "/CN=$name" -addext "subjectAltName=DNS:$name" \
            -keyout "$folder/$name.key" -out "$folder/$name.csr" 2>/dev/null
        openssl x509 -req -in "$folder/$name.csr" -days 2 -copy_extensions copy \
            -CA "$folder/authority.crt" -CAkey "$folder/authority.key" -CAcreateserial \
            -out "$folder/$name.crt" 2>/dev/null
    done
}

before=$(in_guest cat /etc/ir-meterd/ir-meterd.toml)
certificates "$work/certificates" localhost meter
for file in authority.crt localhost.crt localhost.key meter.crt; do
    in_guest tee "/etc/mosquitto/certs/$file" <"$work/certificates/$file" >/dev/null
done
in_guest mosquitto_passwd -b -c /etc/mosquitto/certs/passwords meter 'of the broker'
in_guest tee /etc/mosquitto/conf.d/test.conf >/dev/null <<'CONF'
per_listener_settings true
listener 1883 localhost
allow_anonymous true
listener 8883 localhost
cafile /etc/mosquitto/certs/authority.crt
certfile /etc/mosquitto/certs/localhost.crt
keyfile /etc/mosquitto/certs/localhost.key
require_certificate true
allow_anonymous false
password_file /etc/mosquitto/certs/passwords
CONF
in_guest chown -R mosquitto: /etc/mosquitto/certs
in_guest systemctl restart mosquitto
configure_probe <<'TOML'
[mqtt]
url = "mqtts://localhost:8883"
username = "meter"
password_credential = "mqtt-password"
ca_file = "/etc/mosquitto/certs/authority.crt"
cert_file = "/etc/mosquitto/certs/meter.crt"
client_key_credential = "mqtt-client-key"
TOML
encrypt mqtt-password <<<"of another broker"
encrypt mqtt-client-key <"$work/certificates/meter.key"
in_guest systemctl restart ir-meterd
check_soon "with a wrong password the meter is online" meter_is online
check "and the broker says no" holds "$(in_guest ir-meterctl check)" 'NOT OK  broker'
encrypt mqtt-password <<<"of the broker"
in_guest systemctl restart ir-meterd
check "with the right one the broker hears momentary values" holds \
    "$(topic "ir-meterd/meter/$meter_id/live")" '"power_w":'
check_soon "and all is well" in_guest ir-meterctl check
check "nobody finds the secrets in the log" in_guest sh -c \
    '! journalctl --quiet --boot | grep -F -e "of the broker" -e "of another broker" \
    -e "PRIVATE KEY"'

in_guest rm -r /etc/mosquitto/conf.d/test.conf /etc/credstore.encrypted/mqtt-password \
    /etc/credstore.encrypted/mqtt-client-key
in_guest systemctl restart mosquitto
configure <<<"$before"
in_guest systemctl restart ir-meterd
check_soon "the meter is online" meter_is online
