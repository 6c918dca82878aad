# The roots that packages are built and tried in: for each suite and architecture a Debian with the
# tools for it and all that debian/control asks for, for the tests only if they are run. To be sourced.
#
#   make_root SUITE ARCH ROOT     makes one with mmdebstrap, unless it is there and up to date
#
# Reads: checkout, commit, mirror, tests.

# ccache remembers what has been compiled; the others are what the packages are checked with, and
# what they depend on that nothing else brings.
root_tools=(ccache dbus lintian procps systemd)

# When what this prints changes, the root is made again.
root_recipe() {
    echo "$1 $2 ${tests:+with tests}"
    git -C "${checkout:?}" show "${commit:?}:debian/control" | sed -n '/^Build-Depends:/,/^$/p'
    cat "$checkout/tools/release.d/root.bash"
}

make_root() {
    local suite=$1 arch=$2 root=$3 native packages foreign=() profile=
    if [ -f "$root.recipe" ] && root_recipe "$suite" "$arch" | cmp --quiet - "$root.recipe"; then
        return
    fi
    [ -n "${tests?}" ] || profile=--build-profiles=nocheck
    native=$(dpkg --print-architecture)
    packages=$(IFS=,; echo "${root_tools[*]}")
    if [ "$arch" != "$native" ]; then
        foreign=("--architectures=$native,$arch")
        packages+=,crossbuild-essential-$arch,qemu-user,libc6:$arch
    fi
    rm -rf --one-file-system "$root" "$root.recipe"
    mkdir -p "$root.source"
    git -C "$checkout" show "$commit:debian/control" >"$root.source/control"
    # shellcheck disable=SC2016  # $1 is for the shell of the hook
    mmdebstrap --variant=buildd --dpkgopt=force-unsafe-io "${foreign[@]}" --include="$packages" \
        --customize-hook='mkdir -p "$1/source/debian"' \
        --customize-hook="copy-in '$root.source/control' /source/debian" \
        --customize-hook='chroot "$1" apt-get build-dep --yes --no-install-recommends \
            --host-architecture='"$arch $profile"' /source && rm -r "$1/source"' \
        "$suite" "$root" "${mirror:?}"
    rm -r "$root.source"
    root_recipe "$suite" "$arch" >"$root.recipe"
}
