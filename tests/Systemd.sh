#!/bin/bash
# The service under a real systemd: a Debian in a container with a network of its own (loopback only), booted by systemd-nspawn. Run as root.
#   tests/Systemd.sh [folder of the module]
# The first run makes the Debian with debootstrap, in TORRENTPATRON_SYSTEMD_ROOT or artifacts/systemd-root; a run leaves it as it was. Needs
# systemd-container, debootstrap, pwsh, and a built module. If these are missing, it says so and ends with 77. Takes some minutes.
set -u
here=$(cd "$(dirname "$0")/.." && pwd)
debian=${TORRENTPATRON_SYSTEMD_ROOT:-$here/artifacts/systemd-root}
module=${1:-$(find "$here/module" "$here/src/TorrentPatron.PowerShell/bin" -name TorrentPatron.psd1 -printf '%T@ %h\n' 2>/dev/null | sort -n | tail -1 | cut -d' ' -f2-)}

skip() { echo "Skipped: $1"; exit 77; }
[ "$(id -u)" = 0 ] || skip 'only root boots a system.'
for tool in systemd-nspawn debootstrap nsenter unshare pwsh dotnet; do
    command -v "$tool" > /dev/null || skip "there is no $tool."
done
[ -f "$module/TorrentPatron.psd1" ] || skip 'the module is not built: dotnet build src/TorrentPatron.PowerShell'
if [ "${INSIDE:-}" != 1 ]; then
    INSIDE=1 exec unshare --mount --propagation private "$0" "$module"
fi

packages=systemd,systemd-sysv,dbus,dbus-user-session,libpam-systemd,ca-certificates,libicu72,libssl3,procps
if [ ! -x "$debian/usr/bin/loginctl" ]; then
    rm -rf "$debian" && mkdir -p "$debian"
    debootstrap --variant=minbase --include=$packages bookworm "$debian" > "$debian.log" 2>&1 || skip "debootstrap failed: $(tail -1 "$debian.log")"
fi

place=$(mktemp -d /tmp/tp-systemd.XXXXXX)
boot='' failed=0
finish() {
    halt
    umount -R "$place/root" 2> /dev/null
    umount "$place" 2> /dev/null
    rm -rf "$place"
}
trap finish EXIT
mount -t tmpfs -o mode=755,size=2g none "$place"
mkdir "$place/upper" "$place/work" "$place/root"
mount -t overlay -o "lowerdir=$debian,upperdir=$place/upper,workdir=$place/work" overlay "$place/root" || skip 'overlayfs cannot be mounted.'

shell=$(pwsh -NoProfile -NonInteractive -Command '$PSHOME')
dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
mkdir -p "$place/root/usr/share/dotnet" "$place/root/home/ada/clone/module" "$place/root/srv/torrents" "$place/root/srv/seed"
cp -r "$shell" "$place/root/opt/pwsh" && chmod -R a+rX "$place/root/opt/pwsh" && ln -s /opt/pwsh/pwsh "$place/root/usr/local/bin/pwsh"
cp -r "$module" "$place/root/opt/TorrentPatron"
cp -r "$module" "$place/root/home/ada/clone/module/TorrentPatron"
chmod -R a+rX "$place/root/opt/TorrentPatron"
chroot "$place/root" sh -c '
    groupadd torrents
    useradd --no-create-home --shell /bin/bash --groups torrents ada
    useradd --create-home --shell /bin/bash eve
    chown -R ada: /home/ada
    systemctl disable systemd-networkd systemd-resolved' > /dev/null 2>&1
rm -f "$place/root/etc/machine-id" && : > "$place/root/etc/machine-id"

# The container's first process, until it has ended.
start() {
    local options=(--quiet --directory "$place/root" --boot --register=no --keep-unit --private-network --machine tp-systemd
        --bind-ro "$dotnet:/usr/share/dotnet" --link-journal=no --console=read-only)
    SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 systemd-nspawn "${options[@]}" < /dev/null > "$place/console" 2>&1 &
    boot=$!
    leader=''
    for _ in $(seq 100); do
        leader=$(pgrep -P "$boot" -x systemd) && break
        kill -0 "$boot" 2> /dev/null || break
        sleep 0.1
    done
    [ -n "$leader" ] || skip "systemd-nspawn does not boot here: $(tail -3 "$place/console" | tr '\n' ' ')"
    for _ in $(seq 300); do
        case $(inside systemctl is-system-running 2> /dev/null) in running | degraded) return ;; esac
        sleep 0.2
    done
    skip 'the system does not come up.'
}

