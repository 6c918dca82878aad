# Building and checking the packages of one suite and architecture. To be sourced.
#
#   make_source FOLDER    the commit's tree, with the version that the suite's packages get
#   build                 the packages, with their tests or without
#   check_lintian         nothing to find for lintian, however pedantic
#   check_again           built once more, elsewhere and at another time: the same packages
#   check_install         the packages install, and the programs in them read a simulated meter
#   check_piuparts        they install, upgrade and purge on a bare Debian without leaving anything
#
# Read: checkout, commit, suite, arch, native, root, scratch, cache, jobs, tests, mirror.

# Debian's numbers of the suites.
declare -A debian=([bookworm]=12 [trixie]=13)

# What lintian need not look for. It reads misspelt words out of machine code, others on each
# architecture. That of Debian 12 does not know the policy that Debian 13 came with, and wants a
# script for other inits, none of which has the credentials and the sandbox of the service.
declare -A suppressed=(
    [trixie]="spelling-error-in-binary"
    [bookworm]="spelling-error-in-binary,newer-standards-version"
)
suppressed[bookworm]+=",package-supports-alternative-init-but-no-init.d-script"

# Tests whose outcome would be that of qemu-user, as ctest takes it: it does not know TCP_INFO, and the
# memory of an emulated process is its own.
not_emulated='^DriverTcpFault\.AServerThatVanishesWithoutAWord|^Soak\.ShowsNothingButTheTruth'

# in_root SCRATCH COMMAND...: in what SCRATCH makes of the root
in_root() {
    local options=(--bind "${cache:?}/ccache" /ccache)
    [ "${arch:?}" = "${native:?}" ] || options+=(--emulate "$arch")
    "${checkout:?}/tools/release.d/session" "${options[@]}" "${root:?}" "$@"
}

# The suffix is the one Debian gives to a newer version that it builds for a stable release: it sorts
# before that version itself, and before the suffix of the next release.
make_source() {
    local folder=$1 changelog
    mkdir -p "$folder"
    git -C "$checkout" archive "${commit:?}" | tar -C "$folder" -x
    changelog=$(cat "$folder/debian/changelog")
    {
        sed -n "1s/ (\(.*\)) [a-z]*;/ (\1~deb${debian[${suite:?}]}u1) $suite;/p" <<<"$changelog"
        printf '\n  * Build for Debian %s.\n\n' "${debian[$suite]}"
        sed -n "/^ -- /{s/>  .*/>  $(git -C "$checkout" log -1 --format=%cD "$commit")/p;q}" <<<"$changelog"
        printf '\n%s\n' "$changelog"
    } >"$folder/debian/changelog"
}

# build_in FOLDER SETTING=VALUE...: in a folder of the root, which the source is put into
build_in() {
    local folder=$1 command=(dpkg-buildpackage --unsigned-source --unsigned-changes)
    shift
    make_source "${scratch:?}/changes$folder/ir-meterd"
    [ "$arch" = "$native" ] || command+=(--host-arch="$arch" --build=binary)
    in_root "$scratch" env --chdir="$folder/ir-meterd" "$@" "${command[@]}"
}

build() {
    local wishes="parallel=${jobs:?}" settings=()
    if [ -z "${tests?}" ]; then
        wishes+=" nocheck"
        settings=(DEB_BUILD_PROFILES=nocheck)
    elif [ "$arch" != "$native" ]; then
        settings=(TESTS_LEFT_OUT="$not_emulated")
    fi
    build_in /build "${settings[@]}" DEB_BUILD_OPTIONS="$wishes" \
        CMAKE_CXX_COMPILER_LAUNCHER=ccache CCACHE_DIR=/ccache
}

check_lintian() {
    in_root "$scratch" sh -c 'exec lintian --allow-root --pedantic --display-info "$@" \
        /build/*.changes' sh --fail-on=error,warning,info,pedantic \
        --suppress-tags="${suppressed[$suite]}"
}

# Without tests: those that were built must not make a difference either.
check_again() {
    local package
    build_in /elsewhere/and/deeper DEB_BUILD_PROFILES=nocheck \
        DEB_BUILD_OPTIONS="parallel=$jobs nocheck" TZ=Pacific/Kiritimati LC_ALL=C HOME=/nonexistent
    for package in "$scratch"/changes/build/*.deb; do
        cmp "$package" "$scratch/changes/elsewhere/and/deeper/${package##*/}"
    done
}

check_install() {
    mkdir -p "$scratch/installed/changes/packages"
    cp "$scratch"/changes/build/*.deb "$scratch/installed/changes/packages"
    cp -r "$scratch/changes/build/ir-meterd/debian/tests" "$scratch/installed/changes/packages"
    in_root "$scratch/installed" sh -c 'rm /packages/*-dbgsym_* && dpkg --install /packages/*.deb &&
        /packages/tests/smoke'
}

# An older version of each, for the upgrade, differs from it in its number only. systemd and dbus are
# there before and stay, as they leave things that are theirs.
check_piuparts() {
    local folder=$scratch/piuparts package
    mkdir -p "$folder"/{older,work}
    for package in "$scratch"/changes/build/*.deb; do
        case $package in *-dbgsym_*) continue ;; esac
        cp "$package" "$folder"
        dpkg-deb --raw-extract "$package" "$folder/files"
        sed -i 's/^Version: .*/Version: 0/' "$folder/files/DEBIAN/control"
        dpkg-deb --root-owner-group --build "$folder/files" "$folder/older"
        rm -r "$folder/files"
    done
    (cd "$folder/older" && apt-ftparchive packages . >Packages)
    unshare --mount --pid --fork --kill-child --mount-proc piuparts --distribution="$suite" \
        --mirror="${mirror:?} main" --tmpdir="$folder/work" --no-eatmydata \
        --fake-essential-packages=systemd,dbus \
        --bindmount="$folder/older" --extra-repo="deb [trusted=yes] file:$folder/older ./" \
        "$folder"/*.deb
}
