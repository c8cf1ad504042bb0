#!/usr/bin/env bash
# Packs the program with what it reads at run time into dist/iris-VERSION-linux-ARCHITECTURE.tar.gz.
#
# usage: Scripts/dist.sh IRIS MANUAL
#   IRIS     the program, linked with Swift's libraries (make build-static)
#   MANUAL   its manual page
#
# The same commit and the same program give the same archive: names are sorted, times are the commit's (or
# SOURCE_DATE_EPOCH), everything belongs to root.
set -euo pipefail
iris=$1
manual=$2
repository=$PWD
export LC_ALL=C TZ=UTC
version=$("$iris" --version)
name=iris-$version-linux-$(uname -m)
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
work=.build-dist
rm -rf "$work"
root=$work/$name
share=$root/share
mkdir -p "$root/bin" "$share/bash-completion/completions" "$share/zsh/site-functions" "$share/fish/vendor_completions.d" dist

strip -o "$root/bin/iris" "$iris"
# Beside the program as ProjectFolder looks for them: share/iris below a folder above it.
copy() { # FOLDER TARGET: what git knows below it
    git ls-files -z -- "$1" | while IFS= read -r -d '' file; do
        install -D -m 0644 "$file" "$2/${file#"$1"/}"
    done
}
copy manifests "$share/iris/manifests"
copy configs "$share/iris/configs"
install -D -m 0644 "$manual" "$share/man/man1/iris.1"
# Beside README.md as in the source tree, so that its links and commands hold here too.
copy docs "$root/docs"
copy clients/python "$root/clients/python"
ln -s share/iris/manifests share/iris/configs "$root"
install -m 0644 README.md CONTRIBUTING.md CHANGELOG.md LICENSE "$root"
(cd "$root" && find . -name '*.md' -print0 | xargs -0 "$repository/Scripts/links.py") ||
    { echo "$root: the links above lead nowhere in the archive" >&2; exit 1; }
"$root/bin/iris" --generate-completion-script bash > "$share/bash-completion/completions/iris"
"$root/bin/iris" --generate-completion-script zsh > "$share/zsh/site-functions/_iris"
"$root/bin/iris" --generate-completion-script fish > "$share/fish/vendor_completions.d/iris.fish"

# The packages that own the libraries which the program names; each brings what it needs itself.
packages=$(
    ldd "$root/bin/iris" | awk '$2 == "=>" {print $1, $3}' | while read -r library path; do
        readelf -d "$root/bin/iris" | grep -qF "[$library]" || continue
        # dpkg knows either the name with /usr or the one without.
        owner=$(dpkg -S "$(realpath "$path")" "$path" "${path#/usr}" 2>/dev/null | head -n 1 | cut -d: -f1)
        [ -n "$owner" ] || { echo "$path: expected a file of a Debian package but no package owns it" >&2; exit 1; }
        echo "$owner"
    done | grep -vxE 'libc6|libgcc-s1' | sort -u | paste -sd ' '
)
cat > "$root/INSTALL" <<INSTALL
Iris $version for Debian 12 and other Linux systems with glibc 2.36 or later, $(uname -m).

1. The libraries it runs on, as root:

   apt-get install $packages

   openmpi-bin besides, for training in several processes (mpirun). Elsewhere than on Debian xxHash must have been built with
   run-time dispatch, as Debian's is.

2. The program finds manifests and configurations in share/iris below a folder above it. Run it where it is unpacked,

   export PATH=\$PWD/bin:\$PATH
   iris doctor

   or copy bin and share into a prefix, as root:

   cp -r bin share /usr/local/

   IRIS_HOME names another folder with manifests/ and configs/.

3. The Python client, which reads episode streams: pip install ./clients/python

4. man -l share/man/man1/iris.1 shows the manual page; completions for bash, zsh and fish lie in share too, where those
   shells look for them below /usr/local.

sha256sum --check --quiet SHA256SUMS tells whether every file arrived as it left.
README.md says what to do next; its make targets need the source tree, its iris commands run as they stand. docs has the rest.
INSTALL
(cd "$root" && find . -type f ! -name SHA256SUMS -printf '%P\0' | sort -z | xargs -0 sha256sum > SHA256SUMS)
find "$root" -type d -exec chmod 0755 {} +
find "$root" -type f -exec chmod 0644 {} +
chmod 0755 "$root/bin/iris"
tar --create --directory "$work" --sort=name --format=gnu --mtime="@$epoch" --owner=0 --group=0 --numeric-owner "$name" \
    | gzip --no-name --best > "dist/$name.tar.gz.part"
mv "dist/$name.tar.gz.part" "dist/$name.tar.gz"
(cd dist && sha256sum "$name.tar.gz" > "$name.tar.gz.sha256" && cat "$name.tar.gz.sha256")