halt() {
    [ -n "$boot" ] || return
    inside systemctl poweroff > /dev/null 2>&1
    for _ in $(seq 400); do kill -0 "$boot" 2> /dev/null || break; sleep 0.1; done
    kill -9 "$boot" 2> /dev/null
    wait "$boot" 2> /dev/null
    boot=''
}

inside() { nsenter -t "$leader" -m -u -i -n -p -C env -i PATH=/usr/local/bin:/usr/bin:/usr/sbin:/bin:/sbin LANG=C.UTF-8 TERM=dumb HOME=/root POWERSHELL_TELEMETRY_OPTOUT=1 "$@"; }
as() { # a user who logs on, and what PowerShell runs for him
    inside su - "$1" -c "cd ~/clone 2> /dev/null; pwsh -NoProfile -NonInteractive -Command $(printf %q "$2")" 2>&1
}
root() { as root "Import-Module /opt/TorrentPatron; $1"; }
expect() { # what is wanted in the output, what it is, and the output
    if grep -q -- "$1" <<< "$3"; then echo "ok: $2"; else echo "FAILED: $2: wanted $1 in: $3"; failed=1; fi
}
within() { # seconds, what is wanted, what it is, and the command whose output is looked at
    local end=$((SECONDS + $1)) wanted=$2 what=$3 output=''
    shift 3
    while [ $SECONDS -lt $end ]; do
        output=$("$@" 2>&1)
        if grep -q -- "$wanted" <<< "$output"; then echo "ok: $what"; return; fi
        sleep 0.5
    done
    echo "FAILED: $what: wanted $wanted in: $output"
    failed=1
}

echo "Booting Debian $(cat "$debian/etc/debian_version")"
start
echo "systemd $(inside systemctl --version | head -1 | cut -d' ' -f2-), $(inside systemctl is-system-running)"

# A seed outside any service, and its content.
head -c 64M /dev/urandom > "$place/root/srv/seed/debian.iso"
chmod -R a+rX "$place/root/srv/seed"
inside systemctl start user@0.service 2> /dev/null
cat > "$place/root/opt/seed.ps1" <<'END'
Import-Module /opt/TorrentPatron
$seeder = New-TorrentPatron seeder -Port 6900 -StatePath /srv/seed/state -DisableDht -DisableLocalDiscovery
$null = New-TorrentFile /srv/seed/debian.iso /srv/seed/debian.torrent -Force
Start-Torrent /srv/seed/debian.torrent /srv/seed -Patron $seeder -Wait | Out-Null
Wait-Torrent -Patron $seeder -Until Stopped
END
seed() { inside systemd-run --quiet --unit tp-seed pwsh -NoProfile -File /opt/seed.ps1; within 60 6900 'a seed listens' inside sh -c 'cat /proc/net/tcp | awk "{print \$2}" | grep -q :1AF4 && echo 6900'; }
seed

# Checks. A torrent's status as a user sees it through a service, and the state of the units.
torrent() { as "$1" "Import-Module /opt/TorrentPatron; \$null = Connect-TorrentPatron -Scope $2; Get-TorrentStatus | ForEach-Object { \"\$(\$_.Name) \$(\$_.State) \$(\$_.IsComplete)\" }"; }
# A slow machine may be done by then.
goes_on='debian.iso \(Downloading\|Seeding\)'
main() { inside systemctl show --property MainPID --value torrentpatron; }
another() { # the service's process, once it is another than before and the service is ready
    local now
    now=$(main)
    [ "$now" != 0 ] && [ "$now" != "$1" ] && inside systemctl is-active torrentpatron
}
inside install -o ada -g ada -m 644 /srv/seed/debian.torrent /home/ada/clone/debian.torrent

