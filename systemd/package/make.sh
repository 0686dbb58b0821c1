#!/usr/bin/env bash
# Makes the packages: make.sh BUILD_FOLDER OUTPUT_FOLDER. What ./dev package calls.
#
# A package is a component of the install rules, a folder here with its control file and maintainer
# scripts, and what Debian's policy wants beside it. Two runs over the same build and commit give
# the same bytes: times are the commit's (SOURCE_DATE_EPOCH), owners root's, orders sorted.
#
# EVD_PACKAGE_VERSION is the version, if it is to be another than that of the commit. DEBFULLNAME
# and DEBEMAIL name the maintainer.
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"
build="$(cd "$1" && pwd)"
mkdir -p "$2"
output="$(cd "$2" && pwd)"
packages=(eventd evctl eventd-sqlite eventd-dev)
maintainer="${DEBFULLNAME:-eventd maintainers} <${DEBEMAIL:-maintainers@eventd.invalid}>"
umask 022
export LC_ALL=C
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

fromGit() { git -C "$root" "$@" 2>/dev/null; }

SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(fromGit log -1 --format=%ct || stat -c %Y "$root/CHANGELOG.md")}"
export SOURCE_DATE_EPOCH

# A commit that is no release is older than the next release and newer than commits before it.
packageVersion() {
    local project commit
    project="$(sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' "$build/CMakeCache.txt")"
    commit="$(fromGit rev-parse --short=8 HEAD || true)"
    if [[ -z "$commit" ]] || fromGit describe --exact-match --match "v$project" HEAD >/dev/null; then
        printf '%s-1\n' "$project"
    else
        printf '%s~%s.g%s-1\n' "$project" "$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y%m%d%H%M%S)" "$commit"
    fi
}

# place PACKAGE TREE: what the install rules say, where Debian wants it.
place() {
    local tree="$2" component="$1"
    [[ "$1" != eventd-dev ]] || component=dev
    DESTDIR="$tree" cmake --install "$build" --prefix /usr --component "$component" >/dev/null
    if [[ -d "$tree/usr/lib/systemd" ]]; then  # /lib and /usr/lib are one, but not to dpkg
        mkdir -p "$tree/lib"
        mv "$tree/usr/lib/systemd" "$tree/lib/"
    fi
    placeLibraries "$tree"
    binariesOf "$tree" | xargs -r strip --remove-section=.comment --remove-section=.note
    if [[ -d "$tree/usr/share/man" ]]; then
        find "$tree/usr/share/man" -type f -exec gzip -9n {} +
    fi
}

