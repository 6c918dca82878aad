# A virtual machine with a kernel, udev and USB of its own. To be sourced after report.bash
# and mirror.bash.
#
#   machine_can                        says on standard output what is missing to run one; fails then
#   machine_build FOLDER SUITE PACKAGES    makes $machine_root and a disk of it in FOLDER
#   machine_start                      boots it and returns when its default target is reached
#   in_machine COMMAND                 runs a shell command inside, as root
#   machine_put FILE PATH              copies a file into it
#   machine_plug NAME SERIAL PORT      plugs in an FTDI adapter whose serial line is TCP PORT here
#   machine_unplug NAME                pulls it out
#   machine_reboot                     restarts it and returns when it is up again
#   machine_stop                       ends it and removes what ran
#
# Everything is emulated: /dev/kvm is not needed, and nothing is as fast as on a real machine.

machine_root=     # the guest's files, as they were when the disk was made
machine_folder=
machine_pid=
machine_port=     # on loopback, for ssh

machine_can() {
    local tool
    if [ "$(id -u)" != 0 ]; then
        echo "root is needed"
        return 1
    fi
    for tool in qemu-system-x86_64 qemu-img mmdebstrap mke2fs ssh ssh-keygen socat python3; do
        if ! command -v "$tool" >/dev/null; then
            echo "$tool is not installed"
            return 1
        fi
    done
}

machine_build() {
    machine_folder=$1
    local suite=$2 packages=$3 unit disk
    machine_root=$machine_folder/root
    disk=$machine_folder/disk.ext4
    mkdir -p "$machine_folder"
    if [ ! -f "$disk" ]; then
        rm -rf --one-file-system "$machine_root"  # of a run that did not get further
        if ! mmdebstrap --variant=minbase --include="systemd,systemd-sysv,dbus,udev,kmod,procps" \
            --include="iproute2,openssh-server,initramfs-tools,linux-image-amd64" \
            --include="$packages" "$suite" "$machine_root" "$(debian_mirror)" \
            >"$machine_folder/build.log" 2>&1; then
            tail -n 20 "$machine_folder/build.log" >&2
            return 1
        fi
        printf 'MODULES=list\n' >"$machine_root/etc/initramfs-tools/conf.d/small"
        printf '%s\n' virtio_pci virtio_blk ext4 >"$machine_root/etc/initramfs-tools/modules"
        chroot "$machine_root" update-initramfs -u >>"$machine_folder/build.log" 2>&1
        ssh-keygen -q -t ed25519 -N '' -f "$machine_folder/key"
        install -d -m 0700 "$machine_root/root/.ssh"
        install -m 0600 "$machine_folder/key.pub" "$machine_root/root/.ssh/authorized_keys"
        for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer \
            e2scrub_all.timer getty.target systemd-networkd-wait-online.service; do
            ln -sf /dev/null "$machine_root/etc/systemd/system/$unit"
        done
        printf '[Match]\nName=e*\n[Network]\nDHCP=ipv4\n' \
            >"$machine_root/etc/systemd/network/10.network"
        systemctl --root="$machine_root" enable systemd-networkd ssh 2>/dev/null
        systemctl --root="$machine_root" set-default multi-user.target 2>/dev/null
        echo meter-machine >"$machine_root/etc/hostname"
        echo '127.0.0.1 localhost meter-machine' >"$machine_root/etc/hosts"
        echo '/dev/vda / ext4 defaults 0 1' >"$machine_root/etc/fstab"
        : >"$machine_root/etc/machine-id"
        mkdir -p "$machine_root/var/log/journal"
        cp "$machine_root"/boot/vmlinuz-* "$machine_folder/vmlinuz"
        cp "$machine_root"/boot/initrd.img-* "$machine_folder/initrd"
        truncate -s 3G "$disk.new"
        mke2fs -q -t ext4 -d "$machine_root" "$disk.new"
        mv "$disk.new" "$disk"
    fi
    # What happens in the machine leaves the disk as it is.
    qemu-img create -q -f qcow2 -b "$disk" -F raw "$machine_folder/changes.qcow2"
}

