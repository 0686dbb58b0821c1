#!/usr/bin/env bash
# In new namespaces: makes a root for systemd over another one, or of an archive of one, puts what was
# installed into it, and becomes systemd: boot.sh FOLDER LOWER.
set -euo pipefail
folder="$1"
lower="$2"
root="$folder/root"

mount --make-rprivate /
mkdir "$folder/layer" "$root"
mount -t tmpfs tmpfs "$folder/layer"
mkdir "$folder/layer/upper" "$folder/layer/work"
if [[ -f "$lower" ]]; then
    mkdir "$folder/layer/lower"
    tar -C "$folder/layer/lower" -xf "$lower"
    lower="$folder/layer/lower"
fi
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$folder/layer/upper,workdir=$folder/layer/work" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/dev" -o mode=755
for name in null zero full random urandom tty; do
    touch "$root/dev/$name"
    mount --bind "/dev/$name" "$root/dev/$name"
done
mkdir "$root/dev/shm" "$root/dev/pts" "$root/tried"
ln -s /proc/self/fd "$root/dev/fd"
# PrivateDevices= insists on this one.
mount -t devpts devpts "$root/dev/pts" -o newinstance,ptmxmode=0666
ln -s pts/ptmx "$root/dev/ptmx"
mount --bind "$folder/out" "$root/tried"

# Nothing of the host's is to start, nor to be there already.
rm -rf "$root"/etc/systemd/system/*.wants "$root/var/lib/eventd" "$root/etc/eventd"
[[ ! -d "$folder/installed" ]] || cp -a "$folder/installed/." "$root/"
cat >"$root/etc/systemd/system/tried.target" <<'UNIT'
[Unit]
Requires=basic.target tried.service
After=basic.target
UNIT
cat >"$root/etc/systemd/system/tried.service" <<'UNIT'
[Unit]
After=basic.target
[Service]
Type=oneshot
ExecStart=/bin/bash /tried/inside.sh
StandardOutput=file:/tried/log
StandardError=file:/tried/log
UNIT
exec env -i container=tried PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    chroot "$root" /lib/systemd/systemd --system --unit=tried.target --show-status=no
