# shellcheck shell=bash disable=SC2016
# Where a Debian to test on is made from. To be sourced.

# The mirror that this machine's own packages come from, if it is a Debian with one.
debian_mirror() {
    local mirror
    mirror=$(apt-get indextargets --format '$(REPO_URI)' \
        'Created-By: Packages' 'Origin: Debian' 'Component: main' 2>/dev/null | head -n 1)
    echo "${mirror:-http://deb.debian.org/debian}"
}
