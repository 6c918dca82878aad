# The packages, on booted systems: a step of tests/run.
# shellcheck shell=bash
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/ir-meterd-release  # of Debians to build in

# Whether a folder can be laid over another inside of namespaces, as packages are built.
can_overlay() {
    local folder status=0
    mkdir -p "$cache" && folder=$(mktemp -d "$cache/try.XXXXXX") || return
    mkdir "$folder"/{lower,upper,work,root}
    unshare --user --map-root-user --mount mount -t overlay overlay "$folder/root" -o \
        "lowerdir=$folder/lower,upperdir=$folder/upper,workdir=$folder/work,userxattr" \
        2>/dev/null || status=1
    rm -rf "$folder"
    return $status
}

# Whether Debian's packages can be had.
reaches_debian() {
    local file status=0
    file=$(mktemp) || return
    /usr/lib/apt/apt-helper download-file \
        http://deb.debian.org/debian/dists/trixie/InRelease "$file" >/dev/null 2>&1 || status=1
    rm -f "$file"
    return $status
}

# What this machine has not got to make packages and boot systems, on standard output; fails if it
# has everything.
lack_for_packages() {
    if [ "$(id -u)" != 0 ]; then
        echo "root"
    elif [ "$(dpkg --print-architecture)" != amd64 ]; then
        echo "an amd64 processor"
    elif ! git rev-parse --verify --quiet HEAD >/dev/null; then
        echo "a checkout of git's"
    elif ! unshare --user --mount --pid --net --fork true 2>/dev/null; then
        echo "namespaces"
    elif ! can_overlay; then
        echo "overlays in namespaces"
    elif ! reaches_debian; then
        echo "a way to deb.debian.org"
    else
        return 1
    fi
}

# The commit's packages for Debian 12 and 13, each installed on a system booted for it. The tests are
# not run for them: they are those of the other steps, and the booted systems do what piuparts does.
step_packages() {
    local folder=$builds/build-release suite boots=() boot status=0
    rm -rf "$folder"
    for suite in bookworm trixie; do
        tools/release --no-tests --no-piuparts --once --cache "$cache" --out "$folder" \
            --only "$suite/amd64"
        # Beside what is built next, as a system that boots mostly waits.
        tests/system/booted/run --suite "$suite" "$folder/$suite"/ir-meter{d,-sim}_*_amd64.deb \
            >"$folder/$suite-booted.log" 2>&1 &
        boots+=("$suite $!")
    done
    for boot in "${boots[@]}"; do
        wait "${boot#* }" || [ $? = 77 ] || status=1
        cat "$folder/${boot% *}-booted.log"
    done
    return $status
}