# placeLibraries TREE: below the name of the architecture, with .pc files that know it.
placeLibraries() {
    local tree="$1" multiarch name
    multiarch="$(dpkg-architecture -qDEB_HOST_MULTIARCH)"
    for name in "$tree"/usr/lib/*.{so,a} "$tree/usr/lib/pkgconfig"; do
        [[ -e "$name" ]] || continue
        mkdir -p "$tree/usr/lib/$multiarch"
        mv "$name" "$tree/usr/lib/$multiarch/"
    done
    find "$tree/usr/lib" -name '*.pc' -exec \
        sed -i "/^#/d; s#^prefix=.*#prefix=/usr#; s#^libdir=.*#libdir=\${prefix}/lib/$multiarch#" {} + 2>/dev/null || true
    find "$tree/usr/lib" -name '*.a' -exec \
        strip --strip-debug --remove-section=.comment --enable-deterministic-archives {} + 2>/dev/null || true
}

# document PACKAGE TREE VERSION
document() {
    local package="$1" documents="$2/usr/share/doc/$1" version="$3"
    mkdir -p "$documents"
    cp "$here/copyright" "$documents/copyright"
    printf '%s (%s) UNRELEASED; urgency=medium\n\n  * Made from the sources; changelog.gz has what is new.\n\n -- %s  %s\n' \
        eventd "$version" "$maintainer" "$(date -u -R -d "@$SOURCE_DATE_EPOCH")" |
        gzip -9n >"$documents/changelog.Debian.gz"
    gzip -9nc "$root/CHANGELOG.md" >"$documents/changelog.gz"
    if [[ -e "$here/$package/lintian-overrides" ]]; then
        install -D -m 644 "$here/$package/lintian-overrides" "$2/usr/share/lintian/overrides/$package"
    fi
}

# Nothing else of ours may be executed or loaded.
binariesOf() { find "$1" -path "$1/DEBIAN" -prune -o -type f \( -perm -100 -o -name '*.so' \) -print | sort; }

# The packages of the libraries that the binaries of a tree are linked with, and their versions.
libraryPackages() {
    local -a binaries
    mapfile -t binaries < <(binariesOf "$1")
    mkdir -p "$work/source/debian"
    printf 'Source: eventd\n\nPackage: eventd\nArchitecture: any\n' >"$work/source/debian/control"
    (cd "$work/source" && dpkg-shlibdeps -O "${binaries[@]}" 2>/dev/null) | sed -n 's/^shlibs:Depends=//p'
}

# control PACKAGE TREE VERSION: DEBIAN/, with everything that dpkg reads.
control() {
    local package="$1" tree="$2" version="$3" architecture=all libraries="" script
    mkdir "$tree/DEBIAN"
    if [[ -n "$(binariesOf "$tree")" ]]; then
        architecture="$(dpkg --print-architecture)"
        libraries="$(libraryPackages "$tree")"
        [[ -n "$libraries" ]] || { echo "make.sh: no libraries found for $package" >&2; exit 1; }
    elif compgen -G "$tree/usr/lib/*/*.a" >/dev/null; then
        architecture="$(dpkg --print-architecture)"
    fi
    {
        printf 'Package: %s\n' "$package"
        [[ "$package" == eventd ]] || printf 'Source: eventd\n'
        printf 'Version: %s\nArchitecture: %s\nMaintainer: %s\nInstalled-Size: %s\n' \
            "$version" "$architecture" "$maintainer" "$(installedSize "$tree")"
        sed "s/@SHLIBS@/$libraries/" "$here/$package/control"
    } >"$tree/DEBIAN/control"
    (cd "$tree" && find . -path ./DEBIAN -prune -o -type f -printf '%P\n' | sort | xargs -d '\n' md5sum) \
        >"$tree/DEBIAN/md5sums"
    if [[ -d "$tree/etc" ]]; then
        (cd "$tree" && find etc -type f -printf '/etc/%P\n' | sort) >"$tree/DEBIAN/conffiles"
    fi
    for script in preinst postinst prerm postrm; do
        if [[ -e "$here/$package/$script" ]]; then
            install -m 755 "$here/$package/$script" "$tree/DEBIAN/"
        fi
    done
}

# As dpkg-gencontrol counts: files by their bytes in KiB, everything else as one.
installedSize() {
    find "$1" -path "$1/DEBIAN" -prune -o -type f -printf '%s\n' -o -printf '1\n' |
        awk '{ sum += $1 > 1 ? int(($1 + 1023) / 1024) : 1 } END { print sum }'
}

main() {
    local version package file
    version="${EVD_PACKAGE_VERSION:-$(packageVersion)}"
    for package in "${packages[@]}"; do
        place "$package" "$work/$package"
        document "$package" "$work/$package" "$version"
    done
    python3 "$here/bill_of_materials.py" "$version" "$work" "${packages[@]}"
    for package in "${packages[@]}"; do
        control "$package" "$work/$package" "$version"
        find "$work/$package" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
        file="$(dpkg-deb --root-owner-group -Zxz --build "$work/$package" "$output" | sed -n "s/.* in '\(.*\)'\.$/\1/p")"
        printf '%s\n' "$file"
    done
}

main