machine_free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

machine_start() {
    machine_port=$(machine_free_port)
    qemu-system-x86_64 -accel tcg,thread=multi -machine q35 -cpu max -smp 2 -m 768 \
        -nodefaults -no-user-config -display none \
        -kernel "$machine_folder/vmlinuz" -initrd "$machine_folder/initrd" \
        -append "root=/dev/vda rw console=ttyS0 quiet net.ifnames=0 mitigations=off" \
        -drive "file=$machine_folder/changes.qcow2,if=virtio,format=qcow2,cache=unsafe" \
        -netdev "user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:$machine_port-:22" \
        -device virtio-net-pci,netdev=net -device virtio-rng-pci -device qemu-xhci,id=usb \
        -serial "file:$machine_folder/console" \
        -qmp "unix:$machine_folder/qmp,server,nowait" \
        </dev/null >"$machine_folder/qemu.log" 2>&1 &
    machine_pid=$!
    if ! wait_for 300 machine_is_up; then
        tail -n 20 "$machine_folder/qemu.log" "$machine_folder/console" >&2
        return 1
    fi
}

machine_ssh_options() {
    printf '%s\n' -i "$machine_folder/key" -o StrictHostKeyChecking=no \
        -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o ConnectTimeout=10
}

in_machine() {
    local options
    mapfile -t options < <(machine_ssh_options)
    ssh "${options[@]}" -p "$machine_port" root@127.0.0.1 "$@"
}

machine_put() {
    local options
    mapfile -t options < <(machine_ssh_options)
    scp -q "${options[@]}" -P "$machine_port" "$1" "root@127.0.0.1:$2"
}

machine_is_up() {
    local state
    kill -0 "$machine_pid" 2>/dev/null || return 1
    state=$(in_machine systemctl is-system-running 2>/dev/null </dev/null) || true
    [ "$state" = running ] || [ "$state" = degraded ]
}

# One line for qemu's monitor.
machine_monitor() {
    printf '{"execute":"qmp_capabilities"}\n{"execute":"human-monitor-command","arguments":%s}\n' \
        "{\"command-line\":\"$1\"}" |
        socat -t 5 - "UNIX-CONNECT:$machine_folder/qmp" >>"$machine_folder/monitor.log"
}

machine_plug() {
    machine_monitor "chardev-add socket,id=$1-line,host=127.0.0.1,port=$3"
    machine_monitor "device_add usb-serial,id=$1,serial=$2,chardev=$1-line,bus=usb.0,always-plugged=on"
}

machine_has() {
    printf '{"execute":"qmp_capabilities"}\n{"execute":"human-monitor-command","arguments":%s}\n' \
        '{"command-line":"info usb"}' |
        socat -t 5 - "UNIX-CONNECT:$machine_folder/qmp" | grep -q "ID: $1"
}

machine_lacks() { ! machine_has "$1"; }

machine_unplug() {
    machine_monitor "device_del $1"
    wait_for 30 machine_lacks "$1"
    machine_monitor "chardev-remove $1-line"
}

machine_boot_id() { in_machine cat /proc/sys/kernel/random/boot_id 2>/dev/null </dev/null; }

machine_has_rebooted() {
    local id
    id=$(machine_boot_id) && [ "$id" != "$1" ] && machine_is_up
}

machine_reboot() {
    local before
    before=$(machine_boot_id)
    in_machine systemctl reboot 2>/dev/null || true
    wait_for 300 machine_has_rebooted "$before"
}

machine_stop() {
    [ -n "$machine_pid" ] || return 0
    kill "$machine_pid" 2>/dev/null || true
    wait "$machine_pid" 2>/dev/null || true
    machine_pid=
}
