# shellcheck shell=bash disable=SC2016
# The guest's file system: a Debian as it is before the packages are installed, beside an apt
# repository of them. To be sourced after guest.bash, mirror.bash and tools/release.d/repository.bash.
#
#   root_can                      says what this machine lacks to make one; fails then
#   make_base SUITE TAR           a Debian with systemd, a bus and a broker, as a tar file
#   make_root TAR ROOT DEB...     unpacks it, and downloads what the packages depend on: the guest,
#                                 which has no network, installs them with apt all the same
#   publish SUITE ROOT DEB...     puts packages into the repository, as tools/release does, with a key
#                                 made for it

root_can() {
    local tool
    for tool in mmdebstrap dpkg-deb openssl apt-ftparchive gpg gpg-agent; do
        if ! command -v "$tool" >/dev/null; then
            echo "$tool is not installed"
            return 1
        fi
    done
}

make_base() {
    local suite=$1 tar=$2 log=${2%.tar}.log unit
    local packages=systemd,systemd-sysv,dbus,udev,kmod,procps,mosquitto,mosquitto-clients
    local hooks=()
    # What a guest without terminals, disks and network has no use for
    for unit in getty.target console-getty.service apt-daily.timer apt-daily-upgrade.timer \
        dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service; do
        hooks+=("--customize-hook=ln -sf /dev/null \"\$1/etc/systemd/system/$unit\"")
    done
    # A journal that is kept over a reboot, and an empty identity, which the first boot fills in
    hooks+=('--customize-hook=mkdir -p "$1/var/log/journal" && : >"$1/etc/machine-id"')
    hooks+=('--customize-hook=echo guest >"$1/etc/hostname"')
    hooks+=('--customize-hook=echo 127.0.0.1 localhost guest >"$1/etc/hosts"')
    if ! mmdebstrap --variant=minbase --include="$packages" "${hooks[@]}" \
        "$suite" "${tar%.tar}.new.tar" "$(debian_mirror)" >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        return 1
    fi
    mv "${tar%.tar}.new.tar" "$tar"
}

make_root() {
    local tar=$1 root=$2
    shift 2
    mkdir -p "$root"
    tar -C "$root" -xf "$tar"
    install -D -m 644 -t "$root/packages" "$@"
    guest_prepare "$root" sh -c 'apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install \
        --yes --no-install-recommends --download-only /packages/*.deb && rm -f /etc/resolv.conf'
}

publish() {
    local suite=$1 root=$2 key
    shift 2
    export GNUPGHOME=$work/gpg
    if [ ! -d "$GNUPGHOME" ]; then
        mkdir -m 700 "$GNUPGHOME"
        gpg --batch --quiet --passphrase '' --quick-generate-key 'Test <test@example.org>' ed25519 sign
    fi
    key=$(gpg --list-keys --with-colons 2>/dev/null |
        sed -n 's/^fpr:*\([0-9A-F]*\):.*/\1/p' | head -n 1)
    install -D -m 644 -t "$work/release/$suite" "$@"
    make_repository "$work/release" "$root/repository" file:/repository "$key" >/dev/null
}

# A package like the one given, with a higher version; prints the file.
newer_package() {
    local deb=$1 folder=$2
    dpkg-deb --raw-extract "$deb" "$folder/newer"
    sed -i '/^Version: /s/$/+newer1/' "$folder/newer/DEBIAN/control"
    dpkg-deb --root-owner-group --build "$folder/newer" "$folder" | sed "s/.* in '\(.*\)'\.\$/\1/"
    rm -rf "${folder:?}/newer"
}