echo '== A user: README, "Seed for ever"'
lines=$(awk '/^## /{ found = /Seed for ever/ } found && /^```$/{ exit } found && inside { print } found && /^```powershell/{ inside = 1 }' "$here/README.md")
expect 'loginctl enable-linger ada' 'the five lines warn of the log-off' "$(as ada "$lines")"
expect 'debian.iso Downloading' 'the next session sees the torrent' "$(torrent ada User)"
expect 'Id=torrentpatron.service.*enabled' 'systemd runs it' "$(inside su - ada -c 'systemctl --user show --property Id,UnitFileState torrentpatron' | tr '\n' ' ')"
within 40 '^0$' 'without lingering it ends with the last session' inside sh -c 'pgrep --count --uid ada; true'
inside loginctl enable-linger ada
within 40 'debian.iso Downloading' 'with lingering it runs with its torrent' torrent ada User
as ada 'Import-Module ./module/TorrentPatron; $null = Connect-TorrentPatron; Add-TorrentPeer debian.iso 127.0.0.1:6900' > /dev/null
within 60 'debian.iso Seeding True' 'it downloads while nobody is logged on' torrent ada User
expect '^same$' 'byte for byte' "$(inside cmp /srv/seed/debian.iso /home/ada/Downloads/debian.iso 2>&1 && echo same)"

echo '== The machine, for a group'
inside groupadd watchers && inside usermod --append --groups watchers eve
expect 'Running' 'Install-TorrentService AllUsers starts it' "$(root 'Install-TorrentService AllUsers -Root /srv/torrents/new -Group torrents -ReadersGroup watchers; Get-TorrentService -Scope Machine | Select-Object State, Unit')"
expect 'torrentpatron:torrents' 'it creates the missing root for its user and the group' "$(inside stat --format %U:%G /srv/torrents/new)"
expect 'Status: "torrents: 0' 'systemctl shows its status' "$(inside systemctl status --no-pager torrentpatron)"
expect 'debian.iso' 'a member downloads' "$(as ada 'Import-Module /opt/TorrentPatron; $null = Connect-TorrentPatron -Scope Machine; Start-Torrent /srv/seed/debian.torrent /srv/torrents/new/a -Peer 127.0.0.1:6900 -MaxDownloadRate 2MB')"
expect "$goes_on" 'a reader sees it' "$(torrent eve Machine)"
expect 'may only read' 'and does not stop it' "$(as eve 'Import-Module /opt/TorrentPatron; $null = Connect-TorrentPatron -Scope Machine; Stop-Torrent debian.iso')"
expect 'Only the user who runs this service' 'nor sees hooks' "$(as eve 'Import-Module /opt/TorrentPatron; $null = Connect-TorrentPatron -Scope Machine; Get-TorrentHook')"
before=$(main); inside systemctl restart torrentpatron
expect '^active$' 'systemctl restart' "$(another "$before")"
expect "$goes_on" 'its torrent goes on' "$(torrent ada Machine)"
before=$(main); inside kill -s KILL "$before"
within 30 '^active$' 'it restarts after kill -9' another "$before"
expect "$goes_on" 'with its torrent' "$(torrent ada Machine)"

