# shellcheck shell=bash disable=SC2016,SC2154
step "The package's own test of the service, after a purge"
check "apt installs the packages again" in_guest env DEBIAN_FRONTEND=noninteractive \
    apt-get install --yes --quiet --no-install-recommends "${packages[@]/#*\//\/packages/}"
cp -r "$here/../../../debian/tests" "$work/root/packages"
check "its test passes" in_guest /packages/tests/service
