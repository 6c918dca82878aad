# An apt repository of packages, signed, for any web server to hand out. To be sourced.
#
#   make_repository PACKAGES FOLDER URL KEY
#
# PACKAGES has a folder for each suite (bookworm, trixie) with its packages in it. FOLDER becomes what
# the server shows at URL; packages of earlier releases in it stay. KEY is one of gpg's keys, by its
# fingerprint. Beside the repository of all suites are, for each,
#
#   FOLDER/SUITE/ir-meterd.sources   for /etc/apt/sources.list.d, with the key in it
#   FOLDER/ir-meterd.asc             the key by itself
# shellcheck shell=bash

make_repository() {
    local packages=$1 folder=$2 url=$3 key=$4 suite package arch lists
    mkdir -p "$folder"
    gpg --batch --yes --armor --output "$folder/ir-meterd.asc" --export "$key"
    [ -s "$folder/ir-meterd.asc" ] || return
    for suite in "$packages"/*/; do
        suite=$(basename "$suite")
        lists=$folder/dists/$suite
        mkdir -p "$folder/pool/$suite" "$folder/$suite"
        for package in "$packages/$suite"/*.deb; do
            case $package in *-dbgsym_*) continue ;; esac
            cp "$package" "$folder/pool/$suite"
        done
        rm -rf "$lists"
        for arch in amd64 arm64 armhf; do
            mkdir -p "$lists/main/binary-$arch"
            (cd "$folder" && apt-ftparchive --arch "$arch" packages "pool/$suite") \
                >"$lists/main/binary-$arch/Packages"
            gzip --keep --no-name -9 "$lists/main/binary-$arch/Packages"
        done
        apt-ftparchive -o APT::FTPArchive::Release::Origin=ir-meterd \
            -o APT::FTPArchive::Release::Label=ir-meterd \
            -o APT::FTPArchive::Release::Suite="$suite" \
            -o APT::FTPArchive::Release::Codename="$suite" \
            -o APT::FTPArchive::Release::Components=main \
            -o APT::FTPArchive::Release::Architectures="amd64 arm64 armhf" \
            release "$lists" >"$folder/$suite/Release"
        mv "$folder/$suite/Release" "$lists/Release"
        gpg --batch --local-user "$key" --output "$lists/InRelease" --clearsign "$lists/Release"
        gpg --batch --local-user "$key" --armor --output "$lists/Release.gpg" \
            --detach-sign "$lists/Release"
        # A field goes on in lines that begin with a blank; an empty line is a blank and a dot.
        {
            printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By:\n' "$url" "$suite"
            sed 's/^$/./; s/^/ /' "$folder/ir-meterd.asc"
        } >"$folder/$suite/ir-meterd.sources"
    done
}