# The unit waits 90 s, and 30 more until it kills; here less.
inside sh -c 'mkdir -p /run/systemd/system/torrentpatron.service.d; printf "[Service]\nWatchdogSec=6\nTimeoutAbortSec=2\n" > /run/systemd/system/torrentpatron.service.d/soon.conf; systemctl daemon-reload; systemctl restart torrentpatron'
sleep 15
before=$(main)
expect 'NRestarts=0' 'the watchdog leaves a working service alone' "$(inside systemctl show --property NRestarts torrentpatron)"
inside kill -s STOP "$before"
within 60 '^active$' 'the watchdog restarts a hung service' another "$before"
inside sh -c 'rm -r /run/systemd/system/torrentpatron.service.d; systemctl daemon-reload'
within 60 'debian.iso Seeding True' 'the download completes' torrent ada Machine
expect '^same$' 'byte for byte' "$(inside cmp /srv/seed/debian.iso /srv/torrents/new/a/debian.iso 2>&1 && echo same)"
expect 'read' 'members of the group read it' "$(inside su - ada -c 'head -c 1 /srv/torrents/new/a/debian.iso > /dev/null && echo read')"
journal=$(inside journalctl --no-pager --unit torrentpatron)
expect 'torrentpatron\[[0-9]*\]: The service listens on /run/torrentpatron/service.sock' 'the journal has its lines, under its name' "$journal"
expect 'The service has stopped' 'including the last one' "$journal"
expect 'Watchdog timeout' 'and the timeout of the watchdog' "$journal"
hook=$(root '$null = Connect-TorrentPatron -Scope Machine
$null = Register-TorrentHook Removed -Name h { whoami; Set-Content /srv/torrents/new/hook $env:TORRENTPATRON_NAME; Set-Content /etc/hook 1 }
Remove-Torrent debian.iso
1..60 | ForEach-Object { if (-not (Get-TorrentHook h).Runs) { Start-Sleep 0.5 } }
(Get-TorrentHook h).LastRun | ForEach-Object { $_.Outcome; $_.Output }; Unregister-TorrentHook h')
expect 'Succeeded' 'hooks run under the hardening' "$hook"
expect '^torrentpatron$' 'as the user of the service' "$hook"
expect 'Read-only file system' 'which write only below the roots' "$hook"
expect '^debian.iso$' 'and have written there' "$(inside cat /srv/torrents/new/hook)"
as ada 'Import-Module /opt/TorrentPatron; $null = Connect-TorrentPatron -Scope Machine; $null = Start-Torrent /srv/seed/debian.torrent /srv/torrents/new/b -MaxDownloadRate 1MB -Tag kept' > /dev/null

echo '== A reboot'
halt
start
seed
expect "$goes_on" 'the torrent of the machine goes on' "$(torrent eve Machine)"
expect 'debian.iso Seeding True' 'the torrent of the user continues' "$(torrent ada User)"
expect '^0$' 'nothing failed' "$(inside systemctl list-units --failed --no-legend | wc -l)"

echo '== The first connection starts it'
expect '' '-OnDemand -Force replaces it' "$(root 'Install-TorrentService AllUsers -Root /srv/torrents/new -Group torrents -OnDemand -Force')"
expect '^0$' 'it does not run' "$(main)"
expect '^active$' 'its socket listens' "$(inside systemctl is-active torrentpatron.socket)"
expect 'disabled\|static' 'the system does not start the service itself' "$(inside systemctl is-enabled torrentpatron)"
expect "$goes_on" 'a connection starts it' "$(torrent ada Machine)"
before=$(main); inside kill -s KILL "$before"
expect "$goes_on" 'after a kill -9 the next one does' "$(torrent ada Machine)"
root 'Stop-TorrentService -Scope Machine; Start-TorrentService -Scope Machine' > /dev/null
expect '^active active ' 'Stop- and Start-TorrentService know the socket' "$(inside systemctl is-active torrentpatron.socket torrentpatron | tr '\n' ' ')"
expect 'Running' 'back without the socket, for one group' "$(root 'Install-TorrentService AllUsers -Root /srv/torrents/new -Group torrents -Force; Get-TorrentService -Scope Machine')"
expect '^enabled$' 'which the system starts' "$(inside systemctl is-enabled torrentpatron)"
expect 'not-found\|No such file' 'and the socket is gone' "$(inside systemctl is-enabled torrentpatron.socket 2>&1)"
expect 'debian.iso' 'a user does the same' "$(as ada 'Import-Module /opt/TorrentPatron; Install-TorrentService -OnDemand -Force; $null = Connect-TorrentPatron; (Get-TorrentStatus).Name')"

echo '== Nothing is left'
root 'Uninstall-TorrentService AllUsers' > /dev/null
as ada 'Import-Module /opt/TorrentPatron; Uninstall-TorrentService' > /dev/null
expect '^0$' 'no process' "$(inside pgrep --count --full Start-TorrentService)"
left=$(inside find /etc /run /home/ada/.config -iname '*torrentpatron*' -not -path '/run/systemd/*' 2>/dev/null | sort | tr '\n' ' ')
expect '^$' 'no file of systemd, and no socket' "$left"
expect '/var/lib/torrentpatron/paths' 'the state of its torrents stays' "$(inside ls /var/lib/torrentpatron/paths)"
expect '/srv/torrents/new/b' 'and their files' "$(inside ls -d /srv/torrents/new/b)"
exit $failed
